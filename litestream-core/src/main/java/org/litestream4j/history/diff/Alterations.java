package org.litestream4j.history.diff;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;

/**
 * Finds the ALTER TABLE statements that lead from the tables of one state to those of
 * another, by trying them on the first state's file: what SQLite then says of the table
 * must be what the second state says, to the letter.
 */
final class Alterations {

	/** SQLITE_OPEN_READWRITE, SQLITE_OPEN_URI. */
	private static final int READ_WRITE = 0x42;

	private static final int MOST_TRIES = 200;

	private static final Pattern SIMPLE = Pattern.compile("[A-Za-z_][A-Za-z_0-9]*");

	private final SQLiteConnection connection;

	private int tries;

	private Alterations(SQLiteConnection connection) {
		this.connection = connection;
	}

	/**
	 * Alters the tables of a file as far as that can be done.
	 * @param file the first state's, which is changed
	 * @param obsolete what is dropped before, as it could be in the way
	 * @return the statements for each table, by {@link DatabaseSchema#key}; those are
	 * missing that could not be altered
	 */
	static Map<String, List<String>> apply(Path file, List<SchemaObject> obsolete, DatabaseSchema before,
			DatabaseSchema after) throws IOException {
		List<TableShape> candidates = after.tables().stream().filter((table) -> {
			TableShape old = before.table(table.name());
			return old != null && !old.isVirtual() && !table.isVirtual() && !old.sql().equals(table.sql())
					&& old.kind() == table.kind() && old.name().equals(table.name());
		}).toList();
		Map<String, List<String>> found = new HashMap<>();
		if (candidates.isEmpty()) {
			return found;
		}
		try (SQLiteConnection connection = ReadOnlyDatabase.connect("file:" + ReadOnlyDatabase.encoded(file),
				READ_WRITE)) {
			ReadOnlyDatabase.execute(connection, "PRAGMA trusted_schema=OFF", "PRAGMA foreign_keys=OFF",
					"PRAGMA synchronous=OFF", "PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=DELETE", "BEGIN");
			for (SchemaObject object : obsolete) {
				ReadOnlyDatabase.execute(connection, object.drop());
			}
			Alterations alterations = new Alterations(connection);
			for (TableShape table : candidates) {
				alterations.alter(before.table(table.name()), table)
					.ifPresent((statements) -> found.put(DatabaseSchema.key(table.name()), statements));
			}
			ReadOnlyDatabase.execute(connection, "COMMIT");
		}
		catch (SQLException ex) {
			throw ReadOnlyDatabase.failure(ex);
		}
		return found;
	}

	private Optional<List<String>> alter(@Nullable TableShape before, TableShape after) throws SQLException {
		if (before == null) {
			return Optional.empty();
		}
		this.tries = 0;
		String prefix = "ALTER TABLE %s ".formatted(SqlText.name(after.name()));
		List<String> old = before.all();
		List<String> columns = after.all();
		ReadOnlyDatabase.execute(this.connection, "SAVEPOINT alteration");
		List<String> statements = new ArrayList<>();
		boolean done = true;
		for (String column : old) {
			if (done && !columns.contains(column)) {
				int at = old.indexOf(column);
				boolean renamed = old.size() == columns.size() && !old.contains(columns.get(at));
				String change = renamed
						? "RENAME COLUMN %s TO %s".formatted(SqlText.name(column), asGiven(columns.get(at)))
						: "DROP COLUMN " + SqlText.name(column);
				done = execute(prefix + change);
				statements.add(prefix + change);
			}
		}
		done = done && add(prefix, after, statements);
		ReadOnlyDatabase.execute(this.connection, done ? "RELEASE alteration" : "ROLLBACK TO alteration",
				done ? "SELECT 1" : "RELEASE alteration");
		return done ? Optional.of(statements) : Optional.empty();
	}

	/** SQLite keeps the quotes around a new name, which most would not have written. */
	private static String asGiven(String name) {
		return SIMPLE.matcher(name).matches() ? name : SqlText.name(name);
	}

	/** SQLite puts a new column's definition, after a comma, behind the last column's. */
	private boolean add(String prefix, TableShape after, List<String> statements) throws SQLException {
		String sql = sql(after.name());
		if (sql.equals(after.sql())) {
			return true;
		}
		String wanted = after.sql();
		int start = commonPrefix(sql, wanted);
		int end = commonSuffix(sql.substring(start), wanted.substring(start));
		if (start + end < sql.length()) {
			return false;
		}
		// the end of what is new may look like its beginning
		for (int shift = 0; shift <= start && wanted.length() - end - shift > 0; shift++) {
			String added = wanted.substring(start - shift, wanted.length() - end - shift);
			if (added.startsWith(", ")) {
				return addAll(prefix, added.substring(2), after, statements);
			}
			if (start == shift
					|| wanted.charAt(start - shift - 1) != wanted.charAt(wanted.length() - end - shift - 1)) {
				return false;
			}
		}
		return false;
	}

	/** Where one definition ends and the next begins only SQLite can tell. */
	private boolean addAll(String prefix, String definitions, TableShape after, List<String> statements)
			throws SQLException {
		int comma = -1;
		while (this.tries++ < MOST_TRIES) {
			comma = definitions.indexOf(", ", comma + 1);
			String definition = (comma < 0) ? definitions : definitions.substring(0, comma);
			String statement = prefix + "ADD COLUMN " + definition;
			ReadOnlyDatabase.execute(this.connection, "SAVEPOINT addition");
			statements.add(statement);
			boolean done = execute(statement);
			if (done && comma < 0) {
				done = sql(after.name()).equals(after.sql());
			}
			else if (done) {
				done = addAll(prefix, definitions.substring(comma + 2), after, statements);
			}
			if (done) {
				ReadOnlyDatabase.execute(this.connection, "RELEASE addition");
				return true;
			}
			statements.subList(statements.lastIndexOf(statement), statements.size()).clear();
			ReadOnlyDatabase.execute(this.connection, "ROLLBACK TO addition", "RELEASE addition");
			if (comma < 0) {
				return false;
			}
		}
		return false;
	}

	private boolean execute(String sql) {
		try {
			ReadOnlyDatabase.execute(this.connection, sql);
			return true;
		}
		catch (SQLException ex) {
			return false; // the table is made anew instead
		}
	}

	private String sql(String table) throws SQLException {
		try (PreparedStatement statement = this.connection
			.prepareStatement("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?")) {
			statement.setString(1, table);
			try (ResultSet answer = statement.executeQuery()) {
				return answer.next() ? answer.getString(1) : "";
			}
		}
	}

	private static int commonPrefix(String a, String b) {
		int length = 0;
		while (length < Math.min(a.length(), b.length()) && a.charAt(length) == b.charAt(length)) {
			length++;
		}
		return length;
	}

	private static int commonSuffix(String a, String b) {
		int length = 0;
		while (length < Math.min(a.length(), b.length())
				&& a.charAt(a.length() - 1 - length) == b.charAt(b.length() - 1 - length)) {
			length++;
		}
		return length;
	}

}
