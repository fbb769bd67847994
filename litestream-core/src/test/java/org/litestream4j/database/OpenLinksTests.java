package org.litestream4j.database;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

@EnabledOnOs(OS.LINUX)
class OpenLinksTests {

	@TempDir
	private Path temp;

	private Path name;

	@BeforeEach
	void createFile() throws Exception {
		this.name = Files.writeString(this.temp.resolve("app.db-wal"), "frames").toRealPath();
	}

	private RandomAccessFile open() throws Exception {
		return new RandomAccessFile(this.name.toFile(), "r");
	}

	@Test
	void descriptorThatWasClosedIsNotBelieved() throws Exception {
		FileId id = FileId.require(this.name);
		RandomAccessFile first = open();
		try (RandomAccessFile second = open()) {
			Path known = OpenLinks.leadingTo(id);
			assertThat(known).isNotNull();
			first.close();
			assertThat(Descriptors.leadsTo(Objects.requireNonNull(OpenLinks.leadingTo(id)), id)).isTrue();
			assertThat(nameOfOpen()).isEqualTo(this.name.toString());
			assertThat(second.length()).isEqualTo(6);
		}
		assertThat(OpenLinks.leadingTo(id)).isNull();
		assertThat(OpenLinks.named(this.name)).isNull();
	}

	@Test
	void descriptorIsFoundThatWasOpenedSinceTheNewestReading() throws Exception {
		FileId id = FileId.require(this.name);
		assertThat(OpenLinks.leadingTo(id)).isNull();
		try (RandomAccessFile file = open()) {
			assertThat(OpenLinks.leadingTo(id)).isNotNull();
			assertThat(file.length()).isEqualTo(6);
		}
	}

	@Test
	void deletedFileComesBeforeTheOneThatHasItsNameNow() throws Exception {
		try (RandomAccessFile deleted = open()) {
			assertThat(nameOfOpen()).isEqualTo(this.name.toString());
			Files.delete(this.name);
			Files.writeString(this.name, "others");
			try (RandomAccessFile other = open()) {
				assertThat(nameOfOpen()).isEqualTo(this.name + " (deleted)");
				assertThat(other.length()).isEqualTo(deleted.length());
			}
		}
	}

	private String nameOfOpen() throws IOException {
		return Descriptors.name(Objects.requireNonNull(OpenLinks.named(this.name)));
	}

}
