package org.litestream4j.history.diff;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.jspecify.annotations.Nullable;

/**
 * Changes a database as an application might in a long life, and as none should: every
 * kind of table, every kind of value, names that need quotes, schema changes. Not
 * thread-safe.
 */
final class RandomDatabase {

	private static final String[] DEFINITIONS = {
			"CREATE TABLE notes(id INTEGER PRIMARY KEY, title TEXT NOT NULL, body)",
			"CREATE TABLE counted(id INTEGER PRIMARY KEY AUTOINCREMENT, a, b TEXT DEFAULT 'it''s')",
			"CREATE TABLE bare(a, b INT, c REAL, d BLOB, e NUMERIC)",
			"CREATE TABLE named(name TEXT PRIMARY KEY COLLATE NOCASE, value)",
			"CREATE TABLE pairs(a TEXT COLLATE NOCASE, b INT, c, PRIMARY KEY(b DESC, a)) WITHOUT ROWID",
			"CREATE TABLE blobs(k BLOB PRIMARY KEY, v) WITHOUT ROWID",
			"CREATE TABLE anykey(k PRIMARY KEY, v REAL) WITHOUT ROWID",
			"CREATE TABLE strict_one(id INTEGER PRIMARY KEY, i INT, r REAL, t TEXT, b BLOB, x ANY) STRICT",
			"CREATE TABLE computed(a INT, b TEXT, v AS (a || b), s AS (length(b)) STORED, UNIQUE(a, s))",
			"CREATE TABLE seats(id INTEGER PRIMARY KEY, seat INT UNIQUE, guest TEXT, CHECK(id > -100000))",
			"CREATE TABLE \"odd \"\"table\"\" ÿ\"(\"select\" TEXT, \"a b\" INT, [x'y] REAL, rowid TEXT)",
			"CREATE TABLE nameless(rowid, _rowid_ TEXT, oid INT)",
			"CREATE TABLE \"desc\"(id INTEGER PRIMARY KEY DESC, v)",
			"CREATE TABLE child(id INTEGER PRIMARY KEY, note INT REFERENCES notes(id) ON DELETE CASCADE)",
			"CREATE VIRTUAL TABLE words USING fts5(title, body)",
			"CREATE VIRTUAL TABLE note_index USING fts5(title, content='notes', content_rowid='id')",
			"CREATE VIRTUAL TABLE old_words USING fts4(text, lang, languageid=\"lid\")",
			"CREATE VIRTUAL TABLE nothing_kept USING fts5(body, content='')",
			"CREATE VIRTUAL TABLE places USING rtree(id, x0, x1, +label)" };

	private static final String[] OBJECTS = { "CREATE INDEX notes_title ON notes(title)",
			"CREATE UNIQUE INDEX seats_guest ON seats(guest) WHERE guest NOT NULL",
			"CREATE UNIQUE INDEX notes_lower ON notes(lower(title), id)", "CREATE INDEX bare_e ON bare(e, c DESC)",
			"CREATE VIEW titles AS SELECT title FROM notes", "CREATE VIEW \"seat view\" AS SELECT id, seat FROM seats",
			"CREATE TRIGGER notes_log AFTER INSERT ON notes BEGIN INSERT INTO counted(a) VALUES(new.title); END",
			"CREATE TRIGGER notes_gone AFTER DELETE ON notes BEGIN UPDATE bare SET b = coalesce(b, 0) + 1; END",
			"CREATE TRIGGER notes_to_index AFTER INSERT ON notes BEGIN INSERT INTO note_index(rowid, title) VALUES(new.id, new.title); END",
			"CREATE TRIGGER titles_in INSTEAD OF INSERT ON titles BEGIN INSERT INTO notes(title) VALUES(new.title); END" };

	private final Connection connection;

	private final Random random;

	private int names;

	RandomDatabase(Connection connection, long seed) {
		this.connection = connection;
		this.random = new Random(seed);
	}

