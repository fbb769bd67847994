package org.litestream4j.restore;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.Writer;
import org.litestream4j.format.v03.ReplicaLayout;
import org.litestream4j.format.v03.V03Fences;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.lease.Catalog;
import org.litestream4j.lease.ChainEnd;
import org.litestream4j.replication.FencedException;
import org.litestream4j.sqlite.WalFixture;
import org.litestream4j.sqlite.WalHeader;
import org.litestream4j.store.FileStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** What a takeover finds in a replica, and what it leaves there. */
class V03FencesTests {

	private static final String COMMIT = "INSERT INTO t (v) VALUES (randomblob(3000))";

	private static final Writer FIRST = new Writer("00000000000000a1", 1);

	private static final Writer SECOND = new Writer("00000000000000b2", 2);

	private static final Writer THIRD = new Writer("00000000000000c3", 3);

	@TempDir
	private Path directory;

	private ReplicaWriter writer;

	private V03Fences fences;

	@BeforeEach
	void open() throws Exception {
		this.writer = new ReplicaWriter(this.directory, "page_size=1024");
		this.writer.writeAs(FIRST);
		this.fences = new V03Fences(new V03Replica(new FileStore(this.writer.root(), SystemDisk.ownerOnly())));
	}

	@AfterEach
	void close() throws Exception {
		this.writer.close();
	}

	private Generation generation() {
		return this.writer.generation();
	}

	private WalPosition at(int index, long offset) {
		return new WalPosition(generation(), index, offset);
	}

	private Catalog.Log log() throws Exception {
		List<Catalog.Log> logs = this.fences.catalog().logs();
		assertThat(logs).hasSize(1);
		return logs.get(0);
	}

	@Test
	void emptyReplicaHasNoLogs() throws Exception {
		assertThat(this.fences.catalog().logs()).isEmpty();
		assertThat(this.fences.end(generation())).isEmpty();
	}

	@Test
	void logEndsWhereItsLastSegmentDoes() throws Exception {
		this.writer.commit(COMMIT);
		WalPosition end = this.writer.commit(COMMIT);
		assertThat(log()).isEqualTo(new Catalog.Log(generation(), false, end, false));
		this.writer.snapshot();
		assertThat(log()).isEqualTo(new Catalog.Log(generation(), true, end, false));
		assertThat(this.fences.end(generation())).get()
			.returns(end, ChainEnd::dataEnd)
			.returns(FIRST.runId(), ChainEnd::writerRun)
			.returns(1, ChainEnd::nextIndex);
	}

	@Test
	void logOfASnapshotAloneEndsAtItsBeginning() throws Exception {
		this.writer.nextIndex();
		this.writer.snapshot();
		assertThat(log()).isEqualTo(new Catalog.Log(generation(), true, at(1, 0), false));
		ChainEnd end = this.fences.end(generation()).orElseThrow();
		assertThat(end.dataEnd()).isEqualTo(at(1, 0));
		assertThat(end.nextIndex()).isEqualTo(1);
		assertThat(end.writerRun()).isEqualTo(FIRST.runId());
		assertThat(this.fences.putFence(at(1, 0), SECOND)).isTrue();
		assertThat(this.fences.putFence(at(2, 0), SECOND)).isTrue();
		assertThat(log()).isEqualTo(new Catalog.Log(generation(), true, at(2, 32), false));
		assertThat(this.fences.end(generation())).get()
			.returns(at(1, 0), ChainEnd::dataEnd)
			.returns(FIRST.runId(), ChainEnd::writerRun)
			.returns(3, ChainEnd::nextIndex);
	}

