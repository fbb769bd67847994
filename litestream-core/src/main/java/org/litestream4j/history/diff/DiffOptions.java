package org.litestream4j.history.diff;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What is wanted of a comparison. Immutable.
 *
 * @param tables only these; all if it is empty
 * @param rows how many rows of each table the report keeps
 * @param script where the statements go that lead from the first state to the second, or
 * null
 * @param cancellation asked meanwhile
 */
public record DiffOptions(List<String> tables, int rows, @Nullable Appendable script, Cancellation cancellation) {

	/** Counts only, of all tables. */
	public static final DiffOptions SUMMARY = new DiffOptions(List.of(), 0, null, Cancellation.NONE);

	public DiffOptions {
		tables = List.copyOf(tables);
	}

	/** The same, with a script. */
	public DiffOptions withScript(Appendable out) {
		return new DiffOptions(this.tables, this.rows, out, this.cancellation);
	}

	/** The same, of some tables only. */
	public DiffOptions withTables(List<String> names) {
		return new DiffOptions(names, this.rows, this.script, this.cancellation);
	}

	/** The same, with rows in the report. */
	public DiffOptions withRows(int most) {
		return new DiffOptions(this.tables, most, this.script, this.cancellation);
	}

	/** The same, which can be ended. */
	public DiffOptions withCancellation(Cancellation asked) {
		return new DiffOptions(this.tables, this.rows, this.script, asked);
	}

	boolean wants(String table) {
		return this.tables.isEmpty()
				|| this.tables.stream().anyMatch((name) -> DatabaseSchema.key(name).equals(DatabaseSchema.key(table)));
	}

}