	/** Makes some tables and rows. */
	void begin() throws SQLException {
		if (this.random.nextInt(8) == 0) {
			execute("PRAGMA encoding='UTF-16le'");
		}
		execute("PRAGMA page_size=" + (512 << this.random.nextInt(5)));
		for (String definition : DEFINITIONS) {
			if (this.random.nextInt(3) > 0) {
				execute(definition);
			}
		}
		for (String object : OBJECTS) {
			if (this.random.nextInt(3) > 0) {
				execute(object);
			}
		}
		change(5 + this.random.nextInt(60));
	}

	/** Makes so many changes, each a transaction; what SQLite refuses is left out. */
	void change(int steps) throws SQLException {
		for (int i = 0; i < steps; i++) {
			int what = this.random.nextInt(100);
			if (what < 3) {
				changeSchema();
			}
			else if (what < 4) {
				execute((this.random.nextInt(3) == 0) ? "ANALYZE" : "VACUUM");
			}
			else {
				changeRows();
			}
		}
	}

	private void changeSchema() throws SQLException {
		List<String> tables = tables();
		String table = tables.isEmpty() ? "none" : SqlText.name(pick(tables));
		String column = "c" + this.names++;
		switch (this.random.nextInt(9)) {
			case 0 -> execute("ALTER TABLE %s ADD COLUMN %s".formatted(table, column));
			case 1 -> execute("ALTER TABLE %s ADD COLUMN %s TEXT NOT NULL DEFAULT 'a, b)'".formatted(table, column));
			case 2 -> execute("ALTER TABLE %s ADD COLUMN %s REAL DEFAULT 1".formatted(table, column));
			case 3 ->
				execute("ALTER TABLE %s DROP COLUMN %s".formatted(table, SqlText.name(pick(columns(table, "none")))));
			case 4 -> execute("ALTER TABLE %s RENAME COLUMN %s TO %s".formatted(table,
					SqlText.name(pick(columns(table, "none"))), column));
			case 5 -> execute("DROP TABLE " + table);
			case 6 -> execute("CREATE TABLE t%s(%s PRIMARY KEY, a, b)".formatted(column, column));
			case 7 -> execute("DROP " + pick(List.of("INDEX notes_title", "VIEW titles", "TRIGGER notes_log",
					"INDEX seats_guest", "TRIGGER notes_gone")));
			default -> execute(pick(List.of(this.random.nextBoolean() ? OBJECTS : DEFINITIONS)));
		}
	}

	private void changeRows() throws SQLException {
		List<String> tables = tables();
		if (tables.isEmpty()) {
			return;
		}
		String plain = pick(tables);
		String table = SqlText.name(plain);
		execute("BEGIN");
		int rows = 1 + this.random.nextInt(this.random.nextInt(6) == 0 ? 200 : 6);
		int kind = this.random.nextInt(10);
		for (int i = 0; i < rows; i++) {
			if (kind < 5) {
				insert(table);
			}
			else if (kind < 8) {
				update(table);
			}
			else {
				execute("DELETE FROM %s WHERE %s".formatted(table, some(table)));
			}
		}
		if (plain.equals("seats")) {
			// as no order of single updates could do it
			execute("UPDATE seats SET seat = -seat");
			execute("UPDATE seats SET seat = -seat + (SELECT max(-seat) FROM seats)");
		}
		execute((this.random.nextInt(10) == 0) ? "ROLLBACK" : "COMMIT");
	}

	private void insert(String table) throws SQLException {
		List<String> columns = columns(table, "none");
		String marks = "?" + ", ?".repeat(columns.size() - 1);
		String verb = (this.random.nextInt(4) == 0) ? "INSERT OR REPLACE" : "INSERT OR IGNORE";
		try (PreparedStatement insert = this.connection
			.prepareStatement("%s INTO %s(%s) VALUES(%s)".formatted(verb, table, SqlText.names(columns), marks))) {
			for (int i = 0; i < columns.size(); i++) {
				insert.setObject(i + 1, value(table));
			}
			insert.execute();
		}
		catch (SQLException ex) {
			execute("INSERT OR IGNORE INTO %s(%s) VALUES(%d)".formatted(table, SqlText.name(pick(columns)),
					this.random.nextInt(50)));
		}
	}

