package org.litestream4j.format.v03;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.litestream4j.format.Generation;
import org.litestream4j.format.ObjectCodec;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.Writer;
import org.litestream4j.replication.FencedException;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.FaultyStore;
import org.litestream4j.testing.MemoryStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.entry;

/** What a writer stores that is the only one, and what happens when it is not. */
class FencedWritesTests {

	private static final WalPosition START = new WalPosition(new Generation("00000000deadbeef"), 3, 4152);

	private static final Instant TIME = Instant.parse("2026-11-22T12:00:00Z");

	private static final Writer WRITER = new Writer("00000000000000a1", 7);

	private final MemoryStore memory = new MemoryStore();

	private final FaultyStore store = new FaultyStore(this.memory);

	private final V03Replica replica = new V03Replica(this.store);

	@Test
	void segmentNamesItsWriter() throws Exception {
		WalSegment stored = write(note(WRITER), 100);
		assertThat(this.memory.metadata(ReplicaLayout.nameOf(stored))).containsOnly(
				entry("litestream-committed-at", TIME.toString()), entry("litestream-run", "00000000000000a1"),
				entry("litestream-epoch", "7"));
		assertThat(this.replica.note(stored)).contains(note(WRITER));
	}

	@Test
	void segmentOfAReplicaOfAnybodyNamesTheRunOnly() throws Exception {
		ObjectNote note = new ObjectNote(TIME, null).by("00000000000000a1");
		WalSegment stored = write(note, 100);
		assertThat(this.memory.metadata(ReplicaLayout.nameOf(stored))).containsOnly(
				entry("litestream-committed-at", TIME.toString()), entry("litestream-run", "00000000000000a1"));
		assertThat(write(note, 200).size()).as("replaced").isGreaterThan(stored.size());
	}

	@Test
	void putWhoseAnswerWasLostIsRecognised() throws Exception {
		this.store.after((operation) -> {
			throw new IOException("the answer was lost");
		});
		assertThatIOException().isThrownBy(() -> write(note(WRITER), 100)).withMessageContaining("lost");
		this.store.heal();
		StoredObject there = this.memory.stat(ReplicaLayout.segmentName(START)).orElseThrow();
		WalSegment stored = write(note(WRITER), 100);
		assertThat(stored.size()).isEqualTo(there.size());
		assertThat(stored.createdAt()).isEqualTo(there.storedAt());
		assertThat(this.memory.stat(there.name())).contains(there);
	}

	@Test
	void objectOfAnotherRunIsNotReplaced() throws Exception {
		assertFencedBy(note(new Writer("00000000000000b2", 8)), 100, "run 00000000000000b2");
		assertFencedBy(note(new Writer("00000000000000b2", 7)), 100, "run 00000000000000b2");
		assertFencedBy(new ObjectNote(TIME, null).by("00000000000000b2"), 100, "run 00000000000000b2");
	}

	@Test
	void objectOfAnotherEpochIsNotReplaced() throws Exception {
		assertFencedBy(note(new Writer(WRITER.runId(), 6)), 100, "run " + WRITER.runId());
		assertFencedBy(new ObjectNote(TIME, null).by(WRITER.runId()), 100, "run " + WRITER.runId());
	}

	@Test
	void objectThatSaysNothingIsNotReplaced() throws Exception {
		assertFencedBy(new ObjectNote(TIME, null), 100, "somebody else");
	}

	@Test
	void objectOfAnotherSizeIsNotReplaced() throws Exception {
		assertFencedBy(note(WRITER), 101, "somebody else");
	}

	@Test
	void snapshotReplacesAnotherOne() throws Exception {
		Generation generation = START.generation();
		this.replica.writeSnapshot(generation, 3, note(new Writer("00000000000000b2", 8)), content(null, 10));
		Snapshot stored = this.replica.writeSnapshot(generation, 3, note(WRITER), content(note(WRITER), 20));
		assertThat(this.memory.metadata(ReplicaLayout.nameOf(stored))).containsEntry("litestream-run", WRITER.runId())
			.containsEntry("litestream-epoch", "7");
		assertThat(this.replica.snapshots(generation)).containsExactly(stored);
	}

	private void assertFencedBy(ObjectNote other, int bytes, String named) throws IOException {
		String name = ReplicaLayout.segmentName(START);
		this.memory.delete(List.of(name));
		write(other, bytes);
		StoredObject before = this.memory.stat(name).orElseThrow();
		assertThatExceptionOfType(FencedException.class).isThrownBy(() -> write(note(WRITER), 100))
			.withMessage("its %s was written by %s".formatted(name, named));
		assertThat(this.memory.stat(name)).contains(before);
	}

	private static ObjectNote note(Writer writer) {
		return new ObjectNote(TIME, null).by(writer);
	}

	private WalSegment write(ObjectNote note, int bytes) throws IOException {
		return this.replica.writeWalSegment(START, note, content(note, bytes));
	}

	private static ObjectContent content(@Nullable ObjectNote note, int bytes) {
		return (out) -> {
			try (OutputStream encoded = ObjectCodec.LZ4.encode(out, note, bytes)) {
				for (int i = 0; i < bytes; i++) {
					encoded.write((i * i * 31) >>> 3);
				}
			}
		};
	}

}
