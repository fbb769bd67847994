package org.litestream4j.history.diff;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What was restored.
 *
 * @param tables in the order in which they were
 * @param dangling foreign keys of theirs that lead nowhere
 */
public record TableRestoreReport(List<Table> tables, List<Dangling> dangling) {

	public TableRestoreReport {
		tables = List.copyOf(tables);
		dangling = List.copyOf(dangling);
	}

	/**
	 * One table.
	 *
	 * @param table its name in the state
	 * @param as its name now
	 * @param rows how many it has; of a virtual table 0 if it does not say
	 * @param indexes those that were made
	 * @param triggers those that were made
	 * @param leftOut triggers that could not be made for the new name
	 */
	public record Table(String table, String as, long rows, List<String> indexes, List<String> triggers,
			List<String> leftOut) {
	}

	/**
	 * Rows of a table with a foreign key that leads nowhere.
	 *
	 * @param table whose rows
	 * @param parent where it leads, or null if it cannot be said
	 * @param rows how many
	 * @param problem why it cannot be said, in SQLite's words, or null
	 */
	public record Dangling(String table, @Nullable String parent, long rows, @Nullable String problem) {

		/** In a few words. */
		public String describe() {
			return (this.problem != null)
					? "foreign keys of %s cannot be checked (%s)".formatted(this.table, this.problem)
					: "%d rows of %s lead to no row of %s".formatted(this.rows, this.table, this.parent);
		}

	}

}
