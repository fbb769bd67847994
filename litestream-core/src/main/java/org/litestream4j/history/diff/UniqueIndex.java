package org.litestream4j.history.diff;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;

/**
 * What else must be unique in a table but its key.
 *
 * @param name of the index
 * @param columns whose values decide; null if it is unknown, as where it has expressions,
 * computed columns, or rows that it leaves out
 */
record UniqueIndex(String name, @Nullable Set<String> columns) {

	static List<UniqueIndex> of(SQLiteConnection connection, TableShape table) throws SQLException {
		List<UniqueIndex> indexes = new ArrayList<>();
		try (PreparedStatement list = connection
			.prepareStatement("SELECT name, origin, partial FROM pragma_index_list(?) WHERE \"unique\"")) {
			list.setString(1, table.name());
			try (ResultSet answer = list.executeQuery()) {
				while (answer.next()) {
					boolean key = answer.getString(2).equals("pk") && table.kind() == TableKind.WITHOUT_ROWID;
					if (!key) {
						String name = answer.getString(1);
						indexes
							.add(new UniqueIndex(name, answer.getBoolean(3) ? null : columns(connection, table, name)));
					}
				}
			}
		}
		return indexes;
	}

	private static @Nullable Set<String> columns(SQLiteConnection connection, TableShape table, String index)
			throws SQLException {
		Set<String> columns = new HashSet<>();
		try (PreparedStatement info = connection.prepareStatement("SELECT name FROM pragma_index_info(?)")) {
			info.setString(1, index);
			try (ResultSet answer = info.executeQuery()) {
				while (answer.next()) {
					String column = answer.getString(1);
					if (column == null || !table.columns().contains(column)) {
						return null;
					}
					columns.add(column);
				}
			}
		}
		return columns;
	}

	/** Whether a change of some columns may be a change of what must be unique. */
	boolean dependsOn(Set<String> changed) {
		Set<String> own = this.columns;
		return own == null || own.stream().anyMatch(changed::contains);
	}

}
