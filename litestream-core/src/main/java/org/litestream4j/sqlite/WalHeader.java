package org.litestream4j.sqlite;

import java.nio.ByteBuffer;

/**
 * The header of a WAL. Two equal headers are the same WAL: every restart of the WAL
 * changes the salts.
 *
 * @param bigEndian byte order of the checksums
 * @param pageSize bytes in a database page: a power of two, 512 to 65536
 * @param sequence how often the WAL was checkpointed, informative only
 * @param salts both salts, the first in the upper half; every frame repeats them
 * @param checksum the header's own checksum, with which the first frame's starts
 */
public record WalHeader(boolean bigEndian, int pageSize, int sequence, long salts, long checksum) {

	/*-
	 * 32 bytes, big-endian:
	 *    0  magic number                  0x377f0682: checksums over little-endian words
	 *                                     0x377f0683: over big-endian words
	 *    4  format                        3007000
	 *    8  page size
	 *   12  checkpoint sequence
	 *   16  salt 1, salt 2
	 *   24  checksum 1, checksum 2        of bytes 0 to 23
	 * Source: SQLite's file format, section 4.1.
	 */

	/** Bytes in a header. */
	public static final int SIZE = 32;

	private static final int MAGIC = 0x377f0682;

	private static final int FORMAT = 3007000;

	/**
	 * Reads a header.
	 * @param bytes the first 32 bytes of a WAL
	 * @param source names the WAL in errors
	 * @throws CorruptWalException if they are no valid header
	 */
	public static WalHeader parse(byte[] bytes, String source) throws CorruptWalException {
		if (bytes.length < SIZE) {
			throw new CorruptWalException("%s: header has %d bytes, expected %d".formatted(source, bytes.length, SIZE));
		}
		ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, SIZE);
		int magic = buffer.getInt();
		if ((magic & ~1) != MAGIC) {
			throw new CorruptWalException(
					"%s: magic number %08x, expected %08x or %08x".formatted(source, magic, MAGIC, MAGIC | 1));
		}
		int format = buffer.getInt();
		if (format != FORMAT) {
			throw new CorruptWalException("%s: WAL format %d, expected %d".formatted(source, format, FORMAT));
		}
		int pageSize = buffer.getInt();
		if (pageSize < 512 || pageSize > 65536 || Integer.bitCount(pageSize) != 1) {
			throw new CorruptWalException(
					"%s: page size %d, expected a power of two from 512 to 65536".formatted(source, pageSize));
		}
		int sequence = buffer.getInt();
		long salts = buffer.getLong();
		long checksum = buffer.getLong();
		boolean bigEndian = (magic & 1) == 1;
		long actual = WalChecksum.update(bigEndian, 0, bytes, 0, 24);
		if (actual != checksum) {
			throw new CorruptWalException(
					"%s: checksum in the header is %016x, expected %016x".formatted(source, checksum, actual));
		}
		return new WalHeader(bigEndian, pageSize, sequence, salts, checksum);
	}

	/** The header as it stands in the file. */
	public byte[] toBytes() {
		return ByteBuffer.allocate(SIZE)
			.putInt(this.bigEndian ? MAGIC | 1 : MAGIC)
			.putInt(FORMAT)
			.putInt(this.pageSize)
			.putInt(this.sequence)
			.putLong(this.salts)
			.putLong(this.checksum)
			.array();
	}

	/** Bytes in a frame: its header and one page. */
	public int frameSize() {
		return WalFrame.HEADER_SIZE + this.pageSize;
	}

	/** Where the WAL ends that has a number of frames, in bytes. */
	public long endOf(long frames) {
		return SIZE + frames * frameSize();
	}

}
