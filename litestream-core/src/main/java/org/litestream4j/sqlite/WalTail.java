package org.litestream4j.sqlite;

import java.io.IOException;
import java.io.InputStream;

/**
 * Where a WAL's committed part ends, found by reading it from its start. What follows is
 * uncommitted, torn or stale, and may be cut off or overwritten.
 *
 * @param header the WAL's header
 * @param commitOffset where the last commit frame ends, in bytes from the start of the
 * WAL; {@link WalHeader#SIZE} when no frame commits
 * @param commitChecksum the running checksum there, with which a {@link WalFrameChain}
 * goes on
 * @param databasePages the database's size in pages there; 0 when no frame commits
 * @param validOffset where the last valid frame ends, committed or not
 * @param end why there is no valid frame after {@code validOffset}
 */
public record WalTail(WalHeader header, long commitOffset, long commitChecksum, long databasePages, long validOffset,
		WalReader.End end) {

	/**
	 * Reads a whole WAL, in constant memory.
	 * @param in begins at the WAL's header; is not closed
	 * @param source names the WAL in errors
	 * @throws CorruptWalException if the header is not valid or not whole
	 * @throws IOException if reading fails
	 */
	public static WalTail scan(InputStream in, String source) throws IOException {
		WalReader reader = new WalReader(in, source);
		boolean more;
		do {
			more = reader.next();
		}
		while (more);
		return new WalTail(reader.header(), reader.commitOffset(), reader.commitChecksum(),
				reader.commitDatabasePages(), reader.offset(), reader.end());
	}

	/** Whether any transaction is whole. */
	public boolean hasCommit() {
		return this.commitOffset > WalHeader.SIZE;
	}

	/** Whether the WAL ends with a commit frame and nothing follows it. */
	public boolean endsWithCommit() {
		return this.end == WalReader.End.COMPLETE && this.commitOffset == this.validOffset;
	}

}
