package org.litestream4j.history.diff;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * How the rows of one table differ.
 *
 * @param table its name
 * @param added rows that only the second state has
 * @param removed rows that only the first state has
 * @param changed rows that both have, with other values
 * @param keyedBy the columns by which rows are known, or the name of the rowid
 * @param note what else is to be known, or null
 * @param rows some of them, as many as were asked for
 */
public record TableDiff(String table, long added, long removed, long changed, List<String> keyedBy,
		@Nullable String note, List<RowDiff> rows) {

	public TableDiff {
		keyedBy = List.copyOf(keyedBy);
		rows = List.copyOf(rows);
	}

	/** Whether any row differs. */
	public boolean hasRows() {
		return this.added + this.removed + this.changed > 0;
	}

}
