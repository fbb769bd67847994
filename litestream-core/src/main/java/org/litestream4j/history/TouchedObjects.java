package org.litestream4j.history;

import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongPredicate;

import org.jspecify.annotations.Nullable;

import org.litestream4j.history.ObjectChange.Kind;
import org.litestream4j.sqlite.btree.DamagedPageException;
import org.litestream4j.sqlite.btree.PageOwners;
import org.litestream4j.sqlite.btree.PageSource;
import org.litestream4j.sqlite.btree.Schema;
import org.litestream4j.sqlite.btree.SchemaObject;
import org.litestream4j.sqlite.btree.TreeHeader;

/**
 * Which tables and indexes points touched, one point after another, by the pages that
 * they wrote: the schema and the owners of pages are followed from state to state. Not
 * thread-safe.
 */
final class TouchedObjects {

	private static final long SCHEMA = 1;

	private static final Comparator<ObjectChange> ORDER = Comparator.comparing(ObjectChange::table)
		.thenComparing(ObjectChange::type, Comparator.reverseOrder())
		.thenComparing(ObjectChange::name);

	private final StateFile file;

	private Schema schema;

	private PageOwners owners;

	/** Begins with the state that a file is in. */
	TouchedObjects(StateFile file) throws IOException {
		this.file = file;
		this.schema = Schema.read(file);
		this.owners = PageOwners.of(file, this.schema);
	}

	/** The pages of a b-tree that were written, or that left it. */
	private static final class Tree {

		/** All of them. */
		private final BitSet pages = new BitSet();

		/** Those with cells, and those with the cells whose rest was written. */
		private final BitSet treePages = new BitSet();

	}

	/** A state, and which of its pages belong to a b-tree, overflow pages aside. */
	private record Side(PageSource source, int usable, LongPredicate belongs) {
	}

	/**
	 * Follows a point, and makes the file the state after it.
	 * @return what was touched, by name
	 */
	List<ObjectChange> follow(WrittenPages written) throws IOException {
		return written.isLarge() ? followLarge(written) : followWithRows(written);
	}

	private List<ObjectChange> followWithRows(WrittenPages written) throws IOException {
		Map<Long, Tree> trees = new TreeMap<>();
		addPages(trees, written.numbers());
		Map<Long, Long> rootsBefore = new HashMap<>();
		for (int page = written.numbers().nextSetBit(1); page >= 0; page = written.numbers().nextSetBit(page + 1)) {
			rootsBefore.put((long) page, treeOf(page));
		}
		Schema before = this.schema;
		if (trees.containsKey(SCHEMA)) {
			this.schema = Schema.read(written);
		}
		for (PageOwners.Left left : this.owners.update(written, this.schema, written.numbers())) {
			Tree tree = trees.computeIfAbsent(left.root(), (key) -> new Tree());
			tree.pages.set((int) left.page());
			if (!left.overflow()) {
				tree.treePages.set((int) left.page());
			}
			rootsBefore.put(left.page(), left.overflow() ? 0 : left.root());
		}
		addPages(trees, written.numbers());
		int usableBefore = TreeHeader.of(this.file).usableSize();
		int usable = TreeHeader.of(written).usableSize();
		List<ObjectChange> changes = new ArrayList<>();
		for (Map.Entry<Long, Tree> each : trees.entrySet()) {
			long root = each.getKey();
			Side old = new Side(this.file, usableBefore,
					(page) -> rootsBefore.getOrDefault(page, treeOf(page)) == root);
			Side now = new Side(written, usable, (page) -> treeOf(page) == root);
			addChanges(changes, before.byRoot(root).orElse(null), this.schema.byRoot(root).orElse(null),
					each.getValue(), old, now);
		}
		written.apply();
		changes.sort(ORDER);
		return changes;
	}

	/** The b-tree of a page; 0 for an overflow page, and for one of no b-tree. */
	private long treeOf(long page) {
		return this.owners.isOverflow(page) ? 0 : this.owners.rootOf(page);
	}

