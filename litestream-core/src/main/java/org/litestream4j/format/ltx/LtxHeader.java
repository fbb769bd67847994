package org.litestream4j.format.ltx;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.TransactionId;
import org.litestream4j.sqlite.LockBytes;

/**
 * What an LTX file says of itself before its pages. Immutable.
 *
 * @param pageSize of the database in bytes: a power of two from 512 to 65536
 * @param pages that the database has after the transactions, 0 to 2<sup>31</sup>-1; where
 * it is 0, nothing is left of it
 * @param minTxid the first transaction in it, from 1. A file that begins with the first
 * of all holds every page
 * @param maxTxid the last transaction in it, not before the first
 * @param timestamp when that was committed, in ms since 1970
 * @param walOffset where in the WAL of its salts the frames begin that its pages were
 * taken from, in bytes; 0 if they are not of one WAL
 * @param walSize bytes of these frames; 0 if there are none
 * @param salt1 the first salt of that WAL; 0 if it is of none
 * @param salt2 the second salt of that WAL; 0 if it is of none
 * @param nodeId names who wrote it; 0 where it does not say
 * @param origin where in its writer's local WAL it belongs; null where it does not say
 */
public record LtxHeader(int pageSize, int pages, long minTxid, long maxTxid, long timestamp, long walOffset,
		long walSize, int salt1, int salt2, long nodeId, @Nullable LtxOrigin origin) {

	/*-
	 * Big-endian:
	 *    0  "LTX1"
	 *    4  flags                          2: no checksum of the database is kept
	 *    8  page size
	 *   12  pages of the database
	 *   16  first transaction, 24  last    8 bytes each
	 *   32  ms since 1970                  8 bytes
	 *   40  checksum of the database       8 bytes; as it was before, without that flag
	 *   48  offset, 56  size in the WAL    8 bytes each
	 *   64  salt 1, 68  salt 2
	 *   72  node                           8 bytes
	 *   80  zeros, or the origin         20 bytes
	 */

	/** Bytes of a header. */
	public static final int SIZE = 100;

	private static final int MAGIC = ByteBuffer.wrap("LTX1".getBytes(StandardCharsets.US_ASCII)).getInt();

	private static final int NO_CHECKSUM = 2;

	/**
	 * Creates a header.
	 * @throws IllegalArgumentException if a value is out of its range
	 */
	public LtxHeader {
		String problem = problem(pageSize, pages, minTxid, maxTxid, walOffset, walSize, salt1, salt2);
		if (problem != null) {
			throw new IllegalArgumentException(problem);
		}
	}

	/**
	 * A header without a place in a WAL.
	 * @param pageSize of the database in bytes
	 * @param pages that the database has after the transactions
	 * @param minTxid the first transaction
	 * @param maxTxid the last transaction
	 * @param timestamp when that was committed, in ms since 1970
	 */
	public LtxHeader(int pageSize, int pages, long minTxid, long maxTxid, long timestamp) {
		this(pageSize, pages, minTxid, maxTxid, timestamp, 0, 0, 0, 0, 0, null);
	}

	/**
	 * A header that does not say where it belongs.
	 * @param pageSize of the database in bytes
	 * @param pages that the database has after the transactions
	 * @param minTxid the first transaction
	 * @param maxTxid the last transaction
	 * @param timestamp when that was committed, in ms since 1970
	 * @param walOffset where in the WAL its frames begin
	 * @param walSize bytes of these frames
	 * @param salt1 the first salt of that WAL
	 * @param salt2 the second salt of that WAL
	 * @param nodeId names who wrote it
	 */
	public LtxHeader(int pageSize, int pages, long minTxid, long maxTxid, long timestamp, long walOffset, long walSize,
			int salt1, int salt2, long nodeId) {
		this(pageSize, pages, minTxid, maxTxid, timestamp, walOffset, walSize, salt1, salt2, nodeId, null);
	}

	private static @Nullable String problem(int pageSize, int pages, long minTxid, long maxTxid, long walOffset,
			long walSize, int salt1, int salt2) {
		if (pageSize < 512 || pageSize > 65536 || Integer.bitCount(pageSize) != 1) {
			return "page size %d: a power of two from 512 to 65536 is expected".formatted(pageSize);
		}
		if (pages < 0) {
			return "%d pages: 0 to 2147483647 are expected".formatted(Integer.toUnsignedLong(pages));
		}
		if (minTxid < 1 || maxTxid < minTxid) {
			return "transactions %d to %d: 1 or more, in ascending order, are expected".formatted(minTxid, maxTxid);
		}
		boolean ofWal = walSize != 0 || salt1 != 0 || salt2 != 0;
		if (walOffset < 0 || walSize < 0 || (walOffset == 0 && ofWal)) {
			return "%d bytes of a WAL from %d on: an offset is expected where there are any".formatted(walSize,
					walOffset);
		}
		return null;
	}

	/**
	 * {@return whether both say who wrote them, and that is the same run in the same
	 * epoch}
	 * @param other the header of another file
	 */
	boolean isOfSameRun(LtxHeader other) {
		return this.origin != null && other.origin != null && this.nodeId != 0 && this.nodeId == other.nodeId
				&& this.origin.epoch() == other.origin.epoch();
	}

	/**
	 * {@return the header of what this and all since an earlier transaction become as one
	 * file: it ends where this ends, and says so if this does}
	 * @param earlier the first transaction
	 */
	LtxHeader since(long earlier) {
		return (this.origin != null)
				? new LtxHeader(this.pageSize, this.pages, earlier, this.maxTxid, this.timestamp, this.walOffset,
						this.walSize, this.salt1, this.salt2, this.nodeId, this.origin)
				: new LtxHeader(this.pageSize, this.pages, earlier, this.maxTxid, this.timestamp);
	}

	/**
	 * {@return whether it holds every page of the database}
	 */
	public boolean isWhole() {
		return this.minTxid == 1;
	}

	/**
	 * {@return when the last transaction was committed}
	 */
	public Instant time() {
		return Instant.ofEpochMilli(this.timestamp);
	}

	/**
	 * {@return the page that no file holds, as SQLite locks its bytes: the one at 1 GiB}
	 */
	public int lockPage() {
		return (int) (LockBytes.FIRST / this.pageSize) + 1;
	}

	/**
	 * Requires that a file holds what its name says.
	 * @throws LtxDamagedException if it does not
	 */
	void requireNamed(LtxFile file) throws LtxDamagedException {
		if (this.minTxid != file.minTxid() || this.maxTxid != file.maxTxid()) {
			throw new LtxDamagedException("it holds the transactions %s to %s, which is not what its name says"
				.formatted(new TransactionId(this.minTxid), new TransactionId(this.maxTxid)));
		}
	}

	/**
	 * Requires that a file holds the pages that a database gains.
	 * @param before how many it had
	 * @param added how many of those behind them the file has
	 * @throws LtxDamagedException if it does not
	 */
	void requireGrowth(int before, long added) throws LtxDamagedException {
		int lockPage = (lockPage() > before && lockPage() <= this.pages) ? 1 : 0;
		if (this.pages > before && added != this.pages - before - lockPage) {
			throw new LtxDamagedException("the database grows from %d to %d pages, and it holds %d of them"
				.formatted(before, this.pages, added));
		}
	}

	/**
	 * {@return the header's bytes}
	 */
	public byte[] encode() {
		ByteBuffer bytes = ByteBuffer.allocate(SIZE);
		bytes.putInt(MAGIC).putInt(NO_CHECKSUM).putInt(this.pageSize).putInt(this.pages);
		bytes.putLong(this.minTxid).putLong(this.maxTxid).putLong(this.timestamp).putLong(0);
		bytes.putLong(this.walOffset).putLong(this.walSize).putInt(this.salt1).putInt(this.salt2);
		bytes.putLong(this.nodeId);
		if (this.origin != null) {
			this.origin.put(bytes);
		}
		return bytes.array();
	}

	/**
	 * Reads a header.
	 * @param encoded what a file begins with; {@link #SIZE} bytes of it are read
	 * @return the header
	 * @throws LtxDamagedException if it is none
	 */
	public static LtxHeader parse(byte[] encoded) throws LtxDamagedException {
		if (encoded.length < SIZE) {
			throw new LtxDamagedException("it ends within its header, after %d bytes".formatted(encoded.length));
		}
		ByteBuffer bytes = ByteBuffer.wrap(encoded);
		if (bytes.getInt() != MAGIC) {
			throw new LtxDamagedException("it does not begin as an LTX file of format 1 does");
		}
		int flags = bytes.getInt();
		if ((flags & ~NO_CHECKSUM) != 0) {
			throw new LtxDamagedException("its header has the flags 0x%x, of which only 0x2 is known".formatted(flags));
		}
		int pageSize = bytes.getInt();
		int pages = bytes.getInt();
		long minTxid = bytes.getLong();
		long maxTxid = bytes.getLong();
		long timestamp = bytes.getLong();
		bytes.getLong();
		try {
			return new LtxHeader(pageSize, pages, minTxid, maxTxid, timestamp, bytes.getLong(), bytes.getLong(),
					bytes.getInt(), bytes.getInt(), bytes.getLong(), LtxOrigin.parse(bytes));
		}
		catch (IllegalArgumentException ex) {
			throw new LtxDamagedException("its header says " + ex.getMessage(), ex);
		}
	}

}
