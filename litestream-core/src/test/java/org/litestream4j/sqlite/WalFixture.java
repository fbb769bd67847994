package org.litestream4j.sqlite;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/**
 * Writes a WAL as section 4 of SQLite's file format describes it, in either byte order of
 * the checksums: also those that no SQLite on this machine would write. Shares no code
 * with the reader that it tests. Not thread-safe.
 */
public final class WalFixture {

	private final boolean bigEndian;

	private final int pageSize;

	private final int salt1;

	private final int salt2;

	private final ByteArrayOutputStream out = new ByteArrayOutputStream();

	private int sum1;

	private int sum2;

	/**
	 * Begins a WAL with its header.
	 * @param bigEndian the byte order of the checksums
	 * @param pageSize bytes in a page
	 * @param salt1 the first salt
	 * @param salt2 the second salt
	 */
	public WalFixture(boolean bigEndian, int pageSize, int salt1, int salt2) {
		this.bigEndian = bigEndian;
		this.pageSize = pageSize;
		this.salt1 = salt1;
		this.salt2 = salt2;
		byte[] start = ByteBuffer.allocate(24)
			.putInt(bigEndian ? 0x377f0683 : 0x377f0682)
			.putInt(3007000)
			.putInt(pageSize)
			.putInt(7) // checkpoint sequence
			.putInt(salt1)
			.putInt(salt2)
			.array();
		addToChecksum(start);
		this.out.writeBytes(start);
		this.out.writeBytes(checksum());
	}

	/** A WAL with fixed salts. */
	public static WalFixture of(boolean bigEndian, int pageSize) {
		return new WalFixture(bigEndian, pageSize, 0x01020304, 0x89abcdef);
	}

	/** Adds a frame that does not end its transaction. */
	public WalFixture frame(int pageNumber, byte[] page) {
		return frame(pageNumber, 0, page);
	}

	/** Adds a frame that does not end its transaction, with a page made of the seed. */
	public WalFixture frame(int pageNumber, long seed) {
		return frame(pageNumber, 0, page(seed));
	}

	/** Adds a commit frame, with a page made of the seed. */
	public WalFixture commit(int pageNumber, int databasePages, long seed) {
		return frame(pageNumber, databasePages, page(seed));
	}

	/**
	 * Adds a frame.
	 * @param pageNumber the page's number
	 * @param databasePages the database's size in pages if this frame commits, else 0
	 * @param page the page
	 */
	public WalFixture frame(int pageNumber, int databasePages, byte[] page) {
		if (page.length != this.pageSize) {
			throw new IllegalArgumentException("page has %d bytes".formatted(page.length));
		}
		byte[] start = ByteBuffer.allocate(8).putInt(pageNumber).putInt(databasePages).array();
		addToChecksum(start);
		addToChecksum(page);
		this.out.writeBytes(start);
		this.out.writeBytes(ByteBuffer.allocate(8).putInt(this.salt1).putInt(this.salt2).array());
		this.out.writeBytes(checksum());
		this.out.writeBytes(page);
		return this;
	}

	/** The size so far, in bytes: where the next frame begins. */
	public int size() {
		return this.out.size();
	}

	/** The running checksum so far, the first sum in the upper half. */
	public long runningChecksum() {
		return ((long) this.sum1 << 32) | Integer.toUnsignedLong(this.sum2);
	}

	/** The WAL so far. */
	public byte[] toBytes() {
		return this.out.toByteArray();
	}

	/**
	 * This WAL written over the start of an older, longer one, as SQLite does after a
	 * restart: the older one's frames stay behind the end.
	 */
	public byte[] over(byte[] older) {
		byte[] mine = toBytes();
		byte[] both = Arrays.copyOf(older, Math.max(older.length, mine.length));
		System.arraycopy(mine, 0, both, 0, mine.length);
		return both;
	}

	private byte[] page(long seed) {
		byte[] page = new byte[this.pageSize];
		new Random(seed).nextBytes(page);
		return page;
	}

	private void addToChecksum(byte[] bytes) {
		ByteBuffer words = ByteBuffer.wrap(bytes)
			.order(this.bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
		while (words.hasRemaining()) {
			this.sum1 += words.getInt() + this.sum2;
			this.sum2 += words.getInt() + this.sum1;
		}
	}

	private byte[] checksum() {
		return ByteBuffer.allocate(8).putInt(this.sum1).putInt(this.sum2).array();
	}

}