	@Test
	void fencesAddNothingToWhereTheDataEnds() throws Exception {
		this.writer.commit(COMMIT);
		this.writer.snapshot();
		WalPosition end = this.writer.commit(COMMIT);
		assertThat(this.fences.putFence(end, SECOND)).isTrue();
		assertThat(log()).isEqualTo(new Catalog.Log(generation(), true, end, true));
		assertThat(this.fences.putFence(at(1, 0), SECOND)).isTrue();
		assertThat(log()).isEqualTo(new Catalog.Log(generation(), true, at(1, 32), false));
		this.fences.bridge(generation(), 2, 100, SECOND);
		assertThat(this.fences.putFence(at(99, 32), THIRD)).isTrue();
		assertThat(log()).isEqualTo(new Catalog.Log(generation(), true, at(99, 32), true));
		ChainEnd found = this.fences.end(generation()).orElseThrow();
		assertThat(found.dataEnd()).isEqualTo(end);
		assertThat(found.writerRun()).isEqualTo(FIRST.runId());
		assertThat(found.nextIndex()).isEqualTo(100);
		assertThat(new RestoreFixture(this.directory).bytes(this.writer.client(), RestoreTarget.latest()))
			.isEqualTo(this.writer.bytes());
		List<WalSegment> segments = this.writer.client().walSegments(generation());
		WalSegment data = segments.get(1);
		assertThat(segments.subList(2, segments.size())).hasSize(101).allSatisfy((fence) -> {
			assertThat(this.writer.client().committedAt(fence)).isEqualTo(this.writer.client().committedAt(data));
			assertThat(V03Replica.isFence(fence)).isTrue();
		});
		assertThat(V03Replica.isFence(data)).isFalse();
	}

	@Test
	void smallestSegmentWithAFrameIsNoFence() throws Exception {
		ObjectNote note = new ObjectNote(null, null).by(SECOND);
		byte[] wal = WalFixture.of(false, 512).frame(1, 1, new byte[512]).toBytes();
		for (WalPosition start : List.of(at(0, 0), at(0, WalHeader.SIZE))) {
			byte[] content = Arrays.copyOfRange(wal, (int) start.offset(), wal.length);
			WalSegment stored = this.writer.client().writeWalSegment(start, note, (out) -> {
				try (OutputStream encoded = this.writer.client().codec().encode(out, note, content.length)) {
					encoded.write(content);
				}
			});
			assertThat(V03Replica.isFence(stored)).as("%d bytes", stored.size()).isFalse();
		}
	}

	@Test
	void fenceIsRefusedWhereSomethingElseIs() throws Exception {
		this.writer.snapshot();
		WalPosition end = this.writer.commit(COMMIT);
		assertThat(this.fences.putFence(end, SECOND)).isTrue();
		assertThat(this.fences.putFence(end, SECOND)).as("again").isTrue();
		assertThat(this.fences.putFence(end, THIRD)).isFalse();
		assertThat(this.fences.putFence(at(1, 0), THIRD)).isTrue();
		assertThat(this.fences.putFence(at(1, 0), THIRD)).as("again").isTrue();
		assertThat(this.fences.putFence(at(1, 0), SECOND)).isFalse();
		assertThat(this.fences.putFence(at(0, 0), SECOND)).as("data").isFalse();
		assertThatExceptionOfType(FencedException.class)
			.isThrownBy(() -> this.fences.bridge(generation(), 1, 3, SECOND))
			.withMessageContaining("was written by run " + THIRD.runId());
		assertThat(this.writer.client().walSegments(generation())).hasSize(3);
	}

	@Test
	void writerWhoWasFencedStoresNothingMore() throws Exception {
		this.writer.snapshot();
		WalPosition end = this.writer.commit(COMMIT);
		this.fences.putFence(end, SECOND);
		this.fences.putFence(at(1, 0), SECOND);
		assertThatExceptionOfType(FencedException.class).isThrownBy(() -> this.writer.commit(COMMIT))
			.withMessage("its %s was written by run %s".formatted(ReplicaLayout.segmentName(end), SECOND.runId()));
		this.writer.nextIndex();
		assertThatExceptionOfType(FencedException.class).isThrownBy(() -> this.writer.commit(COMMIT));
	}

	@Test
	void logsAreOrderedByTheirNewestCommitsNotByTheirFences() throws Exception {
		this.writer.snapshot();
		WalPosition older = this.writer.commit(COMMIT);
		this.writer.nextGeneration();
		this.writer.snapshot();
		this.writer.commit(COMMIT);
		this.fences.putFence(older, SECOND);
		assertThat(this.fences.catalog().logs()).extracting(Catalog.Log::generation)
			.containsExactly(older.generation(), generation());
	}

	@Test
	void logWhoseEndIsDamagedCannotBeGoneOnWith() throws Exception {
		this.writer.snapshot();
		this.writer.commit(COMMIT);
		Path last = this.writer.root().resolve(ReplicaLayout.segmentName(at(0, 0)));
		byte[] bytes = Files.readAllBytes(last);
		bytes[bytes.length / 2] ^= 1;
		Files.write(last, bytes);
		assertThat(log().restorable()).isFalse();
		assertThat(this.fences.end(generation())).isEmpty();
	}

}
