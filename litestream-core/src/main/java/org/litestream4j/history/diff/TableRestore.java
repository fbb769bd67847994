package org.litestream4j.history.diff;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.history.diff.TableRestoreReport.Dangling;
import org.litestream4j.history.diff.TableRestoreReport.Table;

/**
 * Takes tables from a restored state into another database, which nobody else has open:
 * rows, indexes and triggers, in one transaction. SQLite itself copies the rows, so that
 * memory does not depend on how many there are.
 */
public final class TableRestore {

	/** SQLITE_OPEN_READWRITE, SQLITE_OPEN_CREATE, SQLITE_OPEN_URI. */
	private static final int CREATE = 0x46;

	private static final int LISTED = 20;

	private final Path state;

	private final Path target;

	private final TableRestoreOptions options;

	/**
	 * Creates a restore. Does no I/O.
	 * @param state the restored database, which is only read
	 * @param target the database to restore into; made if it is not there
	 */
	public TableRestore(Path state, Path target, TableRestoreOptions options) {
		this.state = state;
		this.target = target;
		this.options = options;
	}

	/**
	 * Restores the tables.
	 * @return what was restored
	 * @throws RestoreException with one sentence, if that cannot be done; the target is
	 * then as it was
	 * @throws IOException if SQLite cannot read or write one of the files
	 */
	public TableRestoreReport run() throws IOException {
		try (ReadOnlyDatabase from = ReadOnlyDatabase.open(this.state);
				SQLiteConnection connection = ReadOnlyDatabase.connect("file:" + ReadOnlyDatabase.encoded(this.target),
						CREATE)) {
			List<TableShape> tables = wanted(from.schema());
			requireSameEncoding(from, connection);
			ReadOnlyDatabase.execute(connection, "PRAGMA trusted_schema=OFF", "PRAGMA foreign_keys=OFF",
					"PRAGMA cache_size=-16000",
					"ATTACH %s AS state".formatted(SqlText.text(ReadOnlyDatabase.uri(this.state))), "BEGIN IMMEDIATE");
			// a failure rolls back, as the connection is closed
			TableRestoreReport report = copy(connection, from, tables);
			requireForeignKeys(report);
			ReadOnlyDatabase.execute(connection, "COMMIT", "DETACH state");
			return report;
		}
		catch (SQLException ex) {
			throw ReadOnlyDatabase.failure(ex);
		}
	}

	private List<TableShape> wanted(DatabaseSchema schema) throws RestoreException {
		Map<String, TableShape> wanted = new LinkedHashMap<>();
		for (String name : this.options.tables()) {
			TableShape table = schema.table(name);
			if (table == null) {
				throw missing(name, schema);
			}
			if (table.owner() != null) {
				throw refused("'%s' belongs to the virtual table '%s': name that, and all of it is restored"
					.formatted(table.name(), table.owner()));
			}
			if (DatabaseSchema.key(name).startsWith("sqlite_")) {
				throw refused("'%s' is SQLite's own: a table of the application is expected".formatted(table.name()));
			}
			wanted.put(DatabaseSchema.key(name), table);
		}
		if (this.options.newName() != null && wanted.size() > 1) {
			throw refused("a new name is given for %d tables: restore one after the other".formatted(wanted.size()));
		}
		// content before what indexes it
		return schema.tables()
			.stream()
			.filter((table) -> wanted.containsKey(DatabaseSchema.key(table.name())))
			.toList();
	}

	private static RestoreException missing(String name, DatabaseSchema schema) {
		List<SchemaObject> others = schema.named(name);
		if (!others.isEmpty()) {
			return refused("'%s' is %s %s, and only tables are restored".formatted(name,
					others.get(0).type().equals("index") ? "an" : "a", others.get(0).type()));
		}
		List<String> names = schema.tables()
			.stream()
			.filter((table) -> table.owner() == null && !table.name().startsWith("sqlite_"))
			.map(TableShape::name)
			.toList();
		String more = (names.size() > LISTED) ? " and %d others".formatted(names.size() - LISTED) : "";
		return new RestoreException(Kind.NO_SUCH_STATE,
				"There is no table '%s' in that state: there are %s%s; another state may have it".formatted(name,
						names.stream().limit(LISTED).collect(Collectors.joining(", ")), more));
	}

	private static RestoreException refused(String sentence) {
		return new RestoreException(Kind.OUTPUT_EXISTS, sentence);
	}

	/** A new database gets what the state has. */
	private void requireSameEncoding(ReadOnlyDatabase from, SQLiteConnection connection)
			throws IOException, SQLException {
		boolean isNew = ReadOnlyDatabase.strings(connection, "SELECT name FROM sqlite_schema LIMIT 1").isEmpty();
		String encoding = from.pragma("encoding");
		if (isNew) {
			ReadOnlyDatabase.execute(connection, "PRAGMA page_size=" + from.pragma("page_size"),
					"PRAGMA encoding='%s'".formatted(encoding));
		}
		String own = ReadOnlyDatabase.strings(connection, "PRAGMA encoding").get(0);
		if (!own.equals(encoding)) {
			throw refused("%s has its text in %s, and the state in %s: restore into another file".formatted(this.target,
					own, encoding));
		}
	}

