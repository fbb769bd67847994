package org.litestream4j.sqlite;

/**
 * Follows the chain of frames in one WAL: each frame repeats the header's salts, and its
 * checksum continues that of the frame before. What is left of an older WAL after the
 * newest frame breaks the chain. Not thread-safe.
 */
public final class WalFrameChain {

	/** Why a frame is not the next one. */
	public enum Link {

		/** The frame is the next one. */
		VALID,
		/** Its salts are those of another WAL. */
		OTHER_SALTS,
		/** Its checksum does not continue the chain. */
		OTHER_CHECKSUM,
		/** Its page number is 0, which no frame has. */
		NO_PAGE

	}

	private final WalHeader header;

	private long checksum;

	/** A chain that begins at the header. */
	public WalFrameChain(WalHeader header) {
		this(header, header.checksum());
	}

	/**
	 * A chain that goes on after a frame.
	 * @param header the WAL's header
	 * @param checksum the running checksum of that frame
	 */
	public WalFrameChain(WalHeader header, long checksum) {
		this.header = header;
		this.checksum = checksum;
	}

	/**
	 * Looks at the frame that follows, and moves past it if it is valid.
	 * @param bytes holds a whole frame
	 * @param offset where it begins
	 */
	public Link follow(byte[] bytes, int offset) {
		if (WalFrame.salts(bytes, offset) != this.header.salts()) {
			return Link.OTHER_SALTS;
		}
		if (WalFrame.pageNumber(bytes, offset) == 0) {
			return Link.NO_PAGE;
		}
		boolean bigEndian = this.header.bigEndian();
		long sum = WalChecksum.update(bigEndian, this.checksum, bytes, offset, 8);
		sum = WalChecksum.update(bigEndian, sum, bytes, offset + WalFrame.HEADER_SIZE, this.header.pageSize());
		if (sum != WalFrame.checksum(bytes, offset)) {
			return Link.OTHER_CHECKSUM;
		}
		this.checksum = sum;
		return Link.VALID;
	}

	/** The running checksum up to here. */
	public long checksum() {
		return this.checksum;
	}

}
