package org.litestream4j.sqlite;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.testing.Seeds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link WalReader}, with WALs that SQLite wrote and with written ones.
 */
class WalReaderTests {

	@TempDir
	private Path directory;

	@ParameterizedTest
	@ValueSource(ints = { 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536 })
	void nextWhenSqliteWroteTheWalReadsAllPublishedFrames(int pageSize) throws IOException, SQLException {
		try (SqliteWal sqlite = new SqliteWal(this.directory, pageSize)) {
			sqlite.run("INSERT INTO t(x) VALUES (randomblob(200000))", "INSERT INTO t(x) VALUES (randomblob(10))",
					"UPDATE t SET x = randomblob(300) WHERE id = 2");
			WalReader reader = readAll(sqlite.wal());
			assertThat(reader.end()).isEqualTo(WalReader.End.COMPLETE);
			assertThat(reader.header().pageSize()).isEqualTo(pageSize);
			assertThat(reader.frames()).isPositive().isEqualTo(sqlite.framesPublished());
			assertThat(reader.offset()).isEqualTo(sqlite.wal().length).isEqualTo(reader.commitOffset());
			assertThat(reader.commitDatabasePages()).isEqualTo(sqlite.number("PRAGMA page_count"));
			assertThat(reader.commitChecksum()).isEqualTo(reader.checksum());
		}
	}

	@Test
	void nextWhenSqliteSpillsAndRollsBackStopsBehindNoCommitOfIts() throws IOException, SQLException {
		try (SqliteWal sqlite = new SqliteWal(this.directory, 1024)) {
			sqlite.run("INSERT INTO t(x) VALUES (randomblob(3000))");
			long committed = sqlite.wal().length;
			sqlite.run("PRAGMA cache_size=5", "BEGIN", "INSERT INTO t(x) VALUES (randomblob(200000))",
					"INSERT INTO t(x) VALUES (randomblob(200000))");
			WalReader during = readAll(sqlite.wal());
			assertThat(during.offset()).as("spilled frames are valid").isGreaterThan(committed);
			assertThat(during.commitOffset()).isEqualTo(committed);
			sqlite.run("ROLLBACK");
			assertThat(readAll(sqlite.wal()).commitOffset()).isEqualTo(committed);
			sqlite.run("INSERT INTO t(x) VALUES (randomblob(10))");
			WalReader after = readAll(sqlite.wal());
			assertThat(after.commitOffset()).isGreaterThan(committed)
				.isEqualTo(after.header().endOf(sqlite.framesPublished()));
			assertThat(after.end()).as("what the rollback left behind").isNotEqualTo(WalReader.End.COMPLETE);
		}
	}

	@Test
	void nextWhenSqliteRestartedTheWalStopsBeforeTheStaleFrames() throws IOException, SQLException {
		try (SqliteWal sqlite = new SqliteWal(this.directory, 4096)) {
			sqlite.run("INSERT INTO t(x) VALUES (randomblob(100000))");
			byte[] before = sqlite.wal();
			sqlite.run("PRAGMA wal_checkpoint(RESTART)", "INSERT INTO t(x) VALUES (randomblob(10))");
			byte[] after = sqlite.wal();
			assertThat(after).hasSameSizeAs(before);
			WalReader reader = readAll(after);
			assertThat(reader.end()).isEqualTo(WalReader.End.OTHER_SALTS);
			assertThat(reader.frames()).isEqualTo(sqlite.framesPublished()).isLessThan(10);
			assertThat(reader.header()).isNotEqualTo(readAll(before).header());
		}
	}

	@ParameterizedTest
	@CsvSource({ "true, 512", "false, 512", "true, 4096", "false, 4096", "true, 65536", "false, 65536" })
	void nextWhenWalIsWrittenInEitherByteOrderReadsItsFrames(boolean bigEndian, int pageSize) throws IOException {
		WalFixture wal = WalFixture.of(bigEndian, pageSize).frame(7, 1).commit(0x90000001, 0xa0000000, 2);
		WalReader reader = new WalReader(new ByteArrayInputStream(wal.toBytes()), "test.wal");
		assertThat(reader.next()).isTrue();
		assertThat(reader.pageNumber()).isEqualTo(7);
		assertThat(reader.databasePages()).isZero();
		assertThat(reader.commitOffset()).isEqualTo(WalHeader.SIZE);
		assertThat(reader.next()).isTrue();
		assertThat(reader.pageNumber()).as("unsigned").isEqualTo(0x90000001L);
		assertThat(reader.databasePages()).as("unsigned").isEqualTo(0xa0000000L);
		assertThat(reader.frame()).isEqualTo(Arrays.copyOfRange(wal.toBytes(), wal.size() - 24 - pageSize, wal.size()));
		assertThat(reader.checksum()).isEqualTo(wal.runningChecksum());
		assertThat(reader.next()).isFalse();
	}

	@Test
	void nextWhenChecksumsAreOfTheOtherByteOrderStopsAtOnce() throws IOException {
		byte[] little = WalFixture.of(false, 512).commit(1, 1, 1).toBytes();
		byte[] big = WalFixture.of(true, 512).commit(1, 1, 1).toBytes();
		System.arraycopy(little, 0, big, 0, WalHeader.SIZE);
		assertThat(readAll(big).end()).isEqualTo(WalReader.End.OTHER_CHECKSUM);
		assertThat(readAll(big).frames()).isZero();
	}