	private TableRestoreReport copy(SQLiteConnection connection, ReadOnlyDatabase from, List<TableShape> tables)
			throws IOException, SQLException {
		List<Table> restored = new ArrayList<>();
		for (TableShape table : tables) {
			this.options.cancellation().check();
			DatabaseSchema existing = DatabaseSchema.read(connection);
			String newName = (this.options.newName() != null) ? this.options.newName() : table.name();
			requireFree(existing, newName);
			TableDefinition definition = TableDefinition.of(from.schema(), table, newName, names(existing));
			ReadOnlyDatabase.execute(connection, definition.table());
			long rows = table.isVirtual() ? copyShadows(connection, from, table, newName)
					: copyRows(connection, table, newName);
			for (SchemaObject object : definition.objects()) {
				ReadOnlyDatabase.execute(connection, object.sql());
			}
			restored.add(new Table(table.name(), newName, rows, definition.namesOf("index"),
					definition.namesOf("trigger"), definition.leftOut()));
		}
		return new TableRestoreReport(restored, dangling(connection, restored));
	}

	private static Set<String> names(DatabaseSchema schema) {
		Set<String> names = schema.objects()
			.stream()
			.map((object) -> DatabaseSchema.key(object.name()))
			.collect(Collectors.toSet());
		schema.tables().forEach((table) -> names.add(DatabaseSchema.key(table.name())));
		return names;
	}

	private void requireFree(DatabaseSchema existing, String name) throws RestoreException {
		boolean taken = existing.table(name) != null || !existing.named(name).isEmpty();
		if (taken) {
			throw refused(
					"%s has '%s' already, and nothing is overwritten: restore it under another name (-as), or into another file"
						.formatted(this.target, name));
		}
	}

	private long copyRows(SQLiteConnection connection, TableShape table, String newName) throws SQLException {
		insert(connection, table, newName);
		if (table.autoincrement()) {
			ReadOnlyDatabase.execute(connection,
					"DELETE FROM main.sqlite_sequence WHERE name = " + SqlText.text(newName),
					"INSERT INTO main.sqlite_sequence(name, seq) SELECT %s, seq FROM state.sqlite_sequence WHERE name = %s"
						.formatted(SqlText.text(newName), SqlText.text(table.name())));
		}
		return count(connection, "main", newName);
	}

	private static void insert(SQLiteConnection connection, TableShape table, String newName) throws SQLException {
		String columns = SqlText.names(table.all());
		ReadOnlyDatabase.execute(connection, "INSERT INTO main.%s(%s) SELECT %s FROM state.%s"
			.formatted(SqlText.name(newName), columns, columns, SqlText.name(table.name())));
	}

	/** What a virtual table has is copied as it is, and not indexed again. */
	private static long copyShadows(SQLiteConnection connection, ReadOnlyDatabase from, TableShape table,
			String newName) throws IOException, SQLException {
		for (TableShape shadow : from.schema().shadows(table)) {
			String target = newName + shadow.name().substring(table.name().length());
			if (ReadOnlyDatabase
				.strings(connection,
						"SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name = " + SqlText.text(target))
				.isEmpty()) {
				throw refused("the virtual table '%s' has a table '%s' that this version of SQLite does not make for it"
					.formatted(table.name(), shadow.name()));
			}
			ReadOnlyDatabase.execute(connection, "DELETE FROM main." + SqlText.name(target));
			insert(connection, shadow, target);
		}
		return (table.kind() == TableKind.VIRTUAL_ROWS) ? count(connection, "state", table.name()) : 0;
	}

	private static long count(SQLiteConnection connection, String schema, String table) throws SQLException {
		return Long.parseLong(ReadOnlyDatabase
			.strings(connection, "SELECT count(*) FROM %s.%s".formatted(schema, SqlText.name(table)))
			.get(0));
	}

	private static List<Dangling> dangling(SQLiteConnection connection, List<Table> tables) throws SQLException {
		List<Dangling> dangling = new ArrayList<>();
		for (Table table : tables) {
			try {
				dangling.addAll(dangling(connection, table));
			}
			catch (SQLException ex) {
				dangling.add(new Dangling(table.as(), null, 0, ex.getMessage()));
			}
		}
		return dangling;
	}

	private static List<Dangling> dangling(SQLiteConnection connection, Table table) throws SQLException {
		List<Dangling> dangling = new ArrayList<>();
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement
					.executeQuery("SELECT parent, count(*) FROM pragma_foreign_key_check(%s, 'main') GROUP BY parent"
						.formatted(SqlText.text(table.as())))) {
			while (rows.next()) {
				dangling.add(new Dangling(table.as(), rows.getString(1), rows.getLong(2), null));
			}
		}
		return dangling;
	}

	private void requireForeignKeys(TableRestoreReport report) throws RestoreException {
		if (this.options.requireForeignKeys() && !report.dangling().isEmpty()) {
			throw new RestoreException(Kind.CHECK_FAILED,
					"Nothing was restored, as foreign keys would dangle: %s; restore the tables that they lead to with it"
						.formatted(
								report.dangling().stream().map(Dangling::describe).collect(Collectors.joining("; "))));
		}
	}

}
