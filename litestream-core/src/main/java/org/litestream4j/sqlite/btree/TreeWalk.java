package org.litestream4j.sqlite.btree;

import java.io.IOException;
import java.util.BitSet;

/**
 * Visits the pages of b-trees, each at most once: a child that was visited already is
 * damage, whatever points to it. Not thread-safe.
 */
public final class TreeWalk {

	/** SQLite's own limit: a deeper b-tree would be larger than any database. */
	static final int DEEPEST = 20;

	private final PageSource source;

	private final int usable;

	private final BitSet visited = new BitSet();

	/**
	 * Creates a walk that has visited nothing.
	 * @param source where the pages are
	 * @param usable bytes of a page that b-trees use
	 */
	public TreeWalk(PageSource source, int usable) {
		this.source = source;
		this.usable = usable;
	}

	/** Is shown pages. */
	public interface Visitor {

		/** Called for a page before its children; it is used again afterwards. */
		void visit(TreePage page) throws IOException;

	}

	/**
	 * Visits a b-tree in the order of its keys.
	 * @param root its first page
	 * @throws DamagedPageException if it is not a b-tree
	 * @throws IOException if a page cannot be read
	 */
	public void walk(long root, Visitor visitor) throws IOException {
		walk(root, visitor, new byte[DEEPEST][], 0);
	}

	private void walk(long number, Visitor visitor, byte[][] buffers, int depth) throws IOException {
		if (depth == DEEPEST) {
			throw new DamagedPageException(number, "is deeper in a b-tree than any page can be");
		}
		if (number < 1 || number > Math.min(this.source.pages(), Integer.MAX_VALUE)) {
			throw new DamagedPageException(number, "does not exist, but belongs to a b-tree");
		}
		if (this.visited.get((int) number)) {
			throw new DamagedPageException(number, "belongs to a b-tree twice");
		}
		this.visited.set((int) number);
		if (buffers[depth] == null) {
			buffers[depth] = new byte[this.source.pageSize()];
		}
		this.source.read(number, buffers[depth]);
		TreePage page = TreePage.require(buffers[depth], number, this.usable);
		visitor.visit(page);
		for (int i = 0; i < page.children(); i++) {
			walk(page.child(i), visitor, buffers, depth + 1);
		}
	}

}
