package org.litestream4j.history.diff;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;

import org.litestream4j.history.diff.TablePlan.Fate;

/**
 * Compares the rows of all tables of a plan, and writes the statements for them. Not
 * thread-safe.
 */
final class TableComparison {

	private static final String SEQUENCE = "sqlite_sequence";

	/** Statistics of ANALYZE; other than the first kind no statement can make. */
	private static final String STATISTICS = "sqlite_stat";

	private final ReadOnlyDatabase from;

	private final ReadOnlyDatabase to;

	private final SchemaPlan plan;

	private final DiffOptions options;

	private final DiffScript rows;

	private final DiffScript late;

	@Nullable private final Narrowing narrowing;

	private final SqlText text;

	private final List<TableDiff> tables = new ArrayList<>();

	/** Keys of tables to which statements were written. */
	private final Set<String> touched = new HashSet<>();

	private final List<String> afterRows = new ArrayList<>();

	private int compared;

	/**
	 * Creates a comparison.
	 * @param narrowing which rows can differ, or null if that is not known
	 */
	TableComparison(ReadOnlyDatabase from, ReadOnlyDatabase to, SchemaPlan plan, DiffOptions options, DiffScript rows,
			DiffScript late, @Nullable Narrowing narrowing) throws IOException {
		this.from = from;
		this.to = to;
		this.plan = plan;
		this.options = options;
		this.rows = rows;
		this.late = late;
		this.narrowing = narrowing;
		this.text = new SqlText(to.encoding());
	}

	Set<String> touched() {
		return this.touched;
	}

	/** Statements that come behind those for rows. */
	List<String> afterRows() {
		return this.afterRows;
	}

	DiffReport run() throws IOException {
		for (TablePlan table : this.plan.tables()) {
			this.options.cancellation().check();
			if (!DatabaseSchema.key(table.name()).equals(SEQUENCE)) {
				compare(table);
			}
		}
		for (TablePlan table : this.plan.tables()) {
			if (DatabaseSchema.key(table.name()).equals(SEQUENCE)) {
				compareSequence(table);
			}
		}
		return new DiffReport(this.plan.changes(), this.tables, this.compared);
	}

	private void compare(TablePlan table) throws IOException {
		TableShape before = table.before();
		TableShape after = table.after();
		if (after == null) {
			remove(before);
			return;
		}
		TableShape owner = (after.owner() != null) ? this.plan.after().table(after.owner()) : null;
		if (owner != null && owner.kind() != TableKind.VIRTUAL_RAW) {
			if (owner.kind() == TableKind.VIRTUAL_INDEX) {
				compareIndex(table, owner);
			}
			return; // its rows are compared through the virtual table
		}
		if (isMadeByAnalyzeAlone(after)) {
			return;
		}
		this.compared++;
		switch (after.kind()) {
			case VIRTUAL_INDEX -> {
				if (table.isMadeAnew()) {
					rebuild(after);
				}
			}
			case VIRTUAL_RAW -> {
				// what it has is in its shadow tables
			}
			default -> compareRows(table, before, after, (owner != null) ? isMadeAnew(owner) : losesRows(after));
		}
	}

	/** With a table or an index, SQLite drops what ANALYZE has noted of it. */
	private boolean losesRows(TableShape table) {
		return DatabaseSchema.key(table.name()).startsWith(STATISTICS)
				&& (!this.plan.obsolete().isEmpty() || this.plan.tables()
					.stream()
					.anyMatch((each) -> each.fate() == Fate.REPLACED || each.fate() == Fate.REMOVED));
	}

	/** No statement makes these, so they are left to whoever runs ANALYZE. */
	private static boolean isMadeByAnalyzeAlone(TableShape table) {
		String key = DatabaseSchema.key(table.name());
		return key.startsWith(STATISTICS) && !key.equals(STATISTICS + '1');
	}

	private boolean isMadeAnew(TableShape virtual) {
		return this.plan.tables()
			.stream()
			.anyMatch((each) -> each.isMadeAnew()
					&& DatabaseSchema.key(each.name()).equals(DatabaseSchema.key(virtual.name())));
	}

	private void remove(@Nullable TableShape before) throws IOException {
		if (before != null && before.owner() == null && hasRowsOfItsOwn(before)) {
			long removed = this.from.count(before);
			this.tables.add(new TableDiff(before.name(), 0, removed, 0, before.keys(), "dropped", List.of()));
		}
	}

	private static boolean hasRowsOfItsOwn(TableShape table) {
		return table.kind() != TableKind.VIRTUAL_INDEX && table.kind() != TableKind.VIRTUAL_RAW;
	}

