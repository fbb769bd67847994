package org.litestream4j.format.ltx;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

import org.litestream4j.format.Lz4;

/**
 * Reads an LTX file from its beginning to its end, in constant memory: of the index only
 * a checksum is kept. Files whose pages are LZ4 frames without a size before them, as
 * early versions of Litestream v0.5 wrote them, are read as well. Not thread-safe.
 */
public final class LtxReader implements Closeable {

	private static final VarHandle SHORTS = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

	private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

	private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

	/** Bytes of a page's header before the size. */
	private static final int NUMBER_AND_FLAGS = 6;

	private static final int BUFFER = 16 << 10;

	private final InputStream in;

	private final LtxHeader header;

	private final Crc64 checksum = new Crc64();

	/** Of the index as it has to be. */
	private final Crc64 expectedIndex = new Crc64();

	private final byte[] entry = new byte[PageIndex.LONGEST_ENTRY];

	private long expectedIndexSize;

	/**
	 * Whether a page was a frame. Such files were written before the index had an order.
	 */
	private boolean frames;

	private byte[] buffer = new byte[BUFFER];

	/** What of the buffer is not used yet. */
	private int at;

	private int end;

	/** Where in the file the buffer ends. */
	private long read;

	/**
	 * The number of the page that comes next; 0 at the end, -1 if it was not read yet.
	 */
	private int peeked = -1;

	private boolean sized;

	private int last;

	/**
	 * Begins with a file.
	 * @param in the file from its beginning
	 * @throws LtxDamagedException if it does not begin as a file does
	 * @throws IOException if it cannot be read
	 */
	public LtxReader(InputStream in) throws IOException {
		this.in = in;
		fill(LtxHeader.SIZE, "its header");
		byte[] bytes = new byte[LtxHeader.SIZE];
		System.arraycopy(this.buffer, this.at, bytes, 0, bytes.length);
		this.header = LtxHeader.parse(bytes);
		take(LtxHeader.SIZE);
	}

	/**
	 * {@return what the file says of itself; not verified before its end}
	 */
	public LtxHeader header() {
		return this.header;
	}

	/**
	 * Reads the next page.
	 * @param page gets it; of at least the page size
	 * @return its number, which is more than the one before; 0 at the end: by then all of
	 * the file was read and verified
	 * @throws LtxDamagedException if the file is damaged
	 * @throws IOException if it cannot be read
	 */
	public int next(byte[] page) throws IOException {
		int number = peek();
		if (number != 0) {
			read(page, 0);
		}
		return number;
	}

	/**
	 * Says which page comes next.
	 * @return as {@link #next(byte[])}
	 */
	int peek() throws IOException {
		if (this.peeked < 0) {
			this.peeked = readNumber();
			if (this.peeked == 0) {
				readEnd();
			}
		}
		return this.peeked;
	}

	private int readNumber() throws IOException {
		fill(NUMBER_AND_FLAGS, "its pages");
		int number = (int) INTS.get(this.buffer, this.at);
		int flags = (short) SHORTS.get(this.buffer, this.at + Integer.BYTES);
		if (number == 0 && flags == 0) {
			take(NUMBER_AND_FLAGS);
			return 0;
		}
		if ((flags & ~LtxWriter.SIZED) != 0) {
			throw damaged("unknown flags 0x%x of a page".formatted(flags & 0xffff));
		}
		String problem = LtxOrder.problem(this.header, this.last, number);
		if (problem != null) {
			throw damaged(problem);
		}
		this.sized = flags != 0;
		return number;
	}

	/**
	 * Reads the page that {@link #peek()} named.
	 * @param offset where in the buffer it goes
	 */
	void read(byte[] page, int offset) throws IOException {
		int number = this.peeked;
		long begin = position();
		int size;
		if (this.sized) {
			size = readBlock(page, offset);
		}
		else {
			this.frames = true;
			take(NUMBER_AND_FLAGS);
			size = readFrame(page, offset);
		}
		if (size != this.header.pageSize()) {
			throw damaged("page %d has %d bytes".formatted(number, size));
		}
		this.checksum.update(page, offset, size);
		int length = PageIndex.put(this.entry, 0, number, begin, position() - begin);
		this.expectedIndex.update(this.entry, 0, length);
		this.expectedIndexSize += length;
		this.last = number;
		this.peeked = -1;
	}

	private int readBlock(byte[] page, int offset) throws IOException {
		fill(LtxWriter.PAGE_HEADER, "a page");
		int length = (int) INTS.get(this.buffer, this.at + NUMBER_AND_FLAGS);
		if (length < 1 || length > Lz4.longestBlock(this.header.pageSize())) {
			throw damaged("a page that is compressed to %d bytes".formatted(Integer.toUnsignedLong(length)));
		}
		take(LtxWriter.PAGE_HEADER);
		return decompress(length, page, offset);
	}

	private int decompress(int length, byte[] page, int offset) throws IOException {
		fill(length, "a page");
		try {
			int size = Lz4.decompressBlock(this.buffer, this.at, length, page, offset);
			skip(length);
			return size;
		}
		catch (LtxDamagedException ex) {
			throw ex;
		}
		catch (IOException ex) {
			throw new LtxDamagedException("page %d at byte %d: %s".formatted(this.peeked, position(), ex.getMessage()),
					ex);
		}
	}

