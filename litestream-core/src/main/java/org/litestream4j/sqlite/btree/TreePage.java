package org.litestream4j.sqlite.btree;

import org.jspecify.annotations.Nullable;

import org.litestream4j.sqlite.DatabaseHeader;

/**
 * One page of a b-tree, read in place. A cell that does not lie within the page is
 * reported when it is asked for. Not thread-safe, and of no use once its bytes change.
 */
public final class TreePage {

	/*-
	 * In page 1 after the database's header, else at the beginning; big-endian:
	 *    0  kind: 2, 5, 10 or 13
	 *    3  cells, 2 bytes
	 *    8  an interior page: the child with the greatest keys, 4 bytes
	 *    8 or 12  where each cell begins, 2 bytes each
	 * A cell:
	 *   interior table   child 4, key varint
	 *   leaf table       payload size varint, key varint, payload
	 *   interior index   child 4, payload size varint, payload
	 *   leaf index       payload size varint, payload
	 * A payload that does not fit is followed by the first page of the rest, 4 bytes.
	 * Source: SQLite's file format, section 1.6.
	 */

	private static final int LEAF_HEADER = 8;

	private static final int INTERIOR_HEADER = 12;

	/** Which kind of b-tree page it is. */
	public enum Kind {

		/** Keys of an index, or rows of a table without rowid, with children between. */
		INDEX_INTERIOR(2),
		/** Rowids that tell which child holds which rows. */
		TABLE_INTERIOR(5),
		/** Keys of an index, or rows of a table without rowid. */
		INDEX_LEAF(10),
		/** Rows of a table, by rowid. */
		TABLE_LEAF(13);

		private final int number;

		Kind(int number) {
			this.number = number;
		}

		/** Whether it has children. */
		public boolean isInterior() {
			return this == INDEX_INTERIOR || this == TABLE_INTERIOR;
		}

		/** Whether its b-tree is keyed by rowid. */
		public boolean isTable() {
			return this == TABLE_INTERIOR || this == TABLE_LEAF;
		}

		static @Nullable Kind of(int number) {
			for (Kind kind : values()) {
				if (kind.number == number) {
					return kind;
				}
			}
			return null;
		}

	}

	private final byte[] bytes;

	private final long number;

	private final int usable;

	private final Kind kind;

	private final int begin;

	private final int cells;

	private TreePage(byte[] bytes, long number, int usable, Kind kind, int cells) {
		this.bytes = bytes;
		this.number = number;
		this.usable = usable;
		this.kind = kind;
		this.begin = begin(number);
		this.cells = cells;
	}

	/**
	 * Looks at a page.
	 * @param bytes the page; read whenever something is asked
	 * @param number its number, as page 1 begins with the database's header
	 * @param usable bytes of the page that b-trees use
	 * @return the page, or null if it is not one of a b-tree, as its beginning tells
	 */
	public static @Nullable TreePage of(byte[] bytes, long number, int usable) {
		int begin = begin(number);
		Kind kind = Kind.of(PageBytes.u8(bytes, begin));
		if (kind == null) {
			return null;
		}
		int cells = PageBytes.u16(bytes, begin + 3);
		int pointers = begin + (kind.isInterior() ? INTERIOR_HEADER : LEAF_HEADER);
		return (pointers + 2L * cells <= usable) ? new TreePage(bytes, number, usable, kind, cells) : null;
	}

	/**
	 * As {@link #of(byte[], long, int)}.
	 * @throws DamagedPageException if it is not one of a b-tree
	 */
	public static TreePage require(byte[] bytes, long number, int usable) throws DamagedPageException {
		TreePage page = of(bytes, number, usable);
		if (page == null) {
			throw new DamagedPageException(number, "is no page of a b-tree");
		}
		return page;
	}

	private static int begin(long number) {
		return (number == 1) ? DatabaseHeader.SIZE : 0;
	}

	/** The page's number. */
	public long number() {
		return this.number;
	}