	private void update(String table) throws SQLException {
		String sql = "UPDATE OR IGNORE %s SET %s = ? WHERE %s".formatted(table,
				SqlText.name(pick(columns(table, "none"))), some(table));
		try (PreparedStatement update = this.connection.prepareStatement(sql)) {
			update.setObject(1, value(table));
			update.execute();
		}
		catch (SQLException ex) {
			// refused
		}
	}

	/** A condition that some rows fulfil. */
	private String some(String table) throws SQLException {
		String column = SqlText.name(pick(columns(table, "none")));
		int least = this.random.nextInt(100);
		return this.random.nextBoolean() ? "%s > %d AND %s < %d".formatted(column, least, column, least + 9)
				: "abs(length(%s) * 7919 + %d) %% 13 = 0".formatted(column, least);
	}

	/** What a real is as text, which an index has, depends on SQLite's version. */
	@Nullable private Object value(String table) {
		Object value = value();
		return (value instanceof Double && table.contains("words")) ? "real" : value;
	}

	@Nullable private Object value() {
		return switch (this.random.nextInt(16)) {
			case 0 -> null;
			case 1, 2, 3, 4 -> this.random.nextInt(60);
			case 5 -> this.random.nextLong();
			case 6 ->
				List.of(Long.MIN_VALUE, Long.MAX_VALUE, 0L, -1L, 1L << 53, (1L << 53) + 1).get(this.random.nextInt(6));
			case 7 -> List
				.of(0.0, -0.0, 1.0, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.MIN_VALUE,
						Double.MAX_VALUE, 0.1 + 0.2, 1e22, 1e21, 9007199254740992.0, Double.MIN_NORMAL)
				.get(this.random.nextInt(12));
			case 8 -> Double.longBitsToDouble(this.random.nextLong());
			case 9 -> this.random.nextDouble() * 1000;
			case 10 -> blob(this.random.nextInt(40));
			case 11 -> (this.random.nextInt(10) == 0) ? blob(this.random.nextInt(20_000)) : blob(3);
			case 12 -> List
				.of("", "it's", "two\nlines", "tab\tand \u001b[31mred", "nul\0inside", "\r\n", "ÿ€𝄞", "\ufeffmark",
						"--comment", "/* x */", "; DROP TABLE notes;", "1", "1.0", "\u2028", "\ud800")
				.get(this.random.nextInt(15));
			default -> "text " + this.random.nextInt(40);
		};
	}

	private byte[] blob(int length) {
		byte[] blob = new byte[length];
		this.random.nextBytes(blob);
		return blob;
	}

	private List<String> tables() throws SQLException {
		return strings("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')"
				+ " AND name NOT LIKE 'sqlite%' AND name <> 'note_index' ORDER BY name");
	}

	private List<String> columns(String table, String otherwise) throws SQLException {
		List<String> columns = strings(
				"SELECT name FROM pragma_table_xinfo(%s) WHERE hidden = 0 ORDER BY cid".formatted(table));
		return columns.isEmpty() ? List.of(otherwise) : columns;
	}

	private List<String> strings(String sql) throws SQLException {
		List<String> strings = new ArrayList<>();
		try (Statement statement = this.connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
			while (rows.next()) {
				strings.add(rows.getString(1));
			}
		}
		return strings;
	}

	private <T> T pick(List<T> choices) {
		return choices.get(this.random.nextInt(choices.size()));
	}

	private void execute(String sql) throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			statement.execute(sql);
		}
		catch (SQLException ex) {
			// refused: there is another one
		}
	}

}