	/*-
	 * LZ4 frame, little-endian:
	 *   0  magic   4  flags   5  block size   6  content size (8, if flag 0x08)
	 *   dictionary (4, if 0x01)   checksum of the header (1)
	 *   blocks: size (bit 31: not compressed), bytes, checksum (4, if 0x10); 0 ends them
	 *   checksum of the content (4, if 0x04)
	 */
	private int readFrame(byte[] page, int offset) throws IOException {
		fill(7, "a page");
		int flags = this.buffer[this.at + 4];
		if (littleEndian() != 0x184d2204 || (flags & 0xc0) != 0x40) {
			throw damaged("page %d is no LZ4 frame".formatted(this.peeked));
		}
		int more = (((flags & 8) != 0) ? 8 : 0) + (flags & 1) * 4;
		fill(7 + more, "a page");
		skip(7 + more);
		int size = 0;
		for (int length = blockLength(); length != 0; length = blockLength()) {
			if ((length & 0x7fff_ffff) > Lz4.longestBlock(this.header.pageSize())) {
				throw damaged("page %d has a block of %d bytes".formatted(this.peeked, length & 0x7fff_ffff));
			}
			size += (length > 0) ? decompress(length, page, offset + size)
					: copy(length & 0x7fff_ffff, page, offset + size, this.header.pageSize() - size);
			if ((flags & 0x10) != 0) {
				fill(4, "a page");
				skip(4);
			}
		}
		if ((flags & 4) != 0) {
			fill(4, "a page");
			skip(4);
		}
		return size;
	}

	private int copy(int length, byte[] page, int offset, int room) throws IOException {
		if (length > room) {
			throw damaged("page %d is longer than a page".formatted(this.peeked));
		}
		fill(length, "a page");
		System.arraycopy(this.buffer, this.at, page, offset, length);
		skip(length);
		return length;
	}

	private int blockLength() throws IOException {
		fill(4, "a page");
		int length = littleEndian();
		skip(4);
		return length;
	}

	private int littleEndian() {
		return Integer.reverseBytes((int) INTS.get(this.buffer, this.at));
	}

	private void readEnd() throws IOException {
		String problem = LtxOrder.problemAtEnd(this.header, this.last);
		if (problem != null) {
			throw damaged(problem);
		}
		Crc64 index = new Crc64();
		long begin = position();
		boolean zero = readIndex(index);
		long size = position() - begin;
		if (!zero || (!this.frames && (size != this.expectedIndexSize + 1 || !isExpected(index)))) {
			throw damaged("its index names other pages than it has");
		}
		fill(Long.BYTES + LtxWriter.TRAILER, "its trailer");
		if ((long) LONGS.get(this.buffer, this.at) != size) {
			throw damaged("its index has another size than it says");
		}
		take(Long.BYTES);
		take(Long.BYTES); // a checksum of the database, where its writer keeps one
		long stored = (long) LONGS.get(this.buffer, this.at);
		if (stored != (LtxWriter.CHECKSUM_FLAG | this.checksum.value())) {
			throw damaged("its checksum does not match what it holds");
		}
		skip(Long.BYTES);
		if (this.at < this.end || this.in.read() >= 0) {
			throw damaged("it goes on after its end");
		}
	}

	/**
	 * Reads entries up to the zero that ends them: three varints each.
	 * @return whether they are whole
	 */
	private boolean readIndex(Crc64 index) throws IOException {
		while (true) {
			for (int varint = 0; varint < 3; varint++) {
				int length = varintLength();
				if (varint == 0 && length == 1 && this.buffer[this.at] == 0) {
					take(1);
					return true;
				}
				index.update(this.buffer, this.at, length);
				take(length);
			}
		}
	}

	private int varintLength() throws IOException {
		for (int length = 1; length <= 10; length++) {
			fill(length, "its index");
			if (this.buffer[this.at + length - 1] >= 0) {
				return length;
			}
		}
		throw damaged("its index has a number that is too long");
	}

	private boolean isExpected(Crc64 index) {
		return index.value() == this.expectedIndex.value();
	}

	/** Where in the file the next byte is. */
	private long position() {
		return this.read - (this.end - this.at);
	}

	/** Uses bytes that the file's checksum is of. */
	private void take(int length) {
		this.checksum.update(this.buffer, this.at, length);
		skip(length);
	}

	private void skip(int length) {
		this.at += length;
	}

	/** Has at least so many bytes in the buffer. */
	private void fill(int length, String what) throws IOException {
		if (this.end - this.at >= length) {
			return;
		}
		byte[] old = this.buffer;
		if (length > old.length) {
			this.buffer = new byte[Math.max(length, Lz4.longestBlock(this.header.pageSize()))];
		}
		System.arraycopy(old, this.at, this.buffer, 0, this.end - this.at);
		this.end -= this.at;
		this.at = 0;
		while (this.end < length) {
			int count = this.in.read(this.buffer, this.end, this.buffer.length - this.end);
			if (count < 0) {
				throw new LtxDamagedException("it ends within %s, after %d bytes".formatted(what, this.read));
			}
			this.end += count;
			this.read += count;
		}
	}

	private LtxDamagedException damaged(String message) {
		return new LtxDamagedException("%s (before byte %d)".formatted(message, position()));
	}

	@Override
	public void close() throws IOException {
		this.in.close();
	}

}