	/** Which kind it is. */
	public Kind kind() {
		return this.kind;
	}

	/** How many cells it has. */
	public int cells() {
		return this.cells;
	}

	/** How many children it has: one more than cells, or 0 for a leaf. */
	public int children() {
		return this.kind.isInterior() ? this.cells + 1 : 0;
	}

	/**
	 * The page number of a child; perhaps one that does not exist.
	 * @param i from 0, in the order of keys
	 */
	public long child(int i) throws DamagedPageException {
		return PageBytes.u32(this.bytes, (i == this.cells) ? this.begin + LEAF_HEADER : cell(i, 0));
	}

	/** The key of a cell in a b-tree that is keyed by rowid. */
	public long rowid(int i) throws DamagedPageException {
		int at = cell(i, 1) + (this.kind.isInterior() ? 4 : 0);
		if (this.kind == Kind.TABLE_LEAF) {
			at += PageBytes.varintLength(this.bytes, at, this.usable);
		}
		return PageBytes.varint(this.bytes, at, this.usable);
	}

	/** Whether cells have a payload: all but those of interior table pages. */
	public boolean hasPayload() {
		return this.kind != Kind.TABLE_INTERIOR;
	}

	/** Bytes of a cell's payload, with all that is on overflow pages. */
	public long payloadSize(int i) throws DamagedPageException {
		int at = cell(i, 1) + (this.kind.isInterior() ? 4 : 0);
		long size = PageBytes.varint(this.bytes, at, this.usable);
		if (size < 0 || size > Integer.MAX_VALUE) {
			throw new DamagedPageException(this.number, "has a cell of %d bytes".formatted(size));
		}
		return size;
	}

	/** Where a cell's payload begins in the page. */
	public int payloadOffset(int i) throws DamagedPageException {
		int at = cell(i, 1) + (this.kind.isInterior() ? 4 : 0);
		at += PageBytes.varintLength(this.bytes, at, this.usable);
		if (this.kind == Kind.TABLE_LEAF) {
			at += PageBytes.varintLength(this.bytes, at, this.usable);
		}
		return at;
	}

	/** How many bytes of a cell's payload are in the page. */
	public int localSize(int i) throws DamagedPageException {
		long size = payloadSize(i);
		int most = this.kind.isTable() ? this.usable - 35 : (this.usable - 12) * 64 / 255 - 23;
		int local = (int) size;
		if (size > most) {
			int least = (this.usable - 12) * 32 / 255 - 23;
			int fitting = least + (int) ((size - least) % (this.usable - 4));
			local = (fitting <= most) ? fitting : least;
		}
		int end = payloadOffset(i) + local + ((local < size) ? 4 : 0);
		if (end > this.usable) {
			throw new DamagedPageException(this.number, "has a cell that ends behind it");
		}
		return local;
	}

	/** The first overflow page of a cell, or 0 if all of its payload is in the page. */
	public long overflow(int i) throws DamagedPageException {
		int local = localSize(i);
		return (local < payloadSize(i)) ? PageBytes.u32(this.bytes, payloadOffset(i) + local) : 0;
	}

	byte[] bytes() {
		return this.bytes;
	}

	int usable() {
		return this.usable;
	}

	/** Where a cell begins that has at least some bytes. */
	private int cell(int i, int least) throws DamagedPageException {
		if (i < 0 || i >= this.cells) {
			throw new DamagedPageException(this.number, "has %d cells, and none of number %d".formatted(this.cells, i));
		}
		int pointers = this.begin + (this.kind.isInterior() ? INTERIOR_HEADER : LEAF_HEADER);
		int at = PageBytes.u16(this.bytes, pointers + 2 * i);
		int needed = (this.kind.isInterior() ? 4 : 0) + least;
		if (at < pointers + 2 * this.cells || at + needed > this.usable) {
			throw new DamagedPageException(this.number, "has a cell at offset %d".formatted(at));
		}
		return at;
	}

}
