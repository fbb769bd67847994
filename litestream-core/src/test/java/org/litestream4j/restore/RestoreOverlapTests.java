package org.litestream4j.restore;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Lz4;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.ReplicaLayout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A writer that was not sure where its replica stood shipped a part again: one long
 * segment lies over several short ones.
 */
class RestoreOverlapTests {

	private static final String COMMIT = "INSERT INTO t (v) VALUES (randomblob(9000))";

	/** Where the short segments ended. */
	private final List<WalPosition> ends = new ArrayList<>();

	@TempDir
	private Path directory;

	private RestoreFixture fixture;

	private ReplicaWriter writer;

	@BeforeEach
	void writeReplica() throws Exception {
		this.fixture = new RestoreFixture(this.directory);
		this.writer = new ReplicaWriter(this.directory);
		this.writer.noteTimes();
		this.writer.snapshot();
		for (int i = 0; i < 5; i++) {
			this.ends.add(this.writer.commit(COMMIT));
		}
	}

	@AfterEach
	void closeDatabase() throws Exception {
		this.writer.close();
	}

	@Test
	void longSegmentOverShortOnesIsRestored() throws Exception {
		this.writer.segment(this.ends.get(1).offset());
		assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.latest())).isEqualTo(this.writer.bytes());
	}

	@Test
	void whatFollowsOverlappingSegmentsIsRestored() throws Exception {
		this.writer.execute(COMMIT);
		this.writer.segment(this.ends.get(1).offset());
		this.writer.commit(COMMIT);
		this.writer.nextIndex();
		this.writer.commit(COMMIT);
		RestoreReport restored = this.fixture.restore(this.writer.client(), RestoreTarget.latest());
		assertThat(this.fixture.output()).hasBinaryContent(this.writer.bytes());
		assertThat(((WalPosition) restored.position()).index()).isEqualTo(1);
	}

	@Test
	void longSegmentThatReachesIntoAShortOneIsContinuedByIt() throws Exception {
		byte[] wal = Files.readAllBytes(Path.of(this.directory.resolve("source.db") + "-wal"));
		long middle = this.ends.get(3).offset();
		WalPosition start = this.ends.get(1);
		byte[] part = Arrays.copyOfRange(wal, (int) start.offset(), (int) middle);
		this.writer.client()
			.writeWalSegment(start, this.writer.time(), (out) -> out.write(ReplicaWriter.compress(part)));
		// from within what the long one covers, and beyond its end
		this.writer.segment(this.ends.get(2).offset());
		Files.delete(path(segmentAt(this.ends.get(3))));
		assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.latest())).isEqualTo(this.writer.bytes());
	}

	@Test
	void everyOffsetIsRestoredAsWithoutTheOverlap() throws Exception {
		this.writer.segment(this.ends.get(1).offset());
		for (WalPosition end : this.ends) {
			assertThat(this.fixture.bytes(this.writer.client(), RestoreFixture.at(end))).as("%s", end)
				.isEqualTo(this.writer.state(end));
		}
	}

	@Test
	void holeBehindTheLongSegmentIsNamed() throws Exception {
		this.writer.segment(this.ends.get(1).offset());
		this.writer.execute(COMMIT);
		WalPosition end = this.writer.segment(this.ends.get(4).offset());
		this.writer.commit(COMMIT);
		Files.delete(path(segmentAt(this.ends.get(4))));
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> this.fixture.restore(this.writer.client(), RestoreTarget.latest()))
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.DAMAGED))
			.withMessageContaining("_%08x.wal.lz4 is missing", this.ends.get(4).offset());
		assertThat(end.isAfter(this.ends.get(4))).isTrue();
	}

	@Test
	void coveredSegmentOfAnotherHistoryIsDamage() throws Exception {
		for (int damaged = 2; damaged < 5; damaged++) {
			WalSegment segment = segmentAt(this.ends.get(damaged - 1));
			byte[] good = Files.readAllBytes(path(segment));
			byte[] frames;
			try (InputStream in = Lz4.decompress(this.writer.client().openWalSegment(segment))) {
				frames = in.readAllBytes();
			}
			frames[100] ^= 1;
			this.writer.segment(this.ends.get(0).offset());
			Files.write(path(segment), ReplicaWriter.compress(frames));
			assertThatExceptionOfType(RestoreException.class)
				.isThrownBy(() -> this.fixture.restore(this.writer.client(), RestoreTarget.latest()))
				.withMessageContaining(ReplicaLayout.nameOf(segment) + " is damaged")
				.withMessageContaining("does not agree");
			assertThat(this.fixture.names()).isEmpty();
			Files.write(path(segment), good);
		}
		assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.latest())).isEqualTo(this.writer.bytes());
	}

	@Test
	void coveredSegmentThatBeginsWithinAFrameIsDamage() throws Exception {
		this.writer.segment(this.ends.get(1).offset());
		WalSegment segment = segmentAt(this.ends.get(2));
		Path moved = path(segment).resolveSibling("00000000_%08x.wal.lz4".formatted(segment.offset() + 8));
		Files.move(path(segment), moved);
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> this.fixture.restore(this.writer.client(), RestoreTarget.latest()))
			.withMessageContaining("lies within a frame");
	}

	private WalSegment segmentAt(WalPosition start) throws Exception {
		return this.writer.client()
			.walSegments(this.writer.generation())
			.stream()
			.filter((segment) -> segment.start().equals(start))
			.findFirst()
			.orElseThrow();
	}

	private Path path(WalSegment segment) {
		return this.writer.root().resolve(ReplicaLayout.nameOf(segment));
	}

}
