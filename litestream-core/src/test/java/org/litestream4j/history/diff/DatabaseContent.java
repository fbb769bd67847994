package org.litestream4j.history.diff;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * All that a database holds, as lines of text: two are alike if and only if their lines
 * are. Written without the code that it judges.
 */
final class DatabaseContent {

	private static final String READ_BY_COLUMNS = "(?is).*USING\\s+(fts|rtree).*";

	private DatabaseContent() {
	}

	static List<String> of(Path file) throws SQLException {
		List<String> lines = new ArrayList<>();
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
			List<String[]> tables = new ArrayList<>();
			// sqlite_stat4 is there or not, as the SQLite is that made statistics
			for (String[] row : rows(connection,
					"SELECT type, name, tbl_name, coalesce(sql, ''), (SELECT l.type FROM pragma_table_list l"
							+ " WHERE l.schema = 'main' AND l.name = s.name) FROM sqlite_schema s WHERE name <> 'sqlite_stat4' ORDER BY type, name")) {
				lines.add("%s %s ON %s: %s".formatted((Object[]) row));
				if (row[0].equals("table")) {
					tables.add(row);
				}
			}
			for (String[] table : tables) {
				lines.add("-- " + table[1]);
				add(lines, connection, table);
			}
			lines.addAll(rows(connection, "PRAGMA integrity_check").stream().map((row) -> "check: " + row[0]).toList());
		}
		return lines;
	}

	private static void add(List<String> lines, Connection connection, String[] table) throws SQLException {
		boolean virtual = table[3].matches(READ_BY_COLUMNS);
		if (table[4].equals("shadow") && !table[1].startsWith("nothing_kept")) {
			return; // it may be arranged in another way
		}
		if (virtual && table[3].contains("content=''")) {
			return; // all of it is in its shadow tables
		}
		List<String> columns = rows(connection,
				"SELECT name FROM pragma_table_xinfo('%s') WHERE hidden <> 1".formatted(table[1].replace("'", "''")))
			.stream()
			.map((row) -> row[0])
			.toList();
		List<String> selected = new ArrayList<>(columns.stream().map(SqlText::name).toList());
		boolean rowid = rows(connection,
				"SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = '%s'"
					.formatted(table[1].replace("'", "''")))
			.get(0)[0].equals("0") && !table[1].equals("sqlite_sequence") && !columns.contains("oid");
		if (rowid) {
			selected.add("oid");
		}
		if (table[3].contains("languageid")) {
			selected.add("lid");
		}
		StringBuilder sql = new StringBuilder("SELECT ");
		for (String column : selected) {
			sql.append("typeof(%s), %s, ".formatted(column, column));
		}
		sql.append("0 FROM ").append(SqlText.name(table[1]));
		List<String> rows = new ArrayList<>();
		try (Statement statement = connection.createStatement();
				ResultSet answer = statement.executeQuery(sql.toString())) {
			while (answer.next()) {
				StringBuilder line = new StringBuilder();
				for (int i = 0; i < selected.size(); i++) {
					line.append(value(answer, 2 * i + 1)).append(" | ");
				}
				rows.add(line.toString());
			}
		}
		catch (SQLException ex) {
			rows.add("cannot be read: " + ex.getMessage());
		}
		if (rowid || table[1].equals("sqlite_sequence")) {
			rows.sort(null);
		}
		lines.addAll(rows);
	}

	private static String value(ResultSet row, int column) throws SQLException {
		String type = row.getString(column);
		return switch (type) {
			case "real" -> "real " + Long.toHexString(Double.doubleToRawLongBits(row.getDouble(column + 1)));
			case "integer" -> "integer " + row.getLong(column + 1);
			case "null" -> type;
			default -> {
				byte[] bytes = row.getBytes(column + 1);
				yield type + ' ' + ((bytes != null) ? HexFormat.of().formatHex(bytes) : "");
			}
		};
	}

	private static List<String[]> rows(Connection connection, String sql) throws SQLException {
		List<String[]> rows = new ArrayList<>();
		try (Statement statement = connection.createStatement(); ResultSet answer = statement.executeQuery(sql)) {
			while (answer.next()) {
				String[] row = new String[answer.getMetaData().getColumnCount()];
				for (int i = 0; i < row.length; i++) {
					row[i] = answer.getString(i + 1);
				}
				rows.add(row);
			}
		}
		return rows;
	}

}
