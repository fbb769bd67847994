package org.litestream4j.cli;

import java.util.Arrays;

import org.jspecify.annotations.Nullable;

import org.litestream4j.sqlite.NewestFrames;
import org.litestream4j.sqlite.WalFrame;
import org.litestream4j.sqlite.WalHeader;
import org.litestream4j.sqlite.WalReader;

/** Where in a WAL the newest committed version of each page is. Not thread-safe. */
final class WalPages {

	/** Which page each frame is of. */
	private long[] pages = new long[64];

	private int frames;

	private int committedFrames;

	private long databasePages;

	@Nullable private WalHeader header;

	/** Of the committed frames; null until it is asked for. */
	@Nullable private NewestFrames newest;

	/** Adds the reader's current frame. */
	void add(WalReader reader) {
		if (this.frames == this.pages.length) {
			this.pages = Arrays.copyOf(this.pages, 2 * this.frames);
		}
		this.pages[this.frames] = reader.pageNumber();
		this.frames++;
		this.header = reader.header();
		if (reader.databasePages() != 0) {
			this.committedFrames = this.frames;
			this.databasePages = reader.databasePages();
			this.newest = null;
		}
	}

	/** Whether no transaction is whole. */
	boolean isEmpty() {
		return this.databasePages == 0;
	}

	/** Where the page's bytes begin in the WAL, or null if it has none of that page. */
	@Nullable Long offsetOf(long page) {
		NewestFrames known = this.newest;
		if (known == null) {
			known = NewestFrames.of(this.pages, this.committedFrames, Long.MAX_VALUE);
			this.newest = known;
		}
		int frame = known.frameOf(page);
		WalHeader wal = this.header;
		return (frame < 0 || wal == null) ? null : wal.endOf(frame) + WalFrame.HEADER_SIZE;
	}

	/** The database's size after the last commit; 0 if there is none. */
	long databasePages() {
		return this.databasePages;
	}

	/** Where the last commit ends; 0 if there is none. */
	long commitOffset() {
		WalHeader wal = this.header;
		return (isEmpty() || wal == null) ? 0 : wal.endOf(this.committedFrames);
	}

	/** Bytes in a page; 0 if there is no frame. */
	int pageSize() {
		return (this.header != null) ? this.header.pageSize() : 0;
	}

}
