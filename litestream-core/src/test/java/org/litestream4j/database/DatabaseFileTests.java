package org.litestream4j.database;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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

	@Test
	void allDeletedFilesAreForgottenAtOnceAndThoseInUseAreNot() throws Exception {
		DatabaseFile claimed = DatabaseFile.of(file("claimed.db"));
		claimed.claim();
		List<DatabaseFile> deleted = new ArrayList<>();
		for (int i = 0; i < 5; i++) {
			Path path = file("deleted%d.db".formatted(i));
			deleted.add(DatabaseFile.of(path));
		}
		for (int i = 0; i < 5; i++) {
			Files.delete(deleted.get(i).path());
		}
		Files.delete(claimed.path());
		DatabaseFile.of(file("another.db"));
		assertThat(deleted).allSatisfy(
				(file) -> assertThatIOException().isThrownBy(() -> content(file)).withMessageContaining("Closed"));
		assertThat(content(claimed)).isEqualTo("claimed.");
		claimed.unclaim();
	}

	@Test
	void databaseIsWholeWhenItIsAsLongAsItsHeaderSays() throws Exception {
		Path path = this.temp.resolve("whole.db");
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + path);
				Statement statement = connection.createStatement()) {
			statement.execute("CREATE TABLE note(text)");
		}
		byte[] bytes = Files.readAllBytes(path);
		assertThat(DatabaseFile.of(path).isWholeDatabase()).isTrue();
		for (int length : new int[] { 0, 50, 512, bytes.length - 512 }) {
			Path part = Files.write(this.temp.resolve("part-%d.db".formatted(length)), Arrays.copyOf(bytes, length));
			assertThat(DatabaseFile.of(part).isWholeDatabase()).as("%d bytes", length).isFalse();
		}
		Files.writeString(this.temp.resolve("part-512.db-wal"), "has the rest");
		assertThat(DatabaseFile.of(this.temp.resolve("part-512.db")).isWholeDatabase()).isTrue();
		Path text = Files.writeString(this.temp.resolve("text.db"), "x".repeat(4096));
		assertThat(DatabaseFile.of(text).isWholeDatabase()).isFalse();
	}

}
