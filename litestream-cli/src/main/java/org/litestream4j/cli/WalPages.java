package org.litestream4j.cli;

import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.litestream4j.wal.WalFrame;
import org.litestream4j.wal.WalReader;

/** Where in a WAL the newest committed version of each page is. Not thread-safe. */
final class WalPages {

	private final Map<Long, Long> committed = new HashMap<>();

	private final Map<Long, Long> pending = new HashMap<>();

	private long databasePages;

	private long commitOffset;

	private int pageSize;

	/** Adds the reader's current frame. */
	void add(WalReader reader) {
		this.pageSize = reader.header().pageSize();
		this.pending.put(reader.pageNumber(), reader.offset() - reader.header().frameSize() + WalFrame.HEADER_SIZE);
		if (reader.databasePages() != 0) {
			this.committed.putAll(this.pending);
			this.pending.clear();
			this.databasePages = reader.databasePages();
			this.commitOffset = reader.commitOffset();
		}
	}

	/** Whether no transaction is whole. */
	boolean isEmpty() {
		return this.databasePages == 0;
	}

	/** Where the page's bytes begin in the WAL, or null if it has none of that page. */
	@Nullable Long offsetOf(long page) {
		return this.committed.get(page);
	}

	/** The database's size after the last commit; 0 if there is none. */
	long databasePages() {
		return this.databasePages;
	}

	/** Where the last commit ends; 0 if there is none. */
	long commitOffset() {
		return this.commitOffset;
	}

	/** Bytes in a page; 0 if there is no commit. */
	int pageSize() {
		return this.pageSize;
	}

}
