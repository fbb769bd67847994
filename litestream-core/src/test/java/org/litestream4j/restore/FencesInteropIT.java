package org.litestream4j.restore;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.testing.EnabledIfRealLitestream;
import org.litestream4j.testing.RealLitestream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a new writer leaves in a replica that it takes over: an empty segment, indexes of
 * a WAL's header alone, and an index that begins with what an earlier one holds. Both
 * programs restore every state around them.
 */
@EnabledIfRealLitestream
class FencesInteropIT {

	private static final Writer FIRST = new Writer("00000000000000a1", 1);

	private static final Writer SECOND = new Writer("ffffffffffffffb2", 1L << 40);

	private static final String COMMIT = "INSERT INTO t (v) VALUES (randomblob(3000))";

	private static final String SHRINK = "DELETE FROM t WHERE id % 2 = 0";

	private final RealLitestream litestream = RealLitestream.get();

	@TempDir
	private Path directory;

	private RestoreFixture fixture;

	/** What the database was, by when the last object was stored that makes it so. */
	private final List<Point> points = new ArrayList<>();

	private record Point(Instant storedAt, int index, ByteBuffer bytes) {

		byte[] state() {
			byte[] state = new byte[this.bytes.remaining()];
			this.bytes.duplicate().get(state);
			return state;
		}

		@Override
		public String toString() {
			return this.storedAt + ", index " + this.index;
		}

	}

	@BeforeEach
	void createFixture() {
		this.fixture = new RestoreFixture(this.directory);
	}

	@ParameterizedTest
	@ValueSource(ints = { 512, 4096, 65536 })
	void bothProgramsRestoreEveryStateAroundFences(int pageSize) throws Exception {
		try (ReplicaWriter writer = new ReplicaWriter(this.directory, "page_size=" + pageSize, "auto_vacuum=FULL")) {
			writer.writeAs(FIRST);
			writer.snapshot();
			commits(writer, 3);
			takeOver(writer, 1);
			writer.nextIndex();
			commits(writer, 2);
			writer.nextIndex();
			commits(writer, 2);
			takeOver(writer, 3);
			takeOver(writer, 1); // nothing in between
			writer.nextIndex();
			commits(writer, 1);
			writer.nextIndex();
			note(writer, writer.commit(SHRINK));
			writer.snapshot();
			commits(writer, 2);
			takeOver(writer, 1);
			compareAll(writer);
		}
	}

	@Test
	void bothProgramsRestoreWhatBeginsWithARepetition() throws Exception {
		try (ReplicaWriter writer = new ReplicaWriter(this.directory)) {
			writer.writeAs(FIRST);
			writer.snapshot();
			commits(writer, 3);
			note(writer, writer.commit(SHRINK));
			takeOver(writer, 1);
			writer.repeatInNextIndex();
			note(writer, writer.commit(COMMIT));
			commits(writer, 2);
			takeOver(writer, 2);
			writer.repeatInNextIndex();
			note(writer, writer.commit(COMMIT, SHRINK));
			commits(writer, 1);
			compareAll(writer);
		}
	}

	@Test
	void bothProgramsRestoreAGenerationThatBeginsWithAHeaderAlone() throws Exception {
		try (ReplicaWriter writer = new ReplicaWriter(this.directory)) {
			writer.headerOnly();
			writer.snapshot();
			assertThat(this.fixture.bytes(writer.client(), RestoreTarget.latest())).isEqualTo(writer.bytes())
				.isEqualTo(theirs(writer.root()));
			writer.nextIndex();
			commits(writer, 2);
			compareAll(writer);
		}
	}

	@Test
	void bothProgramsRestoreWhenASnapshotIsOfAnIndexThatIsFencedFromItsBeginning() throws Exception {
		try (ReplicaWriter writer = new ReplicaWriter(this.directory)) {
			writer.snapshot();
			commits(writer, 2);
			writer.fence();
			writer.headerOnly();
			writer.snapshot();
			writer.headerOnly();
			writer.nextIndex();
			commits(writer, 2);
			compareAll(writer);
		}
	}

