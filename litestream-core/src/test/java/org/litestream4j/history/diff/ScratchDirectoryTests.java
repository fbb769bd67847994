package org.litestream4j.history.diff;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

class ScratchDirectoryTests {

	private static final String REST = "-999999999-00112233445566aa";

	@TempDir
	Path directory;

	private Path old(String name, Duration age) throws IOException {
		Path path = Files.createDirectory(this.directory.resolve(name));
		Files.writeString(path.resolve("first.db"), "rows");
		Files.setLastModifiedTime(path, FileTime.from(Instant.now().minus(age)));
		return path;
	}

	@Test
	void directoryIsItsOwnersAloneAndGoesWithAllThatIsInIt() throws IOException {
		Path path;
		try (ScratchDirectory scratch = ScratchDirectory.create(this.directory, "scratch")) {
			path = scratch.path();
			assertThat(Files.getPosixFilePermissions(path)).hasSize(3);
			Files.writeString(scratch.file("a"), "b");
			scratch.disk().create(scratch.file("c")).close();
		}
		assertThat(path).doesNotExist();
	}

	@Test
	void whatAKilledProcessLeftIsDeletedAndNothingElse() throws IOException {
		Path left = old("scratch" + REST, Duration.ofHours(1));
		Path fresh = old("scratch-999999998-00112233445566aa", Duration.ofSeconds(5));
		Path alive = old("scratch-1-00112233445566aa", Duration.ofHours(1));
		Path other = old("scratch-mine", Duration.ofHours(1));
		try (ScratchDirectory first = ScratchDirectory.create(this.directory, "scratch")) {
			Files.setLastModifiedTime(first.path(), FileTime.from(Instant.now().minus(Duration.ofHours(1))));
			try (ScratchDirectory second = ScratchDirectory.create(this.directory, "scratch");
					Stream<Path> there = Files.list(this.directory)) {
				assertThat(there).containsExactlyInAnyOrder(fresh, alive, other, first.path(), second.path());
			}
			assertThat(left).doesNotExist();
		}
	}

	@Test
	void whatOneCommandLeftIsDeletedByAnyOther() throws IOException {
		Path bisect = old("litestream-bisect" + REST, Duration.ofHours(1));
		Path tables = old(".litestream-tables" + REST, Duration.ofHours(1));
		Path fresh = old("litestream-bisect-999999998-00112233445566aa", Duration.ofSeconds(5));
		Path foreign = old("backup-litestream-bisect" + REST, Duration.ofHours(1));
		try (ScratchDirectory query = ScratchDirectory.create(this.directory, "litestream-query");
				Stream<Path> there = Files.list(this.directory)) {
			assertThat(there).containsExactlyInAnyOrder(fresh, foreign, query.path());
		}
		assertThat(bisect).doesNotExist();
		assertThat(tables).doesNotExist();
	}

	@Test
	void directoryNeedsAPlace() {
		assertThatIOException().isThrownBy(() -> ScratchDirectory.create(this.directory.resolve("nosuch"), "scratch"))
			.withMessageContaining("is no directory");
	}

}