	@Test
	void nextWhenStreamGivesFewBytesAtATimeReadsWholeFrames() throws IOException {
		byte[] bytes = WalFixture.of(false, 512).commit(1, 1, 1).commit(2, 2, 2).toBytes();
		InputStream trickle = new FilterInputStream(new ByteArrayInputStream(bytes)) {
			@Override
			public int read(byte[] target, int offset, int length) throws IOException {
				return super.read(target, offset, Math.min(length, 7));
			}
		};
		WalReader reader = new WalReader(trickle, "test.wal");
		while (reader.next()) {
			assertThat(reader.databasePages()).isEqualTo(reader.frames());
		}
		assertThat(reader.frames()).isEqualTo(2);
	}

	@Test
	void nextWhenPageNumberIsZeroStops() throws IOException {
		WalReader reader = readAll(WalFixture.of(false, 512).commit(1, 1, 1).commit(0, 1, 2).toBytes());
		assertThat(reader.end()).isEqualTo(WalReader.End.NO_PAGE);
		assertThat(reader.frames()).isOne();
	}

	@Test
	void nextWhenRestOfTheFileIsZerosStops() throws IOException {
		WalFixture wal = WalFixture.of(false, 512).commit(1, 1, 1);
		WalReader reader = readAll(Arrays.copyOf(wal.toBytes(), wal.size() + 5000));
		assertThat(reader.end()).isEqualTo(WalReader.End.OTHER_SALTS);
		assertThat(reader.offset()).isEqualTo(wal.size());
	}

	@Test
	void nextWhenBadFrameIsFollowedByAValidOneStaysAtTheEnd() throws IOException {
		WalFixture wal = WalFixture.of(false, 512).commit(1, 1, 1);
		int end = wal.size();
		byte[] whole = wal.commit(2, 2, 2).toBytes();
		byte[] withStale = Arrays.copyOf(whole, whole.length + whole.length - end);
		System.arraycopy(whole, end, withStale, whole.length, whole.length - end);
		withStale[end + 8]++; // a stale frame, and then the one that continues the chain
		WalReader reader = readAll(withStale);
		assertThat(reader.next()).isFalse();
		assertThat(reader.offset()).isEqualTo(end);
		assertThat(reader.end()).isEqualTo(WalReader.End.OTHER_SALTS);
	}

	@Test
	void nextWhenFrameIsTornAtAnySectorStopsBeforeIt() throws IOException {
		byte[] older = new WalFixture(false, 4096, 1, 1).commit(1, 1, 1).commit(2, 2, 2).toBytes();
		WalFixture wal = new WalFixture(false, 4096, 1, 1).commit(1, 1, 1);
		int end = wal.size();
		byte[] newer = wal.commit(2, 2, 3).toBytes(); // same salts, other content
		for (int sector = (end / 512 + 1) * 512; sector < newer.length; sector += 512) {
			byte[] torn = older.clone();
			System.arraycopy(newer, 0, torn, 0, sector);
			WalReader reader = readAll(torn);
			assertThat(reader.offset()).as("torn at %d", sector).isEqualTo(end);
			assertThat(reader.end()).isEqualTo(WalReader.End.OTHER_CHECKSUM);
		}
	}

	static List<Long> seeds() {
		return Seeds.some(20);
	}

	@ParameterizedTest(name = "-Dtest.seed={0}")
	@MethodSource("seeds")
	void nextWhenAnySingleByteIsFlippedStopsBeforeIt(long seed) throws IOException {
		Random random = new Random(seed);
		int pageSize = 512 << random.nextInt(4);
		WalFixture wal = new WalFixture(random.nextBoolean(), pageSize, random.nextInt(), random.nextInt());
		List<Integer> ends = new ArrayList<>(List.of(wal.size()));
		int frames = 1 + random.nextInt(8);
		for (int frame = 0; frame < frames; frame++) {
			wal.frame(1 + random.nextInt(100), random.nextInt(3), pageOf(random, pageSize));
			ends.add(wal.size());
		}
		byte[] bytes = wal.toBytes();
		for (int position = 0; position < bytes.length; position++) {
			byte right = bytes[position];
			bytes[position] ^= (byte) (1 + random.nextInt(255));
			assertEndsBefore(position, bytes, ends);
			bytes[position] = right;
		}
		assertThat(readAll(bytes).frames()).as("nothing is wrong any more").isEqualTo(frames);
	}

	private static void assertEndsBefore(int position, byte[] bytes, List<Integer> ends) throws IOException {
		if (position < WalHeader.SIZE) {
			assertThatExceptionOfType(CorruptWalException.class).as("byte %d", position)
				.isThrownBy(() -> readAll(bytes));
			return;
		}
		long end = ends.stream().mapToInt(Integer::intValue).filter((offset) -> offset <= position).max().orElseThrow();
		WalReader reader = readAll(bytes);
		assertThat(reader.offset()).as("byte %d", position).isEqualTo(end);
		assertThat(reader.end()).isNotEqualTo(WalReader.End.COMPLETE);
	}

	private static byte[] pageOf(Random random, int pageSize) {
		byte[] page = new byte[pageSize];
		random.nextBytes(page);
		return page;
	}

	private static WalReader readAll(byte[] bytes) throws IOException {
		WalReader reader = new WalReader(new ByteArrayInputStream(bytes), "test.wal");
		long frames = 0;
		while (reader.next()) {
			frames++;
		}
		assertThat(reader.frames()).isEqualTo(frames);
		return reader;
	}

}
