package org.litestream4j.history.diff;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/** Counts what differs, keeps the first rows of it, and passes it on. Not thread-safe. */
final class RowCounter implements RowChanges {

	/** Characters of a literal. */
	private static final int LONGEST = 1000;

	private final TableShape table;

	private final SqlText text;

	private final int sample;

	private final RowChanges next;

	private final List<RowDiff> rows = new ArrayList<>();

	private long added;

	private long removed;

	private long changed;

	/**
	 * Creates a counter.
	 * @param sample how many rows to keep
	 */
	RowCounter(TableShape table, SqlText text, int sample, RowChanges next) {
		this.table = table;
		this.text = text;
		this.sample = sample;
		this.next = next;
	}

	@Override
	public void added(@Nullable Object[] row) throws IOException {
		this.added++;
		if (this.rows.size() < this.sample) {
			this.rows.add(new RowDiff(Change.ADDED, keys(row), Map.of(), columns(row, row, false)));
		}
		this.next.added(row);
	}

	@Override
	public void removed(@Nullable Object[] row) throws IOException {
		this.removed++;
		if (this.rows.size() < this.sample) {
			this.rows.add(new RowDiff(Change.REMOVED, keys(row), columns(row, row, false), Map.of()));
		}
		this.next.removed(row);
	}

	@Override
	public void changed(@Nullable Object[] before, @Nullable Object[] after) throws IOException {
		this.changed++;
		if (this.rows.size() < this.sample) {
			this.rows.add(new RowDiff(Change.CHANGED, keys(before), columns(before, after, true),
					columns(after, before, true)));
		}
		this.next.changed(before, after);
	}

	private Map<String, String> keys(@Nullable Object[] row) {
		Map<String, String> keys = new LinkedHashMap<>();
		for (int i = 0; i < this.table.keys().size(); i++) {
			keys.put(this.table.keys().get(i), literal(row[i]));
		}
		return keys;
	}

	private Map<String, String> columns(@Nullable Object[] row, @Nullable Object[] other, boolean onlyDifferent) {
		Map<String, String> columns = new LinkedHashMap<>();
		int first = this.table.keys().size();
		for (int i = first; i < row.length; i++) {
			if (!onlyDifferent || !Values.same(row[i], other[i])) {
				columns.put(this.table.columns().get(i - first), literal(row[i]));
			}
		}
		return columns;
	}

	private String literal(@Nullable Object value) {
		Object shown = value;
		int size = 0;
		if (value instanceof byte[] blob && blob.length > LONGEST) {
			size = blob.length;
			shown = java.util.Arrays.copyOf(blob, LONGEST / 2);
		}
		String literal = this.text.literal(shown);
		boolean cut = size > 0 || literal.length() > LONGEST;
		return cut ? literal.substring(0, Math.min(literal.length(), LONGEST)) + "..." : literal;
	}

	boolean isEmpty() {
		return this.added + this.removed + this.changed == 0;
	}

	TableDiff result(@Nullable String note) {
		return new TableDiff(this.table.name(), this.added, this.removed, this.changed, this.table.keys(), note,
				this.rows);
	}

}
