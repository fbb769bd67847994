package org.litestream4j.history;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.Replica;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.WalPosition;
import org.litestream4j.history.LogRequest.Detail;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.ReplicaWriter;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.Restorer;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.testing.CountingStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link ReplicaHistory#log}.
 */
class HistoryLogTests {

	private static final Instant BEGIN = Instant.parse("2026-11-26T12:00:00Z");

	@TempDir
	private Path directory;

	private final List<WalPosition> ends = new ArrayList<>();

	private static ReplicaHistory history(ObjectStore store) {
		return new ReplicaHistory("app", new Replica("file", store, Replica.Options.DEFAULTS), LitestreamListener.NONE);
	}

	private static HistoryLog log(ReplicaWriter writer, @Nullable Instant from, @Nullable Instant to, int limit,
			Detail detail) throws IOException {
		return history(writer.client().store()).log(new LogRequest(from, to, null, limit, detail),
				RestoreProgress.NONE);
	}

	/** Three indexes, with a snapshot in the first and in the second. */
	private ReplicaWriter write() throws Exception {
		ReplicaWriter writer = new ReplicaWriter(this.directory, "page_size=1024");
		writer.noteTimes();
		writer.setTime(BEGIN);
		this.ends.add(writer.commit(insert(1)));
		this.ends.add(writer.commit(insert(1)));
		writer.snapshot();
		this.ends.add(writer.commit(insert(1), insert(1), insert(1)));
		writer.nextIndex();
		this.ends.add(writer.commit(insert(1)));
		writer.snapshot();
		this.ends.add(writer.commit(insert(20)));
		writer.nextIndex();
		this.ends.add(writer.commit(insert(1)));
		return writer;
	}

	private static String insert(int rows) {
		return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO t (v) SELECT randomblob(300) FROM n"
			.formatted(rows);
	}

	@Test
	void pointsAreNewestFirstAndEachIsRestoredByItsTimeAndByItsPosition() throws Exception {
		try (ReplicaWriter writer = write()) {
			List<RestorePoint> points = log(writer, null, null, 100, Detail.TRANSACTIONS).points();
			assertThat(points).extracting(RestorePoint::position)
				.containsExactly(this.ends.get(5), this.ends.get(4), this.ends.get(3), this.ends.get(2),
						this.ends.get(1));
			assertThat(points).extracting(RestorePoint::transactions).containsExactly(1, 1, 1, 3, 1);
			for (RestorePoint point : points) {
				WalPosition position = (WalPosition) Objects.requireNonNull(point.position());
				byte[] expected = writer.state(position);
				assertThat(restore(writer, RestoreTarget.asOf(point.time()))).as(point.toString()).isEqualTo(expected);
				assertThat(restore(writer, RestoreTarget.at(position))).as(point.toString()).isEqualTo(expected);
				assertThat(point.databasePages()).isEqualTo(expected.length / 1024);
			}
			assertThat(points).extracting(RestorePoint::time).isSortedAccordingTo((a, b) -> b.compareTo(a));
			assertThat(points.get(1).pages()).isGreaterThan(points.get(0).pages());
		}
	}

	private byte[] restore(ReplicaWriter writer, RestoreTarget target) throws IOException {
		Path output = this.directory.resolve("restored.db");
		new Restorer("app", "file", writer.client()).restore(target, RestoreOutput.newFile(output),
				RestoreOptions.DEFAULTS, RestoreProgress.NONE, SystemDisk.ownerOnly());
		byte[] bytes = Files.readAllBytes(output);
		Files.delete(output);
		return bytes;
	}

	@Test
	void listingAloneFetchesNothing() throws Exception {
		try (ReplicaWriter writer = write()) {
			CountingStore store = new CountingStore(writer.client().store());
			HistoryLog log = history(store).log(new LogRequest(null, null, null, 100, Detail.LISTING),
					RestoreProgress.NONE);
			assertThat(store.opened()).isEmpty();
			assertThat(log.points()).hasSize(5).allMatch((point) -> point.transactions() == null);
			assertThat(log.points().get(0).position()).as("the name of no other segment says where it ends").isNull();
			assertThat(log.points().get(4).position()).isEqualTo(this.ends.get(1));
		}
	}

