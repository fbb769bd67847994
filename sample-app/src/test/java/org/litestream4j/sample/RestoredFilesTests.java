package org.litestream4j.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.sample.RestoredFiles.RestoredFile;

import static org.assertj.core.api.Assertions.assertThat;

class RestoredFilesTests {

	@TempDir
	Path home;

	private Path folder;

	private RestoredFiles files;

	@BeforeEach
	void create() throws IOException {
		this.folder = Files.createDirectory(this.home.resolve("restores"));
		this.files = new RestoredFiles(this.folder, this.home.resolve("live.db"));
	}

	@Test
	void listIsNewestFirst() throws IOException {
		Instant time = Instant.parse("2026-11-22T10:00:00Z");
		file("a.db", time);
		file("c.db", time.plusSeconds(2));
		file("b.db", time.plusSeconds(1));

		assertThat(this.files.list()).extracting(RestoredFile::name).containsExactly("c.db", "b.db", "a.db");
		assertThat(this.files.list().get(0)).isEqualTo(new RestoredFile("c.db", 3, time.plusSeconds(2)));
	}

	@Test
	void listWithoutTheFolderIsEmpty() throws IOException {
		Files.delete(this.folder);

		assertThat(this.files.list()).isEmpty();
	}

	@Test
	void findOfARestoredFileIsItsPath() throws IOException {
		Path file = file("notes.db", Instant.now());

		assertThat(this.files.find("notes.db")).hasValue(file);
	}

	@ParameterizedTest
	@ValueSource(strings = { "../secret.db", "..", ".hidden.db", "sub/notes.db", "notes.txt", "notes.db-wal", "", ".db",
			"/etc/passwd", "n\0.db", "missing.db" })
	void findOfAnythingElseIsNothing(String name) throws IOException {
		Files.writeString(this.home.resolve("secret.db"), "secret");
		Files.writeString(this.folder.resolve("notes.txt"), "text");
		Files.writeString(this.folder.resolve(".hidden.db"), "hidden");

		assertThat(this.files.find(name)).isEmpty();
	}

	@Test
	void symbolicLinkIsNeitherListedNorFound() throws IOException {
		Path secret = Files.writeString(this.home.resolve("secret.db"), "secret");
		Files.createSymbolicLink(this.folder.resolve("link.db"), secret);

		assertThat(this.files.list()).isEmpty();
		assertThat(this.files.find("link.db")).isEmpty();
	}

	@Test
	void liveDatabaseIsNeitherListedNorFound() throws IOException {
		Path live = file("live.db", Instant.now());
		Files.createLink(this.folder.resolve("same-file.db"), live);
		RestoredFiles misconfigured = new RestoredFiles(this.folder, live);

		assertThat(misconfigured.list()).isEmpty();
		assertThat(misconfigured.find("live.db")).isEmpty();
		assertThat(misconfigured.find("same-file.db")).isEmpty();
	}

	private Path file(String name, Instant time) throws IOException {
		Path file = Files.writeString(this.folder.resolve(name), "abc");
		return Files.setLastModifiedTime(file, FileTime.from(time));
	}

}
