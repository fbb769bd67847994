package org.litestream4j.format.ltx;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

import org.litestream4j.format.Lz4;

/**
 * Writes an LTX file, byte by byte as Litestream v0.5 lays it out. Beside a few buffers
 * the index is held in memory: about nine bytes for each page that is written. Nothing is
 * buffered beyond a page. Not thread-safe.
 */
public final class LtxWriter {

	/*-
	 * Big-endian, after the header:
	 *   page: 0  its number   4  flags (2): 1, its size follows   6  size   10  LZ4 block
	 *   six zero bytes
	 *   index, and its size in 8 bytes
	 *   0 in 8 bytes: a checksum of the database, which is not kept
	 *   checksum: CRC-64 of all before, with pages as they were before compression;
	 *   bit 63 set
	 */

	/** Bytes before a compressed page. */
	static final int PAGE_HEADER = 10;

	/** Bytes that end the pages. */
	static final int END = 6;

	/** Says that the size of a block stands before it. */
	static final int SIZED = 1;

	/** Bytes of both checksums. */
	static final int TRAILER = 16;

	/** What a checksum always has, so that none is 0. */
	static final long CHECKSUM_FLAG = 1L << 63;

	private final OutputStream out;

	private final LtxHeader header;

	private final Crc64 checksum = new Crc64();

	private final byte[] block;

	private final byte[] pageHeader = new byte[PAGE_HEADER];

	private byte[] index = new byte[1024];

	private int indexSize;

	private long written;

	private int last;

	private boolean finished;

	/**
	 * Begins a file.
	 * @param out where it goes; it is written in pieces of about a page, and neither
	 * flushed nor closed
	 * @param header what the file says of itself
	 * @throws IOException if it cannot be written
	 */
	public LtxWriter(OutputStream out, LtxHeader header) throws IOException {
		this.out = out;
		this.header = header;
		this.block = new byte[Lz4.longestBlock(header.pageSize())];
		writeSummed(header.encode());
	}

	/**
	 * Writes a page.
	 * @param number from 1, after that of the page before, at most the header's
	 * {@linkplain LtxHeader#pages() pages}; in a {@linkplain LtxHeader#isWhole() whole}
	 * file the very next one; never the {@linkplain LtxHeader#lockPage() lock page}
	 * @param data holds the page
	 * @param offset where in it the page begins
	 * @throws IOException if it cannot be written
	 * @throws IllegalArgumentException if the number is not one that may follow
	 */
	public void page(int number, byte[] data, int offset) throws IOException {
		requireFollows(number);
		int pageSize = this.header.pageSize();
		int size = Lz4.compressBlock(data, offset, pageSize, this.block);
		ByteBuffer.wrap(this.pageHeader).putInt(number).putShort((short) SIZED).putInt(size);
		if (this.index.length - this.indexSize < PageIndex.LONGEST_ENTRY) {
			this.index = Arrays.copyOf(this.index, this.index.length * 2);
		}
		this.indexSize = PageIndex.put(this.index, this.indexSize, number, this.written, PAGE_HEADER + size);
		writeSummed(this.pageHeader);
		this.out.write(this.block, 0, size);
		this.checksum.update(data, offset, pageSize);
		this.written += size;
		this.last = number;
	}

	private void requireFollows(int number) {
		String problem = LtxOrder.problem(this.header, this.last, number);
		if (this.finished || problem != null) {
			throw new IllegalArgumentException((problem != null) ? problem : "the file is finished");
		}
	}

	/**
	 * Ends the file.
	 * @return bytes of the file
	 * @throws IOException if it cannot be written
	 * @throws IllegalStateException if it must hold every page and does not
	 */
	public long finish() throws IOException {
		String problem = LtxOrder.problemAtEnd(this.header, this.last);
		if (this.finished || problem != null) {
			throw new IllegalStateException((problem != null) ? problem : "the file is finished");
		}
		this.finished = true;
		writeSummed(new byte[END]);
		int size = this.indexSize + 1; // and a zero, which no page has as its number
		writeSummed(Arrays.copyOf(this.index, size));
		writeSummed(ByteBuffer.allocate(Long.BYTES).putLong(size).array());
		writeSummed(new byte[Long.BYTES]);
		this.out.write(ByteBuffer.allocate(Long.BYTES).putLong(CHECKSUM_FLAG | this.checksum.value()).array());
		return this.written + Long.BYTES;
	}

	private void writeSummed(byte[] bytes) throws IOException {
		this.out.write(bytes);
		this.checksum.update(bytes, 0, bytes.length);
		this.written += bytes.length;
	}

}
