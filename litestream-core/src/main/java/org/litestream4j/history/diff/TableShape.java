package org.litestream4j.history.diff;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * A table, as its schema has it. Immutable.
 *
 * @param name of the table
 * @param kind how its rows are known
 * @param sql that makes it
 * @param rootPage of its b-tree; 0 for a virtual table
 * @param keys the columns by which rows are known, or the name of the rowid
 * @param columns that are stored, without the keys
 * @param computed whether it has generated columns too
 * @param autoincrement whether {@code sqlite_sequence} counts for it
 * @param owner the virtual table that a shadow table belongs to, or null
 */
record TableShape(String name, TableKind kind, String sql, long rootPage, List<String> keys, List<String> columns,
		boolean computed, boolean autoincrement, @Nullable String owner) {

	TableShape {
		keys = List.copyOf(keys);
		columns = List.copyOf(columns);
	}

	boolean isVirtual() {
		return this.kind == TableKind.VIRTUAL_ROWS || this.kind == TableKind.VIRTUAL_INDEX
				|| this.kind == TableKind.VIRTUAL_RAW;
	}

	/** Keys first. */
	List<String> all() {
		return Stream.concat(this.keys.stream(), this.columns.stream()).toList();
	}

	/** Whether rows of both can be told apart in the same way. */
	boolean hasColumnsOf(TableShape other) {
		return this.keys.equals(other.keys) && this.columns.equals(other.columns);
	}

	/** All rows in the order of their keys. */
	String select() {
		return "SELECT %s FROM %s%s".formatted(selected(), SqlText.name(this.name), order());
	}

	/** The rows whose rowid is within two bounds. */
	String selectRange() {
		return "SELECT %s FROM %s WHERE %s BETWEEN ? AND ?%s".formatted(selected(), SqlText.name(this.name),
				SqlText.name(this.keys.get(0)), order());
	}

	private String selected() {
		return SqlText.names(all());
	}

	private String order() {
		return this.keys.isEmpty() ? ""
				: this.keys.stream()
					.map((key) -> (this.kind == TableKind.WITHOUT_ROWID) ? SqlText.name(key) + " COLLATE BINARY"
							: SqlText.name(key))
					.collect(Collectors.joining(", ", " ORDER BY ", ""));
	}

}