	private void compareRows(TablePlan table, @Nullable TableShape before, TableShape after, boolean filled)
			throws IOException {
		RowStatements statements = new RowStatements(after, this.text,
				(before != null && !after.isVirtual()) ? unique(before) : List.of(), this.rows, this.late);
		RowChanges sink = (this.options.script() != null) ? statements : new NoRows();
		if (before == null || filled || table.fate() == Fate.REPLACED || table.fate() == Fate.ADDED) {
			insertAll(table, before, after, filled, sink);
			return;
		}
		if (after.kind() == TableKind.NAMELESS_ROWID) {
			compareNameless(before, after, statements);
			return;
		}
		RowCounter counter = new RowCounter(after, this.text, this.options.rows(), sink);
		merge(before, after, counter);
		this.late.moveTo(this.rows.out());
		if (!counter.isEmpty()) {
			touch(after);
			this.tables.add(counter.result(statisticsNote(after)));
		}
	}

	/**
	 * Of tables with one definition: with another one the same bytes could be another
	 * row.
	 */
	private void merge(TableShape before, TableShape after, RowCounter counter) throws IOException {
		RowMerge merge = new RowMerge(after.keys().size(), counter, this.options.cancellation());
		if (after.isVirtual() && haveSameShadows(before, after)) {
			return;
		}
		List<RowidRange> rowids = (this.narrowing != null) ? this.narrowing.rowids(before, after) : null;
		if (rowids != null) {
			merge.within(rowids, this.from, before, this.to, after);
		}
		else {
			merge.all(this.from, before, this.to, after);
		}
	}

	private boolean isSame(TableShape before, TableShape after) throws IOException {
		List<RowidRange> rowids = (this.narrowing != null) ? this.narrowing.rowids(before, after) : null;
		return rowids != null && rowids.isEmpty();
	}

	private boolean haveSameShadows(TableShape before, TableShape after) throws IOException {
		List<TableShape> shadows = this.plan.after().shadows(after);
		for (TableShape shadow : shadows) {
			TableShape old = this.plan.tables()
				.stream()
				.map(TablePlan::before)
				.filter((each) -> each != null
						&& DatabaseSchema.key(each.name()).equals(DatabaseSchema.key(shadow.name())))
				.findFirst()
				.orElse(null);
			if (old == null || !before.name().equals(after.name()) || !isSame(old, shadow)) {
				return false;
			}
		}
		return !shadows.isEmpty();
	}

	private static @Nullable String statisticsNote(TableShape table) {
		return DatabaseSchema.key(table.name()).startsWith(STATISTICS) ? "statistics of ANALYZE" : null;
	}

	private List<UniqueIndex> unique(TableShape before) throws IOException {
		List<String> gone = this.plan.obsolete().stream().map(SchemaObject::name).toList();
		return this.from.uniqueIndexes(before).stream().filter((index) -> !gone.contains(index.name())).toList();
	}

	/** A table that is made anew, or one that its virtual table has filled already. */
	private void insertAll(TablePlan table, @Nullable TableShape before, TableShape after, boolean filled,
			RowChanges sink) throws IOException {
		touch(after);
		if (filled) {
			this.rows.statement("DELETE FROM " + SqlText.name(after.name()));
		}
		TableDiff counted = null;
		if (before != null && before.hasColumnsOf(after) && !after.keys().isEmpty()) {
			RowCounter counter = new RowCounter(after, this.text, this.options.rows(), new NoRows());
			new RowMerge(after.keys().size(), counter, this.options.cancellation()).all(this.from, before, this.to,
					after);
			counted = counter.result((statisticsNote(after) != null) ? statisticsNote(after) : "made anew");
		}
		RowCounter all = new RowCounter(after, this.text, this.options.rows(), sink);
		try (RowCursor cursor = this.to.cursor(after.select(), after.all().size())) {
			cursor.start();
			while (cursor.next()) {
				all.added(cursor.row());
			}
		}
		this.late.moveTo(this.rows.out());
		if (counted == null) {
			TableDiff added = all.result(null);
			long removed = (before != null && hasRowsOfItsOwn(before)) ? this.from.count(before) : 0;
			counted = new TableDiff(after.name(), added.added(), removed, 0, after.keys(),
					(table.fate() == Fate.ADDED) ? "new" : "made anew", added.rows());
		}
		if ((after.owner() == null && statisticsNote(after) == null) || counted.hasRows()) {
			this.tables.add(counted);
		}
	}

