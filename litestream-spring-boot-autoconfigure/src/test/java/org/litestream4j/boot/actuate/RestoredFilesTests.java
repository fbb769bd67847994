package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.boot.actuate.LitestreamReport.RestoredEntry;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RestoredFiles}.
 */
class RestoredFilesTests {

	private static final Instant TIME = Instant.parse("2026-11-22T10:00:00Z");

	@TempDir
	private Path directory;

	private final RestoredFiles files = new RestoredFiles();

	private Path add(String database, String name, Instant time) throws IOException {
		Path file = Files.writeString(this.directory.resolve(name), "abc");
		Files.setLastModifiedTime(file, FileTime.from(time));
		this.files.add(database, this.directory, file);
		return file;
	}

	@Test
	void listIsThatOfADatabaseNewestFirst() throws IOException {
		add("app", "a.db", TIME);
		add("app", "c.db", TIME.plusSeconds(2));
		add("other", "d.db", TIME.plusSeconds(3));
		add("app", "b.db", TIME.plusSeconds(1));
		assertThat(this.files.list("app")).extracting(RestoredEntry::name).containsExactly("c.db", "b.db", "a.db");
		assertThat(this.files.list("app").get(0)).isEqualTo(new RestoredEntry("c.db", 3, TIME.plusSeconds(2)));
		assertThat(this.files.find("app", "d.db")).isEmpty();
		assertThat(this.files.find("other", "d.db")).hasValue(this.directory.resolve("d.db"));
	}

	@Test
	void fileThatIsGoneIsForgotten() throws IOException {
		Files.delete(add("app", "a.db", TIME));
		assertThat(this.files.list("app")).isEmpty();
		assertThat(this.files.find("app", "a.db")).isEmpty();
	}

	@Test
	void otherFileInTheSamePlaceIsNotHandedOut() throws IOException {
		Path file = add("app", "a.db", TIME);
		Path secret = Files.writeString(this.directory.resolve("secret"), "secret");
		Files.move(file, this.directory.resolve("kept.db"));
		Files.createSymbolicLink(file, secret);
		assertThat(this.files.find("app", "a.db")).isEmpty();
		Files.delete(file);
		Files.copy(secret, file);
		assertThat(this.files.find("app", "a.db")).isEmpty();
		assertThat(this.files.list("app")).isEmpty();
	}

	@Test
	void oldestIsForgottenBeyondAThousand() throws IOException {
		for (int i = 0; i <= 1000; i++) {
			add("app", i + ".db", TIME.plusSeconds(i));
		}
		assertThat(this.files.list("app")).hasSize(1000);
		assertThat(this.files.find("app", "0.db")).isEmpty();
		assertThat(this.files.find("app", "1000.db")).isPresent();
	}

}
