package org.litestream4j.history.diff;

import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

import org.litestream4j.sqlite.btree.DamagedPageException;
import org.litestream4j.sqlite.btree.PageSource;
import org.litestream4j.sqlite.btree.TreeHeader;
import org.litestream4j.sqlite.btree.TreePage;

/**
 * The leaves of a table's b-tree, in the order of its rowids, and the largest rowid that
 * each may have. They are not read: all are equally deep, and the pages above name them.
 * Not thread-safe.
 */
final class TableLeaves {

	/** SQLite's own limit. */
	private static final int DEEPEST = 20;

	private final PageSource source;

	private final int usable;

	private int[] numbers = new int[64];

	private long[] largest = new long[64];

	private int count;

	private TableLeaves(PageSource source) throws IOException {
		this.source = source;
		this.usable = TreeHeader.of(source).usableSize();
	}

	static TableLeaves of(PageSource source, long root) throws IOException {
		TableLeaves leaves = new TableLeaves(source);
		leaves.add(root, leaves.depth(root), Long.MAX_VALUE);
		return leaves;
	}

	private int depth(long root) throws IOException {
		long number = root;
		for (int depth = 0; depth < DEEPEST; depth++) {
			TreePage page = page(number);
			if (!page.kind().isInterior()) {
				return depth;
			}
			number = page.child(0);
		}
		throw new DamagedPageException(number, "is deeper in a b-tree than any page can be");
	}

	private TreePage page(long number) throws IOException {
		TreePage page = TreePage.require(this.source.page(number), number, this.usable);
		if (!page.kind().isTable()) {
			throw new DamagedPageException(number, "is no page of a table");
		}
		return page;
	}

	private void add(long number, int levels, long limit) throws IOException {
		if (levels == 0) {
			addLeaf(number, limit);
			return;
		}
		TreePage page = page(number);
		if (!page.kind().isInterior()) {
			throw new DamagedPageException(number, "is a leaf where none can be");
		}
		for (int i = 0; i < page.children(); i++) {
			add(page.child(i), levels - 1, (i < page.cells()) ? page.rowid(i) : limit);
		}
	}

	private void addLeaf(long number, long limit) throws IOException {
		if (number < 1 || number > Math.min(this.source.pages(), Integer.MAX_VALUE)
				|| this.count > this.source.pages()) {
			throw new DamagedPageException(number, "does not exist, but belongs to a table");
		}
		if (this.count == this.numbers.length) {
			this.numbers = Arrays.copyOf(this.numbers, 2 * this.count);
			this.largest = Arrays.copyOf(this.largest, 2 * this.count);
		}
		this.numbers[this.count] = (int) number;
		this.largest[this.count] = limit;
		this.count++;
	}

	/** The numbers of the leaves. */
	BitSet pages() {
		BitSet pages = new BitSet();
		for (int i = 0; i < this.count; i++) {
			pages.set(this.numbers[i]);
		}
		return pages;
	}

	/** Adds the rowids that leaves other than some may have. */
	void addOthers(BitSet same, List<RowidRange> ranges) {
		long first = Long.MIN_VALUE;
		for (int i = 0; i < this.count; i++) {
			if (!same.get(this.numbers[i])) {
				ranges.add(new RowidRange(first, this.largest[i]));
			}
			first = (this.largest[i] == Long.MAX_VALUE) ? Long.MAX_VALUE : this.largest[i] + 1;
		}
	}

}