	@Test
	void transactionsFetchOnlyWhatIsShownAndNoSnapshot() throws Exception {
		try (ReplicaWriter writer = write()) {
			CountingStore store = new CountingStore(writer.client().store());
			HistoryLog log = history(store).log(LogRequest.newest(1), RestoreProgress.NONE);
			assertThat(log.more()).isTrue();
			assertThat(store.opened()).hasSize(1).allMatch((name) -> name.contains("/wal/00000002"));
			HistoryLog next = history(store).log(
					new LogRequest(null, null, log.points().get(0).start(), 2, Detail.TRANSACTIONS),
					RestoreProgress.NONE);
			assertThat(next.points()).extracting(RestorePoint::position)
				.containsExactly(this.ends.get(4), this.ends.get(3));
			assertThat(store.opened()).noneMatch((name) -> name.contains("snapshots"));
		}
	}

	@Test
	void rangeIsOfCommitsAndIncludesItsEnds() throws Exception {
		try (ReplicaWriter writer = write()) {
			List<RestorePoint> all = log(writer, null, null, 100, Detail.TRANSACTIONS).points();
			assertThat(log(writer, all.get(3).time(), all.get(1).time(), 100, Detail.TRANSACTIONS).points())
				.isEqualTo(all.subList(1, 4));
			assertThat(log(writer, null, BEGIN.minusSeconds(60), 100, Detail.TRANSACTIONS).points()).isEmpty();
			assertThat(log(writer, BEGIN.plusSeconds(3600), null, 100, Detail.TRANSACTIONS).points()).isEmpty();
		}
	}

	@Test
	void whatLiesBehindAHoleIsNoRestorePointAndIsSaid() throws Exception {
		try (ReplicaWriter writer = write()) {
			try (var segments = Files.walk(writer.root())) {
				Path first = segments.filter((path) -> path.toString().contains("00000002_")).findFirst().orElseThrow();
				Path moved = first.resolveSibling(first.getFileName().toString().replace("00000002_", "00000003_"));
				Files.move(first, moved);
			}
			HistoryLog log = log(writer, null, null, 100, Detail.TRANSACTIONS);
			assertThat(log.points()).hasSize(4);
			assertThat(log.note()).contains("1 WAL segments from", "00000003", "cannot be restored");
		}
	}

	@Test
	void damagedSegmentIsNamed() throws Exception {
		try (ReplicaWriter writer = write()) {
			try (var segments = Files.walk(writer.root())) {
				Path segment = segments.filter((path) -> path.toString().contains("00000002_"))
					.findFirst()
					.orElseThrow();
				byte[] bytes = Files.readAllBytes(segment);
				bytes[bytes.length - 30] ^= 1;
				Files.write(segment, bytes);
			}
			assertThatExceptionOfType(RestoreException.class)
				.isThrownBy(() -> log(writer, null, null, 100, Detail.TRANSACTIONS))
				.withMessageContaining("00000002_00000000")
				.withMessageContaining("is damaged");
		}
	}

	@Test
	void generationsFollowEachOtherAndASnapshotAloneIsARestorePoint() throws Exception {
		try (ReplicaWriter writer = write()) {
			writer.nextGeneration();
			writer.snapshot();
			List<RestorePoint> points = log(writer, null, null, 100, Detail.TRANSACTIONS).points();
			assertThat(points).hasSize(6);
			assertThat(((WalPosition) points.get(0).start()).generation()).isEqualTo(writer.generation());
			assertThat(points.get(0).transactions()).isNull();
			assertThat(points.get(1).position()).isEqualTo(this.ends.get(5));
		}
	}

	@Test
	void emptyReplicaHasNoPoints() throws Exception {
		try (ReplicaWriter writer = new ReplicaWriter(this.directory)) {
			HistoryLog log = log(writer, null, null, 1, Detail.TRANSACTIONS);
			assertThat(log.points()).isEmpty();
			assertThat(log.more()).isFalse();
		}
	}

	@Test
	void damagedBackupInAnotherFormatIsNotNoBackup() throws Exception {
		try (ReplicaWriter writer = new ReplicaWriter(this.directory)) {
			Path level = Files.createDirectories(writer.root().resolve("ltx/0"));
			Files.writeString(level.resolve("0000000000000001-0000000000000001.ltx"), "x");
			assertThat(log(writer, null, null, 1, Detail.LISTING).points()).hasSize(1);
			assertThatExceptionOfType(RestoreException.class)
				.isThrownBy(() -> log(writer, null, null, 1, Detail.TRANSACTIONS))
				.withMessageContaining("The LTX file ltx/0/0000000000000001-0000000000000001.ltx is damaged");
		}
	}

	@Test
	void requestsThatMakeNoSenseAreRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> LogRequest.newest(0))
			.withMessage("limit is 0: 1 or more is expected");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new LogRequest(BEGIN, BEGIN.minusSeconds(1), null, 1, Detail.LISTING))
			.withMessageContaining("which is after to");
	}

}
