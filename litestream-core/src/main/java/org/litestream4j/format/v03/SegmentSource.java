package org.litestream4j.format.v03;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ObjectCodec;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.WalPosition;
import org.litestream4j.live.ShadowWal;
import org.litestream4j.replication.LocalCopyException;

/**
 * A piece of the shadow WAL, to be a segment's content.
 *
 * @param shadow the shadow WAL
 * @param start where the piece begins
 * @param end where it ends in the same index: behind a commit frame
 */
public record SegmentSource(ShadowWal shadow, WalPosition start, long end) {

	/** A segment larger than this is cut after a commit, to catch up in steps. */
	private static final long LARGE = 64L << 20;

	/**
	 * The next segment of an index.
	 * @param available where the index ends, after a commit frame
	 */
	public static SegmentSource next(ShadowWal shadow, WalPosition start, long available) throws IOException {
		return next(shadow, start, available, LARGE);
	}

	public static SegmentSource next(ShadowWal shadow, WalPosition start, long available, long large)
			throws IOException {
		long end = LocalCopyException.wrap(start, () -> shadow.cut(start, available, large));
		return new SegmentSource(shadow, start, end);
	}

	/** Bytes in it. */
	public long length() {
		return this.end - this.start.offset();
	}

	/**
	 * Writes the segment.
	 * @param note what it says of itself, or null
	 */
	public void writeTo(OutputStream out, ObjectCodec codec, @Nullable ObjectNote note) throws IOException {
		try (RandomAccessFile file = LocalCopyException.wrap(this.start,
				() -> this.shadow.openIndex(this.start.generation(), this.start.index()));
				OutputStream compressed = codec.encode(out, note, length())) {
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

}