	@Test
	void bothProgramsPassOverWhatIsBesideTheGenerations() throws Exception {
		try (ReplicaWriter writer = new ReplicaWriter(this.directory)) {
			writer.writeAs(FIRST);
			writer.snapshot();
			commits(writer, 2);
			String lock = "{\"generation\": 1, \"expires_at\": \"2026-11-22T12:00:00Z\", \"owner\": \"host:1\", \"run\": \"%s\", \"current\": \"%s\"}"
				.formatted(FIRST.runId(), writer.generation());
			Files.writeString(writer.root().resolve("lock.json"), lock);
			Files.writeString(writer.root().resolve("wanted.json"), "{}");
			Files.writeString(writer.root().resolve("trial-0123456789abcdef"), "a trial");
			Files.createDirectory(writer.root().resolve("lock"));
			Files.writeString(writer.root().resolve("lock/0000000000000001.json"), lock);
			compareAll(writer);
			assertThat(this.litestream.run("generations", RealLitestream.url(writer.root())).lines().count())
				.isEqualTo(2);
			assertThat(writer.client().generations()).containsExactly(writer.generation());
		}
	}

	/** Fences the end, with a number of headers behind it. */
	private void takeOver(ReplicaWriter writer, int headers) throws Exception {
		ByteBuffer before = ByteBuffer.wrap(writer.bytes());
		writer.writeAs(SECOND);
		WalPosition fence = writer.fence();
		this.points.add(new Point(writer.time().minusSeconds(1), fence.index(), before));
		for (int i = 0; i < headers; i++) {
			WalPosition header = writer.headerOnly();
			this.points.add(new Point(writer.time().minusSeconds(1), header.index(), before));
		}
	}

	private void commits(ReplicaWriter writer, int number) throws Exception {
		for (int i = 0; i < number; i++) {
			note(writer, writer.commit(COMMIT));
		}
	}

	private void note(ReplicaWriter writer, WalPosition end) throws Exception {
		this.points.add(new Point(writer.time().minusSeconds(1), end.index(), ByteBuffer.wrap(writer.bytes())));
	}

	private void compareAll(ReplicaWriter writer) throws Exception {
		assertThat(this.fixture.bytes(writer.client(), RestoreTarget.latest())).isEqualTo(writer.bytes())
			.isEqualTo(theirs(writer.root()));
		Generation generation = writer.generation();
		Map<Integer, byte[]> ends = new TreeMap<>();
		for (Point point : this.points) {
			ends.put(point.index(), point.state());
			assertThat(this.fixture.bytes(writer.client(), RestoreTarget.asOf(point.storedAt()).within(generation)))
				.as("ours as of %s", point)
				.isEqualTo(point.state());
			if (point.storedAt().isBefore(writer.time().minusSeconds(1))) {
				// v0.3.13 takes only what is older, and refuses a time behind the newest
				assertThat(theirs(writer.root(), "-generation", generation.name(), "-timestamp",
						point.storedAt().plusNanos(1).toString()))
					.as("theirs as of %s", point)
					.isEqualTo(point.state());
			}
		}
		for (Map.Entry<Integer, byte[]> end : ends.entrySet()) {
			assertThat(this.fixture.bytes(writer.client(), RestoreTarget.of(generation, end.getKey())))
				.as("ours, index %d", end.getKey())
				.isEqualTo(end.getValue());
			assertThat(
					theirs(writer.root(), "-generation", generation.name(), "-index", "%08x".formatted(end.getKey())))
				.as("theirs, index %d", end.getKey())
				.isEqualTo(end.getValue());
		}
		for (Map.Entry<WalPosition, byte[]> state : writer.states().entrySet()) {
			assertThat(this.fixture.bytes(writer.client(), RestoreFixture.at(state.getKey()))).as("%s", state.getKey())
				.isEqualTo(state.getValue());
		}
	}

	private byte[] theirs(Path replica, String... options) throws Exception {
		Path output = this.directory.resolve("theirs.db");
		this.litestream.restore(RealLitestream.url(replica), output, options);
		byte[] bytes = Files.readAllBytes(output);
		Files.delete(output);
		return bytes;
	}

}
