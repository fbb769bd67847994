package org.litestream4j.restore;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Lz4;
import org.litestream4j.format.v03.ReplicaLayout;
import org.litestream4j.format.WalPosition;
import org.litestream4j.sqlite.WalChecksum;
import org.litestream4j.sqlite.WalFrame;
import org.litestream4j.sqlite.WalHeader;

import static org.assertj.core.api.Assertions.assertThat;

/** A transaction of more than 4 GiB, as Litestream v0.3.13 stores it: in one segment. */
class LargeIndexIT {

	private static final int PAGE_SIZE = 65536;

	/** Frames behind which the WAL is larger than 4 GiB. */
	private static final int FRAMES = 65_600;

	@TempDir
	private Path directory;

	private long checksum;

	@Test
	void indexBeyondFourGigabytesIsRestored() throws Exception {
		try (ReplicaWriter writer = new ReplicaWriter(this.directory, "page_size=" + PAGE_SIZE)) {
			writer.snapshot();
			int pages = writer.bytes().length / PAGE_SIZE;
			WalHeader draft = new WalHeader(false, PAGE_SIZE, 0, 0x1122_3344_5566_7788L, 0);
			this.checksum = WalChecksum.update(false, 0, draft.toBytes(), 0, 24);
			WalHeader header = new WalHeader(false, PAGE_SIZE, 0, draft.salts(), this.checksum);
			WalPosition start = new WalPosition(writer.generation(), 0, 0);
			WalPosition next = start.at(header.endOf(FRAMES));
			assertThat(next.offset()).isGreaterThan(WalPosition.MAX_OFFSET);
			store(writer.root(), start, header, FRAMES, pages);
			store(writer.root(), next, header, 1, pages);
			RestoreFixture fixture = new RestoreFixture(this.directory);
			RestoreReport restored = fixture.restore(writer.client(), RestoreTarget.latest());
			assertThat(restored.segments()).isEqualTo(2);
			assertThat(restored.position()).isEqualTo(start.at(header.endOf(FRAMES + 1)));
			byte[] bytes = Files.readAllBytes(fixture.output());
			assertThat(bytes).hasSize(pages * PAGE_SIZE);
			assertThat(bytes[PAGE_SIZE]).as("the newest version of page 2").isEqualTo((byte) 1);
		}
	}

	/** Frames of page 2 that say how many are in their segment; the last one commits. */
	private void store(Path root, WalPosition start, WalHeader header, int frames, int databasePages)
			throws IOException {
		Path file = root.resolve(ReplicaLayout.segmentName(start));
		Files.createDirectories(file.getParent());
		byte[] frame = new byte[header.frameSize()];
		frame[WalFrame.HEADER_SIZE] = (byte) frames;
		try (OutputStream out = Lz4.compress(new BufferedOutputStream(Files.newOutputStream(file)), 1L << 32)) {
			if (start.offset() == 0) {
				out.write(header.toBytes());
			}
			for (int i = 1; i <= frames; i++) {
				ByteBuffer buffer = ByteBuffer.wrap(frame);
				buffer.putInt(2).putInt((i == frames) ? databasePages : 0).putLong(header.salts());
				this.checksum = WalChecksum.update(false, this.checksum, frame, 0, 8);
				this.checksum = WalChecksum.update(false, this.checksum, frame, WalFrame.HEADER_SIZE, PAGE_SIZE);
				buffer.putLong(this.checksum);
				out.write(frame);
			}
		}
	}

}
