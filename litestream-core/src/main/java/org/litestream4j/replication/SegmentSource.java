package org.litestream4j.replication;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;

import org.litestream4j.format.Lz4;
import org.litestream4j.format.WalPosition;
import org.litestream4j.replica.ObjectContent;
import org.litestream4j.shadow.ShadowWal;
import org.litestream4j.wal.WalFrame;
import org.litestream4j.wal.WalHeader;

/**
 * A piece of the shadow WAL as a segment's content.
 *
 * @param shadow the shadow WAL
 * @param start where the piece begins
 * @param end where it ends in the same index: behind a commit frame
 */
record SegmentSource(ShadowWal shadow, WalPosition start, long end) implements ObjectContent {

	/** A segment larger than this is cut behind a commit, to catch up in steps. */
	private static final long LARGE = 64L << 20;

	/**
	 * The next segment of an index.
	 * @param available where the index ends, behind a commit frame
	 */
	static SegmentSource next(ShadowWal shadow, WalPosition start, long available) throws IOException {
		return next(shadow, start, available, LARGE);
	}

	static SegmentSource next(ShadowWal shadow, WalPosition start, long available, long large) throws IOException {
		long end = (available - start.offset() <= large) ? available
				: firstCommitAfter(shadow, start, start.offset() + large, available);
		return new SegmentSource(shadow, start, end);
	}

	private static long firstCommitAfter(ShadowWal shadow, WalPosition start, long wanted, long available)
			throws IOException {
		try (RandomAccessFile file = LocalCopyException.wrap(start,
				() -> shadow.openIndex(start.generation(), start.index()))) {
			byte[] bytes = new byte[WalHeader.SIZE];
			file.readFully(bytes);
			int frameSize = WalHeader.parse(bytes, start.toString()).frameSize();
			long frame = WalHeader.SIZE + (wanted - WalHeader.SIZE) / frameSize * frameSize;
			while (frame < available) {
				file.seek(frame);
				file.readFully(bytes, 0, WalFrame.HEADER_SIZE);
				frame += frameSize;
				if (WalFrame.databasePages(bytes, 0) != 0) {
					return frame;
				}
			}
			return available;
		}
	}

	long length() {
		return this.end - this.start.offset();
	}

	@Override
	public void writeTo(OutputStream out) throws IOException {
		try (RandomAccessFile file = LocalCopyException.wrap(this.start,
				() -> this.shadow.openIndex(this.start.generation(), this.start.index()));
				OutputStream compressed = Lz4.compress(new Unclosed(out), length())) {
			byte[] buffer = new byte[(int) Math.min(1 << 18, length())];
			file.seek(this.start.offset());
			for (long left = length(); left > 0;) {
				int count = (int) Math.min(buffer.length, left);
				LocalCopyException.wrap(this.start, () -> {
					file.readFully(buffer, 0, count);
					return null;
				});
				compressed.write(buffer, 0, count);
				left -= count;
			}
		}
	}

	/**
	 * Closing the compressor ends its frame; the object's stream is the store's to close.
	 */
	static final class Unclosed extends java.io.FilterOutputStream {

		Unclosed(OutputStream out) {
			super(out);
		}

		@Override
		public void write(byte[] bytes, int offset, int length) throws IOException {
			this.out.write(bytes, offset, length);
		}

		@Override
		public void close() throws IOException {
			flush();
		}

	}

}
