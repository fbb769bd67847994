package org.litestream4j.format.v03;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Optional;

import org.litestream4j.format.ObjectCodec;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.sqlite.WalHeader;

/**
 * What one whole segment was found to hold, without keeping it.
 *
 * @param start where it begins
 * @param end where it ends
 * @param note what it says of itself
 * @param digest of its bytes
 */
record SegmentContent(WalPosition start, long end, Optional<ObjectNote> note, Digest digest) {

	/** Bytes as stored of which no fence has more: a note, and a frame of 32 bytes. */
	private static final long MOST_OF_A_FENCE = 128;

	/** Reads a segment to its end. */
	static SegmentContent read(V03Replica client, WalSegment segment) throws DamagedSegmentException, IOException {
		WatchedInput raw = new WatchedInput(client.openWalSegment(segment));
		try (raw) {
			ObjectCodec.Decoder decoder = client.codec().decoder();
			Digest digest = new Digest();
			long length = digest.add(decoder.decode(raw));
			return new SegmentContent(segment.start(), segment.offset() + length, Optional.ofNullable(decoder.note()),
					digest);
		}
		catch (IOException ex) {
			if (raw.failed) {
				throw ex;
			}
			throw new DamagedSegmentException(segment, ex);
		}
	}

	/**
	 * Bytes as stored of an empty segment: a note that names a run, and an empty frame.
	 */
	private static final long EMPTY = ObjectNote.LONGEST + 15;

	/** And of a WAL's header alone, which cannot be compressed, at most. */
	private static final long HEADER = ObjectNote.LONGEST + 51;

	/**
	 * Whether a segment is a fence or a bridge, by its name and size. What has frames and
	 * names its run is larger, however well it is compressed.
	 */
	static boolean isFence(WalSegment segment) {
		return (segment.offset() != 0) ? segment.size() == EMPTY : segment.size() > EMPTY && segment.size() <= HEADER;
	}

	/** Whether a segment may be a fence, whoever stored it: worth a look. */
	static boolean isSmall(WalSegment segment) {
		return segment.size() >= 0 && segment.size() <= MOST_OF_A_FENCE;
	}

	/** Whether it is a fence or a bridge, or otherwise without frames. */
	boolean addsNothing() {
		return this.end == this.start.offset() || (this.start.offset() == 0 && this.end == WalHeader.SIZE);
	}

	/** Where it ends. */
	WalPosition position() {
		return this.start.at(this.end);
	}

	/** Sums up bytes, however they come. Not thread-safe. */
	static final class Digest {

		private final MessageDigest sum;

		private byte[] result = new byte[0];

		Digest() {
			try {
				this.sum = MessageDigest.getInstance("SHA-256");
			}
			catch (NoSuchAlgorithmException ex) {
				throw new IllegalStateException(ex); // every platform has it
			}
		}

		/** Adds all that a stream has, and ends. */
		long add(InputStream in) throws IOException {
			byte[] buffer = new byte[1 << 16];
			long length = 0;
			int read;
			while ((read = in.readNBytes(buffer, 0, buffer.length)) > 0) {
				add(buffer, read);
				length += read;
			}
			end();
			return length;
		}

		void add(byte[] bytes, int length) {
			this.sum.update(bytes, 0, length);
		}

		void end() {
			this.result = this.sum.digest();
		}

		@Override
		public boolean equals(Object other) {
			return other instanceof Digest digest && MessageDigest.isEqual(this.result, digest.result);
		}

		@Override
		public int hashCode() {
			return Arrays.hashCode(this.result);
		}

	}

	/** A segment that does not hold what was stored. */
	static final class DamagedSegmentException extends IOException {

		private static final long serialVersionUID = 1L;

		DamagedSegmentException(WalSegment segment, IOException cause) {
			super("%s is damaged (%s)".formatted(ReplicaLayout.nameOf(segment), cause.getMessage()), cause);
		}

	}

	/** Tells a store that cannot be read from an object that is damaged. */
	private static final class WatchedInput extends FilterInputStream {

		private boolean failed;

		WatchedInput(InputStream in) {
			super(in);
		}

		@Override
		public int read() throws IOException {
			byte[] one = new byte[1];
			return (read(one, 0, 1) < 0) ? -1 : one[0] & 0xff;
		}

		@Override
		public int read(byte[] bytes, int offset, int length) throws IOException {
			try {
				return super.read(bytes, offset, length);
			}
			catch (IOException ex) {
				this.failed = true;
				throw ex;
			}
		}

	}

}
