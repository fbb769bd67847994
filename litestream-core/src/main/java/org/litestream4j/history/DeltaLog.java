package org.litestream4j.history;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.io.Disk;

/**
 * What writing pages changed, as the exclusive or of old and new bytes without the zeros:
 * applied to the old page it gives the new one, and to the new one the old one again. As
 * most writes change little of a page, it takes little. The beginning is kept in memory,
 * and the rest goes to a file. Not thread-safe.
 */
final class DeltaLog implements Closeable {

	/*-
	 * A delta, big-endian:
	 *    0  page number, 4 bytes
	 *    4  bytes that follow, 4 bytes
	 *    8  runs: bytes to skip 2, bytes to change 2, those bytes
	 */

	/** Bytes in a chunk, which no delta crosses. */
	static final int CHUNK = 1 << 20;

	private static final int HEADER = 8;

	private static final int RUN = 4;

	/** Equal bytes between two runs that cost less than another run. */
	private static final int GAP = 4;

	private static final int LONGEST_RUN = 0xffff;

	private final Path file;

	private final Disk disk;

	private final int chunksInMemory;

	/** Those in memory; null once one is in the file. */
	private final List<byte @Nullable []> chunks = new ArrayList<>();

	/** How many bytes of each are used. */
	private final List<Integer> used = new ArrayList<>();

	private Disk.@Nullable DiskFile writing;

	@Nullable private RandomAccessFile reading;

	private byte[] current = new byte[CHUNK];

	private int at;

	/**
	 * Creates an empty log.
	 * @param file where the rest goes; made when it is needed
	 * @param memory bytes that are kept in memory
	 */
	DeltaLog(Path file, Disk disk, long memory) {
		this.file = file;
		this.disk = disk;
		this.chunksInMemory = (int) Math.max(1, memory / CHUNK);
	}

	/** A place in the log. */
	record Place(int chunk, int offset) {
	}

	/** Is shown deltas. */
	interface Visitor {

		/**
		 * A page changes.
		 * @param page its number
		 * @param runs holds the runs
		 * @param offset where they begin
		 * @param length how long they are
		 */
		void delta(long page, byte[] runs, int offset, int length) throws IOException;

	}

	/** Where the next delta goes. */
	Place end() {
		return new Place(this.chunks.size(), this.at);
	}

	/**
	 * Forgets what was added at a place and after it, which must be in the last chunk.
	 */
	boolean cutTo(Place place) {
		boolean here = place.chunk() == this.chunks.size();
		this.at = here ? place.offset() : this.at;
		return here;
	}

	/** Adds the difference of two pages. */
	void add(long page, byte[] before, byte[] after, int afterOffset, int length) throws IOException {
		int most = HEADER + length + RUN * (length / (GAP + 1) + 2);
		if (this.at + most > CHUNK) {
			endChunk();
		}
		int begin = this.at;
		int out = begin + HEADER;
		int i = 0;
		int last = 0;
		while (i < length) {
			if (before[i] == after[afterOffset + i]) {
				i++;
				continue;
			}
			int end = endOfRun(before, after, afterOffset, i, length);
			int skip = i - last;
			putShort(out, skip);
			putShort(out + 2, end - i);
			out += RUN;
			for (; i < end; i++) {
				this.current[out++] = (byte) (before[i] ^ after[afterOffset + i]);
			}
			last = end;
		}
		ByteBuffer.wrap(this.current).putInt(begin, (int) page).putInt(begin + 4, out - begin - HEADER);
		this.at = out;
	}

	private static int endOfRun(byte[] before, byte[] after, int afterOffset, int begin, int length) {
		int end = begin + 1;
		int most = Math.min(length, begin + LONGEST_RUN);
		for (int i = end; i < most && i - end < GAP; i++) {
			if (before[i] != after[afterOffset + i]) {
				end = i + 1;
			}
		}
		return end;
	}

	private void putShort(int offset, int value) {
		this.current[offset] = (byte) (value >>> 8);
		this.current[offset + 1] = (byte) value;
	}

	/** Changes a page as runs say. */
	static void apply(byte[] page, byte[] runs, int offset, int length) {
		int at = 0;
		int in = offset;
		while (in < offset + length) {
			at += (runs[in] & 0xff) << 8 | (runs[in + 1] & 0xff);
			int count = (runs[in + 2] & 0xff) << 8 | (runs[in + 3] & 0xff);
			in += RUN;
			for (int i = 0; i < count; i++) {
				page[at++] ^= runs[in++];
			}
		}
	}

	private void endChunk() throws IOException {
		this.used.add(this.at);
		if (this.chunks.size() < this.chunksInMemory) {
			this.chunks.add(this.current);
			this.current = new byte[CHUNK];
		}
		else {
			Disk.DiskFile out = this.writing;
			if (out == null) {
				out = this.disk.create(this.file);
				this.writing = out;
				this.reading = new RandomAccessFile(this.file.toFile(), "r");
			}
			out.write(position(this.chunks.size()), this.current, 0, this.at);
			this.chunks.add(null);
		}
		this.at = 0;
	}

	private long position(int chunk) {
		return (long) (chunk - this.chunksInMemory) * CHUNK;
	}

	/** Shows the deltas from a place up to another. */
	void visit(Place from, Place to, Visitor visitor) throws IOException {
		byte[] buffer = new byte[0];
		for (int chunk = from.chunk(); chunk <= to.chunk(); chunk++) {
			boolean last = chunk == this.chunks.size();
			int end = (chunk == to.chunk()) ? to.offset() : last ? this.at : this.used.get(chunk);
			int begin = (chunk == from.chunk()) ? from.offset() : 0;
			byte[] bytes = last ? this.current : this.chunks.get(chunk);
			RandomAccessFile in = this.reading;
			if (bytes == null && in != null && begin < end) {
				buffer = (buffer.length == 0) ? new byte[CHUNK] : buffer;
				in.seek(position(chunk) + begin);
				in.readFully(buffer, begin, end - begin);
				bytes = buffer;
			}
			ByteBuffer fields = ByteBuffer.wrap((bytes != null) ? bytes : buffer);
			while (begin < end && bytes != null) {
				int length = fields.getInt(begin + 4);
				visitor.delta(Integer.toUnsignedLong(fields.getInt(begin)), bytes, begin + HEADER, length);
				begin += HEADER + length;
			}
		}
	}

	/** Whether some of it is in the file. */
	boolean isSpilt() {
		return this.writing != null;
	}

	@Override
	public void close() throws IOException {
		Disk.DiskFile out = this.writing;
		RandomAccessFile in = this.reading;
		this.writing = null;
		this.reading = null;
		try {
			if (in != null) {
				in.close();
			}
		}
		finally {
			if (out != null) {
				out.close();
			}
		}
	}

}
