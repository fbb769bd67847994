package org.litestream4j.database;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

class DatabaseFileTests {

	@TempDir
	private Path temp;

	private Path file(String name) throws IOException {
		return Files.writeString(this.temp.resolve(name), name + " was here").toRealPath();
	}

	private static String content(DatabaseFile file) throws IOException {
		byte[] bytes = new byte[8];
		file.read(0, bytes, 0, bytes.length);
		return new String(bytes, StandardCharsets.US_ASCII);
	}

	@Test
	void oneNameHasOneDescriptorWhoeverAsks() throws Exception {
		Path path = file("one.db");
		assertThat(DatabaseFile.of(path)).isSameAs(DatabaseFile.of(path));
	}

	@Test
	void deletedFileIsForgotten() throws Exception {
		Path path = file("one.db");
		DatabaseFile deleted = DatabaseFile.of(path);
		Files.delete(path);
		DatabaseFile.of(file("two.db"));
		assertThatIOException().isThrownBy(() -> content(deleted)).withMessageContaining("Closed");
	}

	@Test
	void movedFileStaysOpenAlsoWhenAnotherOneOfItsNameWasDeleted() throws Exception {
		Path path = file("one.db");
		DatabaseFile moved = DatabaseFile.of(path);
		Files.move(path, this.temp.resolve("aside.db"));
		DatabaseFile second = DatabaseFile.of(file("one.db"));
		Files.delete(path);
		DatabaseFile.of(file("two.db"));
		assertThatIOException().isThrownBy(() -> content(second)).withMessageContaining("Closed");
		assertThat(content(moved)).isEqualTo("one.db w");
	}

	@Test
	void fileThatHasAnotherNameStaysOpenWhenOneIsDeleted() throws Exception {
		Path path = file("one.db");
		DatabaseFile linked = DatabaseFile.of(path);
		Files.createLink(this.temp.resolve("other.db"), path);
		Files.delete(path);
		DatabaseFile.of(file("two.db"));
		assertThat(content(linked)).isEqualTo("one.db w");
	}

}
