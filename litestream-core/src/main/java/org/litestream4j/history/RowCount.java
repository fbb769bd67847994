package org.litestream4j.history;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.litestream4j.sqlite.btree.PageSource;
import org.litestream4j.sqlite.btree.Payload;
import org.litestream4j.sqlite.btree.TreePage;

/**
 * Counts rows that differ between two states of a table, from those of its pages that
 * differ: a row that only moved from one page to another is in both. Not thread-safe.
 */
final class RowCount {

	/** More rows than this are not counted. */
	private static final int MOST = 200_000;

	/** How much of a row is compared. */
	private static final int LONGEST = 16 << 20;

	private static final long PRIME = 0x100000001b3L;

	private static final long SEED = 0xcbf29ce484222325L;

	private final Map<Long, Long> before = new HashMap<>();

	private final Map<Long, Long> after = new HashMap<>();

	/** Whether counts are those of rows: of a table that is keyed by rowid. */
	private boolean keyed = true;

	/**
	 * What differs.
	 *
	 * @param inserted rows that are there now and were not
	 * @param updated rows that hold something else
	 * @param deleted rows that are gone
	 */
	record Rows(long inserted, long updated, long deleted) {
	}

	/** Adds the rows of a page as it was. */
	void addBefore(long number, PageSource source, int usable) throws IOException {
		add(number, source, usable, this.before);
	}

	/** Adds the rows of a page as it is. */
	void addAfter(long number, PageSource source, int usable) throws IOException {
		add(number, source, usable, this.after);
	}

	private void add(long number, PageSource source, int usable, Map<Long, Long> rows) throws IOException {
		TreePage page = this.keyed ? TreePage.of(source.page(number), number, usable) : null;
		if (page == null || !page.kind().isTable() || rows.size() > MOST) {
			this.keyed = false;
			return;
		}
		for (int i = 0; page.kind() == TreePage.Kind.TABLE_LEAF && i < page.cells(); i++) {
			rows.put(page.rowid(i), hash(Payload.read(page, i, source, LONGEST)));
		}
	}

	private static long hash(byte[] bytes) {
		long hash = SEED ^ bytes.length;
		for (byte each : bytes) {
			hash = (hash ^ (each & 0xff)) * PRIME;
		}
		return hash;
	}

	/** What differs, or null if that cannot be said. */
	@Nullable Rows rows() {
		if (!this.keyed) {
			return null;
		}
		long inserted = 0;
		long updated = 0;
		for (Map.Entry<Long, Long> row : this.after.entrySet()) {
			Long old = this.before.get(row.getKey());
			inserted += (old == null) ? 1 : 0;
			updated += (old != null && !old.equals(row.getValue())) ? 1 : 0;
		}
		long deleted = this.before.keySet().stream().filter((rowid) -> !this.after.containsKey(rowid)).count();
		return new Rows(inserted, updated, deleted);
	}

}