	/** Rows without any name are the same only if all of them are, in the same order. */
	private void compareNameless(TableShape before, TableShape after, RowStatements statements) throws IOException {
		if (haveSameRows(before, after)) {
			return;
		}
		touch(after);
		this.rows.statement("DELETE FROM " + SqlText.name(after.name()));
		RowCounter all = new RowCounter(after, this.text, this.options.rows(), statements);
		try (RowCursor cursor = this.to.cursor(after.select(), after.all().size())) {
			cursor.start();
			while (cursor.next()) {
				all.added(cursor.row());
			}
		}
		this.late.moveTo(this.rows.out());
		TableDiff added = all.result(null);
		this.tables.add(new TableDiff(after.name(), added.added(), this.from.count(before), 0, List.of(),
				"its rows have no name, so all of them are replaced", added.rows()));
	}

	private boolean haveSameRows(TableShape before, TableShape after) throws IOException {
		if (isSame(before, after)) {
			return true;
		}
		try (RowCursor left = this.from.cursor(before.select(), before.all().size());
				RowCursor right = this.to.cursor(after.select(), after.all().size())) {
			left.start();
			right.start();
			while (true) {
				boolean more = left.next();
				if (more != right.next()) {
					return false;
				}
				if (!more) {
					return true;
				}
				for (int i = 0; i < left.row().length; i++) {
					if (!Values.same(left.row()[i], right.row()[i])) {
						return false;
					}
				}
			}
		}
	}

	/** Whatever differs in the shadow tables of an index, it is made again as a whole. */
	private void compareIndex(TablePlan shadow, TableShape owner) throws IOException {
		TableShape before = shadow.before();
		TableShape after = shadow.after();
		if (before == null || after == null || this.touched.contains(DatabaseSchema.key(owner.name()))) {
			return;
		}
		RowCounter counter = new RowCounter(after, this.text, 0, new NoRows());
		merge(before, after, counter);
		if (!counter.isEmpty()) {
			rebuild(owner);
		}
	}

	private void rebuild(TableShape index) {
		touch(index);
		this.afterRows.add("INSERT INTO %s(%s) VALUES('rebuild')".formatted(SqlText.name(index.name()),
				SqlText.name(index.name())));
		this.tables
			.add(new TableDiff(index.name(), 0, 0, 0, List.of(), "a full-text index, which is rebuilt", List.of()));
	}

	/**
	 * Statements for rows count on by themselves, so that for each table that is touched
	 * what must be there in the end is written too.
	 */
	private void compareSequence(TablePlan table) throws IOException {
		TableShape before = table.before();
		if (table.after() == null) {
			return;
		}
		Map<String, String> old = (before != null) ? sequence(this.from) : Map.of();
		Map<String, String> wanted = sequence(this.to);
		Set<String> counted = new TreeSet<>(old.keySet());
		counted.addAll(wanted.keySet());
		this.plan.tables()
			.stream()
			.map(TablePlan::after)
			.filter((each) -> each != null && each.autoincrement())
			.forEach((each) -> counted.add(SqlText.text(each.name())));
		boolean differs = false;
		for (String name : counted) {
			String bare = name.substring(1, name.length() - 1).replace("''", "'");
			boolean same = Objects.equals(old.get(name), wanted.get(name));
			if (!this.options.wants(bare) || (same && !this.touched.contains(DatabaseSchema.key(bare)))) {
				continue;
			}
			differs |= !same;
			this.afterRows.add("DELETE FROM sqlite_sequence WHERE name=" + name);
			if (wanted.containsKey(name)) {
				this.afterRows
					.add("INSERT INTO sqlite_sequence(name, seq) VALUES(%s, %s)".formatted(name, wanted.get(name)));
			}
		}
		if (differs) {
			this.tables.add(new TableDiff(SEQUENCE, 0, 0, 0, List.of(), "counts AUTOINCREMENT on", List.of()));
		}
	}

	/** Literals of names and numbers. */
	private Map<String, String> sequence(ReadOnlyDatabase file) throws IOException {
		Map<String, String> sequence = new HashMap<>();
		try (RowCursor cursor = file.cursor("SELECT name, seq FROM sqlite_sequence", 2)) {
			cursor.start();
			while (cursor.next()) {
				if (cursor.row()[0] instanceof RawText) {
					sequence.put(this.text.literal(cursor.row()[0]), this.text.literal(cursor.row()[1]));
				}
			}
		}
		return sequence;
	}

	private void touch(TableShape table) {
		this.touched.add(DatabaseSchema.key(table.name()));
	}

	/** Nobody wants them. */
	private static final class NoRows implements RowChanges {

		@Override
		public void added(@Nullable Object[] row) {
		}

		@Override
		public void removed(@Nullable Object[] row) {
		}

		@Override
		public void changed(@Nullable Object[] before, @Nullable Object[] after) {
		}

	}

}
