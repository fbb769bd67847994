package org.litestream4j.sqlite;

import java.io.IOException;
import java.io.InputStream;

/**
 * Reads the valid frames of a WAL from a stream that begins at its header, one at a time,
 * in constant memory. Stops at the first byte that is not part of a valid frame and says
 * why. Not thread-safe. Does not close the stream.
 */
public final class WalReader {

	/** Why a WAL has no further frame. */
	public enum End {

		/** The stream ended after a whole frame. */
		COMPLETE,
		/** The stream ended within a frame. */
		PARTIAL_FRAME,
		/**
		 * The next frame belongs to another WAL: a stale one, or the WAL was restarted.
		 */
		OTHER_SALTS,
		/**
		 * The next frame does not continue the checksum: it is torn, stale or damaged.
		 */
		OTHER_CHECKSUM,
		/** The next frame has page number 0: it was never written. */
		NO_PAGE

	}

	private final InputStream in;

	private final WalHeader header;

	private final WalFrameChain chain;

	private final byte[] frame;

	private long frames;

	private long commitFrames;

	private long commitChecksum;

	private long commitDatabasePages;

	private int frameBytes;

	private boolean ended;

	private End end = End.COMPLETE;

	/**
	 * Reads and checks the header.
	 * @param in begins at the WAL's header
	 * @param source names the WAL in errors
	 * @throws CorruptWalException if the header is not valid
	 * @throws IOException if reading fails
	 */
	public WalReader(InputStream in, String source) throws IOException {
		this.in = in;
		this.header = WalHeader.parse(in.readNBytes(WalHeader.SIZE), source);
		this.chain = new WalFrameChain(this.header);
		this.commitChecksum = this.header.checksum();
		this.frame = new byte[this.header.frameSize()];
	}

	/**
	 * Moves to the next frame.
	 * @return false when there is none, then and ever after; {@link #end()} says why
	 * @throws IOException if reading fails
	 */
	public boolean next() throws IOException {
		if (this.ended) {
			return false; // a frame after a broken link is not part of this WAL
		}
		this.end = readFrame();
		this.ended = this.end != End.COMPLETE || this.frameBytes == 0;
		if (this.ended) {
			return false;
		}
		this.frames++;
		if (databasePages() != 0) {
			this.commitFrames = this.frames;
			this.commitChecksum = checksum();
			this.commitDatabasePages = databasePages();
		}
		return true;
	}

	private End readFrame() throws IOException {
		this.frameBytes = this.in.readNBytes(this.frame, 0, this.frame.length);
		if (this.frameBytes < this.frame.length) {
			return (this.frameBytes == 0) ? End.COMPLETE : End.PARTIAL_FRAME;
		}
		return switch (this.chain.follow(this.frame, 0)) {
			case VALID -> End.COMPLETE;
			case OTHER_SALTS -> End.OTHER_SALTS;
			case OTHER_CHECKSUM -> End.OTHER_CHECKSUM;
			case NO_PAGE -> End.NO_PAGE;
		};
	}

	/** The header of the WAL. */
	public WalHeader header() {
		return this.header;
	}

	/** Why {@link #next()} answered false. */
	public End end() {
		return this.end;
	}

	/** How many valid frames were read. */
	public long frames() {
		return this.frames;
	}

	/** Where the last valid frame ended, in bytes from the start of the WAL. */
	public long offset() {
		return this.header.endOf(this.frames);
	}

	/** The running checksum up to the last valid frame. */
	public long checksum() {
		return this.chain.checksum();
	}

	/**
	 * Where the last commit frame read so far ended, in bytes from the start of the WAL;
	 * {@link WalHeader#SIZE} when there was none.
	 */
	public long commitOffset() {
		return this.header.endOf(this.commitFrames);
	}

	/**
	 * The running checksum up to {@link #commitOffset()}; the header's when there was no
	 * commit frame.
	 */
	public long commitChecksum() {
		return this.commitChecksum;
	}

	/** The database's size in pages at {@link #commitOffset()}; 0 when unknown. */
	public long commitDatabasePages() {
		return this.commitDatabasePages;
	}

	/** The current frame's page number. */
	public long pageNumber() {
		return WalFrame.pageNumber(this.frame, 0);
	}

	/** The database's size in pages if the current frame ends a transaction, else 0. */
	public long databasePages() {
		return WalFrame.databasePages(this.frame, 0);
	}

	/**
	 * The current frame: its header, then its page. The array is used again by
	 * {@link #next()}.
	 */
	public byte[] frame() {
		return this.frame;
	}

}
