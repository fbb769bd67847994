package org.litestream4j.sqlite.btree;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * To which b-tree each page of a database belongs. It costs a pass over all pages to find
 * out, and little to {@linkplain #update follow} a transaction. Takes eight bytes for
 * each page.
 * <p>
 * What is damaged belongs to nobody, or to whoever was seen to claim it first, and is
 * said to be {@linkplain #damage() damage}. Pages of the map of pointers, which only
 * databases with {@code auto_vacuum} have, belong to nobody. Not thread-safe.
 */
public final class PageOwners {

	private static final int NOBODY = 0;

	private static final int FREE = -1;

	/** The root of the b-tree that a page belongs to, or one of the two above. */
	private int[] owners;

	/** The page that points to it; negative for an overflow page; 0 for a root. */
	private int[] parents;

	private int usable;

	@Nullable private String damage;

	/**
	 * A page that belonged to a b-tree before a change, and not after it.
	 *
	 * @param page its number
	 * @param root the first page of that b-tree
	 * @param overflow whether it held what did not fit into the cell of another
	 */
	public record Left(long page, long root, boolean overflow) {
	}

	private PageOwners(int pages, int usable) {
		this.owners = new int[pages + 1];
		this.parents = new int[pages + 1];
		this.usable = usable;
	}

	/**
	 * Finds out.
	 * @param source all pages; each of those in use is read once
	 * @param schema of that state
	 * @throws IOException if a page cannot be read; damage is no such case, unless it is
	 * in page 1
	 */
	public static PageOwners of(PageSource source, Schema schema) throws IOException {
		PageOwners owners = new PageOwners(pages(source), TreeHeader.of(source).usableSize());
		Scan scan = owners.new Scan(source, null);
		scan.freelist();
		for (long root : schema.roots()) {
			scan.claim(root, root, 0, 0);
		}
		return owners;
	}

	private static int pages(PageSource source) throws IOException {
		long pages = source.pages();
		if (pages >= Integer.MAX_VALUE) {
			throw new IOException("A database of %d pages is too large for this".formatted(pages));
		}
		return (int) pages;
	}

	/**
	 * Follows a change of the database.
	 * @param after the pages after it
	 * @param schema after it
	 * @param changed the numbers of all pages that were written
	 * @return pages that have left the b-tree they belonged to, whether or not they were
	 * written, in no order
	 * @throws IOException if a page cannot be read; damage is no such case, unless it is
	 * in page 1
	 */
	public List<Left> update(PageSource after, Schema schema, BitSet changed) throws IOException {
		int before = this.owners.length - 1;
		int pages = pages(after);
		this.usable = TreeHeader.of(after).usableSize();
		int[] cutOwners = (pages < before) ? Arrays.copyOfRange(this.owners, pages + 1, before + 1) : new int[0];
		int[] cutParents = (pages < before) ? Arrays.copyOfRange(this.parents, pages + 1, before + 1) : new int[0];
		if (pages != before) {
			this.owners = Arrays.copyOf(this.owners, pages + 1);
			this.parents = Arrays.copyOf(this.parents, pages + 1);
		}
		Scan scan = new Scan(after, changed);
		scan.expect();
		if (changed.get(1)) {
			scan.freelist();
		}
		for (long root : schema.roots()) {
			scan.claim(root, root, 0, 0);
		}
		scan.forget();
		List<Left> left = scan.left();
		for (int i = 0; i < cutOwners.length; i++) {
			if (cutOwners[i] > 0) {
				left.add(new Left(pages + 1L + i, cutOwners[i], cutParents[i] < 0));
			}
		}
		return left;
	}

	/** How many pages are known of. */
	public long pages() {
		return this.owners.length - 1L;
	}

	/**
	 * The first page of the b-tree that a page belongs to; 0 if it belongs to none, as
	 * far as is known.
	 */
	public long rootOf(long page) {
		return (page < 1 || page > pages()) ? NOBODY : Math.max(NOBODY, this.owners[(int) page]);
	}

	/** Whether a page is free. */
	public boolean isFree(long page) {
		return page >= 1 && page <= pages() && this.owners[(int) page] == FREE;
	}

	/** Whether a page holds what did not fit into the cell of another. */
	public boolean isOverflow(long page) {
		return rootOf(page) != NOBODY && this.parents[(int) page] < 0;
	}

	/**
	 * The page of the b-tree that has the cell whose rest a page holds; the page itself
	 * if it is none of that kind.
	 */
	public long treePageOf(long page) {
		long at = page;
		for (long steps = pages(); steps > 0 && isOverflow(at); steps--) {
			at = -this.parents[(int) at];
		}
		return at;
	}

	/** How many pages belong to the b-tree that begins in a page. */
	public long pagesOf(long root) {
		return (root < 1) ? 0 : Arrays.stream(this.owners).filter((owner) -> owner == root).count();
	}

	/** The first thing that was found not to be as it should, in one sentence. */
	public Optional<String> damage() {
		return Optional.ofNullable(this.damage);
	}

	private void damaged(long page, String what) {
		if (this.damage == null) {
			this.damage = "Page %d %s".formatted(page, what);
		}
	}

	/** What is known of a page. */
	private record Place(int owner, int parent) {

		boolean isTreePageOf(long root) {
			return this.owner == root && this.parent >= 0;
		}

		boolean isOverflowOf(long root) {
			return this.owner == root && this.parent < 0;
		}

	}

	/**
	 * One look at the pages of one state, from the roots down, so that what a page is is
	 * known before what it holds is looked at, in whatever order pages were written. A
	 * page that was not written, and is what it was, still points to what it pointed to:
	 * of the pages below it only those are looked for that were written, and those on the
	 * way there. What the pages were is always what they were before the scan, not what a
	 * part of it has made of them.
	 */
	private final class Scan {

		private final PageSource source;

		private final int pages;

		/** Pages that hold something else than before; null where nothing was known. */
		@Nullable private final BitSet changed;

		/** Pages to which something was found to point in this scan. */
		private final BitSet reached = new BitSet();

		/** Pages that were written or were above such, and belonged to a b-tree. */
		private final BitSet expected = new BitSet();

		/** By a page, those expected pages to which it pointed before. */
		private final Map<Integer, List<Integer>> below = new HashMap<>();

		/** What pages were before this scan that are something else now. */
		private final Map<Integer, Place> earlier = new HashMap<>();

		private final byte[][] buffers = new byte[TreeWalk.DEEPEST][];

		private final byte[] chainBuffer;

		Scan(PageSource source, @Nullable BitSet changed) throws IOException {
			this.source = source;
			this.pages = PageOwners.pages(source);
			this.changed = changed;
			this.chainBuffer = new byte[source.pageSize()];
		}

		private boolean isChanged(long page) {
			return this.changed == null || this.changed.get((int) page);
		}

		private boolean exists(long page, String what) {
			boolean exists = page >= 1 && page <= this.pages;
			if (!exists) {
				damaged(page, "does not exist, but " + what);
			}
			return exists;
		}

		private void set(long page, long owner, long parent) {
			int at = (int) page;
			Place before = new Place(PageOwners.this.owners[at], PageOwners.this.parents[at]);
			if (this.changed != null && (before.owner() != owner || before.parent() != parent)) {
				this.earlier.putIfAbsent(at, before);
			}
			PageOwners.this.owners[at] = (int) owner;
			PageOwners.this.parents[at] = (int) parent;
		}

		/** What a page was before this scan. */
		private Place before(int page) {
			Place before = this.earlier.get(page);
			return (before != null) ? before : new Place(PageOwners.this.owners[page], PageOwners.this.parents[page]);
		}

		List<Left> left() {
			List<Left> left = new ArrayList<>();
			this.earlier.forEach((page, before) -> {
				if (before.owner() > 0 && PageOwners.this.owners[page] != before.owner()) {
					left.add(new Left(page, before.owner(), before.parent() < 0));
				}
			});
			return left;
		}

		/** Notes the ways to the pages that were written, as they were before. */
		void expect() {
			BitSet written = Objects.requireNonNull(this.changed);
			for (int page : written.get(0, this.pages + 1).stream().toArray()) {
				int at = page;
				while (at != 0 && at <= this.pages && PageOwners.this.owners[at] > 0 && !this.expected.get(at)) {
					this.expected.set(at);
					int parent = Math.abs(PageOwners.this.parents[at]);
					this.below.computeIfAbsent(parent, (key) -> new ArrayList<>(1)).add(at);
					at = parent;
				}
			}
		}

		/** An expected page that nothing points to any more belongs to nobody. */
		void forget() {
			for (int page = this.expected.nextSetBit(1); page >= 0; page = this.expected.nextSetBit(page + 1)) {
				if (!this.reached.get(page) && PageOwners.this.owners[page] > 0) {
					set(page, NOBODY, 0);
				}
			}
		}

		/** Marks the free pages. */
		void freelist() throws IOException {
			long trunk = TreeHeader.of(this.source).freelist();
			BitSet seen = new BitSet();
			while (trunk != 0 && exists(trunk, "is in the list of free pages")) {
				if (seen.get((int) trunk)) {
					damaged(trunk, "is in the list of free pages twice");
					return;
				}
				seen.set((int) trunk);
				set(trunk, FREE, 0);
				this.source.read(trunk, this.chainBuffer);
				long leaves = Math.min(PageBytes.u32(this.chainBuffer, 4), PageOwners.this.usable / 4 - 2);
				for (int i = 0; i < leaves; i++) {
					long leaf = PageBytes.u32(this.chainBuffer, 8 + 4 * i);
					if (exists(leaf, "is in the list of free pages")) {
						set(leaf, FREE, 0);
					}
				}
				trunk = PageBytes.u32(this.chainBuffer, 0);
			}
		}

		/** Something points to a page as one of a b-tree. */
		void claim(long page, long owner, long parent, int depth) throws IOException {
			if (!exists(page, "belongs to a b-tree")) {
				return;
			}
			int at = (int) page;
			if (this.reached.get(at)) {
				damaged(page, "belongs to b-trees twice");
				return;
			}
			this.reached.set(at);
			boolean same = !isChanged(page) && before(at).isTreePageOf(owner);
			set(page, owner, parent);
			if (depth >= TreeWalk.DEEPEST) {
				damaged(page, "is deeper in a b-tree than any page can be");
			}
			else if (same) {
				claimExpected(at, owner, depth);
			}
			else {
				look(page, owner, depth);
			}
		}

		/** Claims what a page that is what it was points to, as far as it matters. */
		private void claimExpected(int page, long owner, int depth) throws IOException {
			for (int next : this.below.getOrDefault(page, List.of())) {
				if (before(next).parent() < 0) {
					claimChain(next, page, owner, Long.MAX_VALUE);
				}
				else {
					claim(next, owner, page, depth + 1);
				}
			}
		}

		/** Claims what a page points to. */
		private void look(long number, long owner, int depth) throws IOException {
			if (this.buffers[depth] == null) {
				this.buffers[depth] = new byte[this.source.pageSize()];
			}
			this.source.read(number, this.buffers[depth]);
			TreePage page = TreePage.of(this.buffers[depth], number, PageOwners.this.usable);
			if (page == null) {
				damaged(number, "is no page of a b-tree, but belongs to one");
				return;
			}
			for (int i = 0; i < page.children(); i++) {
				claimChild(page, i, owner, depth);
			}
			for (int i = 0; page.hasPayload() && i < page.cells(); i++) {
				claimOverflow(page, i, owner);
			}
		}

		private void claimChild(TreePage page, int i, long owner, int depth) throws IOException {
			long child;
			try {
				child = page.child(i);
			}
			catch (DamagedPageException ex) {
				damaged(page.number(), "has a cell that does not lie within it");
				return;
			}
			claim(child, owner, page.number(), depth + 1);
		}

		private void claimOverflow(TreePage page, int i, long owner) throws IOException {
			long next;
			long rest;
			try {
				next = page.overflow(i);
				rest = page.payloadSize(i) - page.localSize(i);
			}
			catch (DamagedPageException ex) {
				damaged(page.number(), "has a cell that does not lie within it");
				return;
			}
			if (rest > 0) {
				claimChain(next, page.number(), owner, rest);
			}
		}

		/**
		 * Claims overflow pages, as long as it was not known that they follow each other,
		 * or as one that was written is among those that follow.
		 * @param bytes how many there are at most, in all of them
		 */
		private void claimChain(long first, long previous, long owner, long bytes) throws IOException {
			long parent = previous;
			long next = first;
			for (long rest = bytes; rest > 0
					&& (next != 0 || bytes != Long.MAX_VALUE); rest -= PageOwners.this.usable - 4) {
				if (!exists(next, "holds a part of a row")) {
					return;
				}
				int at = (int) next;
				if (this.reached.get(at)) {
					damaged(next, "holds parts of two rows");
					return;
				}
				this.reached.set(at);
				boolean same = !isChanged(next) && before(at).isOverflowOf(owner);
				set(next, owner, -parent);
				parent = next;
				if (same) {
					List<Integer> following = this.below.get(at);
					if (following == null) {
						return;
					}
					next = following.get(0);
				}
				else {
					this.source.read(next, this.chainBuffer);
					next = PageBytes.u32(this.chainBuffer, 0);
				}
			}
		}

	}

}
