package org.litestream4j.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.testing.Mount;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link FileStamp}.
 */
class FileStampTests {

	private static final FileId FILE = new FileId(1, 2);

	private static final long NOON = TimeUnit.HOURS.toNanos(500_000) + 123_456_789;

	@TempDir
	private Path temp;

	private static FileStamp changed(FileId id, long at) {
		return new FileStamp(id, 4096, at, at);
	}

	private static FileStamp clock(long at) {
		return changed(new FileId(1, 3), at);
	}

	@Test
	void stampIsConclusiveOnceTheFileSystemsClockHasTicked() {
		assertThat(changed(FILE, NOON).isConclusive(clock(NOON + 1))).isTrue();
		assertThat(changed(FILE, NOON).isConclusive(clock(NOON))).isFalse();
	}

	@Test
	void stampOfAClockThatWasSetBackIsNotConclusive() {
		assertThat(changed(FILE, NOON).isConclusive(clock(NOON - 1))).isFalse();
	}

	@Test
	void onlyTheTimeOfTheChangeCountsAsTheOtherCanBeSet() {
		FileStamp older = new FileStamp(FILE, 4096, NOON + 1_000_000, NOON);
		FileStamp newer = new FileStamp(FILE, 4096, NOON - 1_000_000, NOON);
		assertThat(older.isConclusive(clock(NOON + 1))).isTrue();
		assertThat(newer.isConclusive(clock(NOON))).isFalse();
	}

	@Test
	void clockOfAnotherFileSystemSaysNothing() {
		FileStamp elsewhere = changed(new FileId(7, 3), NOON + TimeUnit.HOURS.toNanos(1));
		assertThat(changed(FILE, NOON).isConclusive(elsewhere)).isFalse();
	}

	@Test
	void wholeSecondsAreNeverConclusive() {
		long second = TimeUnit.SECONDS.toNanos(1_800_000_000);
		assertThat(changed(FILE, second).isConclusive(clock(second + TimeUnit.HOURS.toNanos(1)))).isFalse();
	}

	@Test
	void fileWhoseTimeIsSetBackAfterAWriteHasAnotherStamp() throws Exception {
		Path file = Files.write(this.temp.resolve("file"), new byte[4096]);
		FileStamp before = conclusiveStamp(file);
		FileTime time = Files.getLastModifiedTime(file);
		byte[] other = new byte[4096];
		other[7] = 7;
		Files.write(file, other);
		Files.getFileAttributeView(file, BasicFileAttributeView.class).setTimes(time, null, null);
		FileStamp after = FileStamp.of(file);
		assertThat(after.modified()).isEqualTo(before.modified());
		assertThat(after.size()).isEqualTo(before.size());
		assertThat(after.id()).isEqualTo(before.id());
		assertThat(after).isNotEqualTo(before);
	}

	@Test
	void everyWriteAfterAConclusiveStampGivesAnother() throws Exception {
		Path file = Files.write(this.temp.resolve("file"), new byte[4096]);
		for (int i = 0; i < 200; i++) {
			FileStamp stamp = conclusiveStamp(file);
			Files.write(file, new byte[4096]);
			assertThat(FileStamp.of(file)).isNotEqualTo(stamp);
		}
	}

	@Test
	void oldSmallInodesTellOnlySecondsApartAndSoProveNothing() throws Exception {
		Path point = Files.createDirectory(this.temp.resolve("mounted"));
		try (Mount mount = Mount.ext4(this.temp.resolve("image"), point, "-I", "128")) {
			Path file = Files.write(point.resolve("file"), new byte[4096]);
			for (int i = 0; i < 3; i++) {
				Path clock = Files.write(point.resolve("clock"), new byte[1]);
				FileStamp before = FileStamp.of(clock);
				assertThat(FileStamp.of(file).isConclusive(before)).as("%s", mount).isFalse();
			}
		}
	}

	/** The stamp, once it is conclusive. */
	private FileStamp conclusiveStamp(Path file) throws IOException {
		Path clock = this.temp.resolve("clock");
		FileStamp stamp;
		FileStamp now;
		do {
			Files.write(clock, new byte[1]);
			now = FileStamp.of(clock);
			stamp = FileStamp.of(file);
		}
		while (!stamp.isConclusive(now));
		return stamp;
	}

}
