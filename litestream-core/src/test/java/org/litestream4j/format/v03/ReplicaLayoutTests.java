package org.litestream4j.format.v03;

import java.time.Instant;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;

/**
 * Tests for {@link ReplicaLayout}.
 */
class ReplicaLayoutTests {

	private static final Generation GENERATION = new Generation("b8e9afb5e0717645");

	private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

	@Test
	void namesWhenPositionIsGivenAreThoseOfLitestream() {
		assertThat(ReplicaLayout.snapshotName(GENERATION, 26))
			.isEqualTo("generations/b8e9afb5e0717645/snapshots/0000001a.snapshot.lz4");
		assertThat(ReplicaLayout.segmentName(new WalPosition(GENERATION, 1, 0x80e0)))
			.isEqualTo("generations/b8e9afb5e0717645/wal/00000001_000080e0.wal.lz4");
	}

	@ParameterizedTest
	@CsvSource({ "0, 0", "1, 32", "2147483647, 4294967295", "255, 4128", "0, 4294967296", "3, 4400193024" })
	void parseSegmentWhenNameWasMadeHereGivesItBack(int index, long offset) {
		WalSegment segment = new WalSegment(GENERATION, index, offset, 77, NOW);
		String fileName = fileName(ReplicaLayout.nameOf(segment), ReplicaLayout.walDirectory(GENERATION));
		assertThat(ReplicaLayout.parseSegment(GENERATION, fileName, 77, NOW)).contains(segment);
	}

	@Test
	void segmentBeyondFourGigabytesIsReadAndNotWritten() {
		WalPosition beyond = new WalPosition(GENERATION, 0, 0x1_0000_0000L);
		assertThat(ReplicaLayout.segmentName(beyond)).endsWith("/wal/00000000_100000000.wal.lz4");
		assertThatIllegalArgumentException().isThrownBy(() -> ReplicaLayout.newSegmentName(beyond))
			.withMessageContaining("cannot be named");
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 255, Integer.MAX_VALUE })
	void parseSnapshotWhenNameWasMadeHereGivesItBack(int index) {
		Snapshot snapshot = new Snapshot(GENERATION, index, 77, NOW);
		String fileName = fileName(ReplicaLayout.nameOf(snapshot), ReplicaLayout.snapshotsDirectory(GENERATION));
		assertThat(ReplicaLayout.parseSnapshot(GENERATION, fileName, 77, NOW)).contains(snapshot);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "00000000_00000000.wal.lz4.tmp", "00000000_00000000.wal", "0000000_00000000.wal.lz4",
			"00000000_000000000.wal.lz4", "0000000A_00000000.wal.lz4", "80000000_00000000.wal.lz4",
			"00000000-00000000.wal.lz4", "00000000.snapshot.lz4", ".DS_Store", "00000000_00000000xwal.lz4",
			"00000000_00000000.wal.lz4\n" })
	void parseSegmentWhenNameIsForeignIsEmpty(String fileName) {
		assertThat(ReplicaLayout.parseSegment(GENERATION, fileName, 1, NOW)).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "00000000.snapshot.lz4.tmp", "00000000.snapshot", "0000000.snapshot.lz4",
			"0000000A.snapshot.lz4", "ffffffff.snapshot.lz4", "00000000_00000000.wal.lz4", "README" })
	void parseSnapshotWhenNameIsForeignIsEmpty(String fileName) {
		assertThat(ReplicaLayout.parseSnapshot(GENERATION, fileName, 1, NOW)).isEmpty();
	}

	private static String fileName(String objectName, String directory) {
		assertThat(objectName).startsWith(directory + "/");
		return objectName.substring(directory.length() + 1);
	}

}