	private void addPages(Map<Long, Tree> trees, BitSet numbers) {
		for (int page = numbers.nextSetBit(1); page >= 0; page = numbers.nextSetBit(page + 1)) {
			long root = this.owners.rootOf(page);
			if (root != 0) {
				Tree tree = trees.computeIfAbsent(root, (key) -> new Tree());
				tree.pages.set(page);
				tree.treePages.set((int) this.owners.treePageOf(page));
			}
		}
	}

	private void addChanges(List<ObjectChange> changes, @Nullable SchemaObject was, @Nullable SchemaObject is,
			Tree tree, Side old, Side now) throws IOException {
		if (was != null && is != null && isSame(was, is)) {
			ObjectChange change = change(is, tree, Kind.CHANGED, old, now);
			boolean header = is.root() == SCHEMA && isZero(change.inserted()) && isZero(change.updated())
					&& isZero(change.deleted());
			if (!header) {
				changes.add(change);
			}
			return;
		}
		if (was != null) {
			changes.add(change(was, tree, Kind.DROPPED, old, null));
		}
		if (is != null) {
			changes.add(change(is, tree, Kind.CREATED, null, now));
		}
	}

	private static boolean isZero(@Nullable Long rows) {
		return rows != null && rows == 0;
	}

	/** The same, perhaps by another name. */
	private boolean isSame(SchemaObject was, SchemaObject is) {
		return was.name().equals(is.name())
				|| this.schema.objects().stream().noneMatch((object) -> object.name().equals(was.name()));
	}

	private static ObjectChange change(SchemaObject object, Tree tree, Kind kind, @Nullable Side old,
			@Nullable Side now) throws IOException {
		RowCount.Rows rows = (object.type() == SchemaObject.Type.TABLE) ? rows(tree, old, now) : null;
		return new ObjectChange(object.type().name().toLowerCase(Locale.ROOT), object.name(), object.table(),
				tree.pages.cardinality(), (rows != null) ? (Long) rows.inserted() : null,
				(rows != null) ? (Long) rows.updated() : null, (rows != null) ? (Long) rows.deleted() : null, kind);
	}

	private static RowCount.@Nullable Rows rows(Tree tree, @Nullable Side old, @Nullable Side now) throws IOException {
		RowCount count = new RowCount();
		try {
			for (int page = tree.treePages.nextSetBit(1); page >= 0; page = tree.treePages.nextSetBit(page + 1)) {
				if (old != null && page <= old.source().pages() && old.belongs().test(page)) {
					count.addBefore(page, old.source(), old.usable());
				}
				if (now != null && page <= now.source().pages() && now.belongs().test(page)) {
					count.addAfter(page, now.source(), now.usable());
				}
			}
			return count.rows();
		}
		catch (DamagedPageException ex) {
			return null;
		}
	}

	/** What wrote too much for both states to be at hand is looked at afterwards. */
	private List<ObjectChange> followLarge(WrittenPages written) throws IOException {
		Map<Long, Tree> trees = new TreeMap<>();
		addPages(trees, written.numbers());
		written.apply();
		Schema before = this.schema;
		this.schema = Schema.read(this.file);
		this.owners = PageOwners.of(this.file, this.schema);
		addPages(trees, written.numbers());
		if (before.objects().equals(this.schema.objects())) {
			trees.remove(SCHEMA); // its first page has the database's header, too
		}
		List<ObjectChange> changes = new ArrayList<>();
		for (Map.Entry<Long, Tree> each : trees.entrySet()) {
			SchemaObject was = before.byRoot(each.getKey()).orElse(null);
			SchemaObject is = this.schema.byRoot(each.getKey()).orElse(null);
			if (was != null && is != null && isSame(was, is)) {
				changes.add(uncounted(is, each.getValue(), Kind.CHANGED));
				continue;
			}
			if (was != null) {
				changes.add(uncounted(was, each.getValue(), Kind.DROPPED));
			}
			if (is != null) {
				changes.add(uncounted(is, each.getValue(), Kind.CREATED));
			}
		}
		changes.sort(ORDER);
		return changes;
	}

	private static ObjectChange uncounted(SchemaObject object, Tree tree, Kind kind) {
		return new ObjectChange(object.type().name().toLowerCase(Locale.ROOT), object.name(), object.table(),
				tree.pages.cardinality(), null, null, null, kind);
	}

}
