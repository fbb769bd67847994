package org.litestream4j.history.diff;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What is wanted of a restore of tables. Immutable.
 *
 * @param tables their names, at least one
 * @param newName what the table is called in the target, or null if it keeps its name
 * @param requireForeignKeys whether a row that leads nowhere is an error
 * @param cancellation asked between two tables
 */
public record TableRestoreOptions(List<String> tables, @Nullable String newName, boolean requireForeignKeys,
		Cancellation cancellation) {

	public TableRestoreOptions {
		tables = List.copyOf(tables);
		if (tables.isEmpty()) {
			throw new IllegalArgumentException("no table is named: at least one is expected");
		}
	}

}
