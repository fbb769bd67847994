package org.litestream4j.live;

import org.litestream4j.sqlite.WalHeader;

/**
 * What was copied of the newest WAL.
 *
 * @param header its header
 * @param offset where the last commit frame copied ends, in bytes
 * @param checksum the running checksum there
 * @param databasePages the database's size in pages after that commit
 * @param closed whether a snapshot of the next index was taken here, so that no further
 * frame of this WAL may follow
 */
record ShadowState(WalHeader header, long offset, long checksum, long databasePages, boolean closed) {

	ShadowState asClosed() {
		return new ShadowState(this.header, this.offset, this.checksum, this.databasePages, true);
	}

}
