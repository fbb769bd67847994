package org.litestream4j.history.diff;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.sqlite.btree.DamagedPageException;
import org.litestream4j.sqlite.btree.FilePages;
import org.litestream4j.sqlite.btree.PageOwners;
import org.litestream4j.sqlite.btree.Schema;

/**
 * Which rows can differ at all, as the pages of both files tell: a leaf that is the same,
 * to the last byte, and in the same b-tree of both, has the same rows, unless the end of
 * one of them is on an overflow page that is not. Not thread-safe.
 */
final class Narrowing implements Closeable {

	private static final Logger logger = LoggerFactory.getLogger(Narrowing.class);

	private final FilePages before;

	private final FilePages after;

	private final BitSet changed;

	/** Pages of b-trees that have a cell whose end is on a page that has changed. */
	private final BitSet changedOverflow = new BitSet();

	/** First pages of b-trees that have a page that has changed. */
	private final BitSet changedRoots = new BitSet();

	private Narrowing(FilePages before, FilePages after, BitSet changed, PageOwners owners) {
		this.before = before;
		this.after = after;
		this.changed = changed;
		for (int page = changed.nextSetBit(1); page >= 0
				&& page <= owners.pages(); page = changed.nextSetBit(page + 1)) {
			if (owners.isOverflow(page)) {
				this.changedOverflow.set((int) owners.treePageOf(page));
			}
			this.changedRoots.set((int) Math.max(owners.rootOf(page), 0));
		}
	}

	/**
	 * Compares the pages.
	 * @return null if they say nothing, so that all rows must be compared
	 */
	static @Nullable Narrowing of(Path first, Path second, Cancellation cancellation) throws IOException {
		FilePages before = FilePages.open(first);
		FilePages after = FilePages.open(second);
		boolean useful = false;
		try {
			if (before.pageSize() == after.pageSize() && Math.max(before.pages(), after.pages()) < Integer.MAX_VALUE) {
				BitSet changed = ChangedPages.of(first, second, before.pageSize(), cancellation);
				PageOwners owners = PageOwners.of(after, Schema.read(after));
				useful = owners.damage().isEmpty();
				return useful ? new Narrowing(before, after, changed, owners) : null;
			}
			return null;
		}
		catch (DamagedPageException ex) {
			logger.debug("Pages are not compared", ex); // SQLite finds its own words for
														// it
			return null;
		}
		finally {
			if (!useful) {
				before.close();
				after.close();
			}
		}
	}

	/**
	 * Which rows of a table can differ.
	 * @return rowids, ascending; empty if none can, null if all
	 */
	@Nullable List<RowidRange> rowids(TableShape old, TableShape table) throws IOException {
		if (old.rootPage() != table.rootPage() || table.rootPage() <= 0) {
			return null;
		}
		if (!this.changedRoots.get((int) table.rootPage())) {
			return List.of(); // SQLite would find the same pages in both
		}
		if (table.kind() != TableKind.ROWID || old.kind() != TableKind.ROWID) {
			return null;
		}
		try {
			return ranges(TableLeaves.of(this.before, table.rootPage()), TableLeaves.of(this.after, table.rootPage()));
		}
		catch (DamagedPageException ex) {
			logger.debug("Pages of {} are not compared", table.name(), ex);
			return null;
		}
	}

	private List<RowidRange> ranges(TableLeaves left, TableLeaves right) {
		List<RowidRange> ranges = new ArrayList<>();
		BitSet same = left.pages();
		same.and(right.pages());
		same.andNot(this.changed);
		same.andNot(this.changedOverflow);
		left.addOthers(same, ranges);
		right.addOthers(same, ranges);
		ranges.sort(Comparator.comparingLong(RowidRange::first));
		List<RowidRange> merged = new ArrayList<>();
		for (RowidRange range : ranges) {
			RowidRange last = merged.isEmpty() ? null : merged.get(merged.size() - 1);
			if (last != null && (last.last() == Long.MAX_VALUE || range.first() <= last.last() + 1)) {
				merged.set(merged.size() - 1, new RowidRange(last.first(), Math.max(last.last(), range.last())));
			}
			else {
				merged.add(range);
			}
		}
		return merged;
	}

	@Override
	public void close() throws IOException {
		try {
			this.before.close();
		}
		finally {
			this.after.close();
		}
	}

}
