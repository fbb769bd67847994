package org.litestream4j.history.diff;

import java.util.List;

/**
 * How two states differ.
 *
 * @param schema tables, indexes, views and triggers that are not the same
 * @param tables those whose rows differ, or of which something is to be said
 * @param compared how many tables were compared
 */
public record DiffReport(List<SchemaChange> schema, List<TableDiff> tables, int compared) {

	public DiffReport {
		schema = List.copyOf(schema);
		tables = List.copyOf(tables);
	}

	/** Whether nothing differs. */
	public boolean isEmpty() {
		return this.schema.isEmpty() && this.tables.stream().noneMatch(TableDiff::hasRows);
	}

}
