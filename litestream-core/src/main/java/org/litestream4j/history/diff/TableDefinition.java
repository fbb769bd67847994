package org.litestream4j.history.diff;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConnection;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;

/**
 * The statements that make a table, perhaps under another name, with its indexes and
 * triggers.
 *
 * @param table the statement for the table
 * @param objects its indexes, then its triggers
 * @param leftOut names of triggers that could not be renamed with it
 */
record TableDefinition(String table, List<SchemaObject> objects, List<String> leftOut) {

	private static final Logger logger = LoggerFactory.getLogger(TableDefinition.class);

	/** SQLITE_OPEN_READWRITE, SQLITE_OPEN_CREATE, SQLITE_OPEN_MEMORY. */
	private static final int IN_MEMORY = 0x86;

	/**
	 * SQLite keeps what follows the name as it was given, and writes anew what is before
	 * it.
	 */
	private static final Pattern NAMED = Pattern.compile(
			"(?is)(CREATE\\s+(?:UNIQUE\\s+)?(?:VIRTUAL\\s+)?(?:TABLE|INDEX|TRIGGER)\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?)"
					+ "(?:\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`|\\[[^\\]]*\\]|'(?:[^']|'')*'|[^\\s(\"'`\\[]+)(.*)");

	/**
	 * Finds the statements.
	 * @param taken keys of names that the target has already
	 */
	static TableDefinition of(DatabaseSchema schema, TableShape table, String newName, Set<String> taken)
			throws RestoreException, SQLException {
		List<SchemaObject> indexes = schema.of(table, "index");
		List<SchemaObject> triggers = schema.of(table, "trigger");
		if (newName.equals(table.name())) {
			List<SchemaObject> all = Stream.concat(indexes.stream(), triggers.stream()).toList();
			for (SchemaObject object : all) {
				if (taken.contains(DatabaseSchema.key(object.name()))) {
					throw new RestoreException(Kind.OUTPUT_EXISTS,
							"The %s '%s' of '%s' has a name that is taken there: restore the table under another name (-as), or into another file"
								.formatted(object.type(), object.name(), table.name()));
				}
			}
			return new TableDefinition(table.sql(), all, List.of());
		}
		if (table.isVirtual()) {
			return new TableDefinition(renamed(table.sql(), newName), List.of(), List.of());
		}
		try {
			return renamed(schema, table, newName, indexes, triggers, taken);
		}
		catch (SQLException ex) {
			TableDefinition without = renamed(schema, table, newName, indexes, List.of(), taken);
			return new TableDefinition(without.table(), without.objects(),
					triggers.stream().map(SchemaObject::name).toList());
		}
	}

	/** SQLite renames it, in an empty database, and whatever names it. */
	private static TableDefinition renamed(DatabaseSchema schema, TableShape table, String newName,
			List<SchemaObject> indexes, List<SchemaObject> triggers, Set<String> taken) throws SQLException {
		try (SQLiteConnection scratch = ReadOnlyDatabase.connect(":memory:", IN_MEMORY)) {
			ReadOnlyDatabase.execute(scratch, "PRAGMA trusted_schema=OFF", table.sql());
			makeOthers(scratch, schema, table);
			for (SchemaObject object : Stream.concat(indexes.stream(), triggers.stream()).toList()) {
				ReadOnlyDatabase.execute(scratch, object.sql());
			}
			ReadOnlyDatabase.execute(scratch,
					"ALTER TABLE %s RENAME TO %s".formatted(SqlText.name(table.name()), SqlText.name(newName)));
			DatabaseSchema renamed = DatabaseSchema.read(scratch);
			List<SchemaObject> objects = new ArrayList<>();
			for (SchemaObject object : renamed.objects()) {
				boolean clashes = taken.contains(DatabaseSchema.key(object.name()));
				String name = clashes ? object.name() + '_' + newName : object.name();
				objects.add(
						clashes ? new SchemaObject(object.type(), name, newName, renamed(object.sql(), name)) : object);
			}
			objects.sort((a, b) -> a.type().compareTo(b.type()));
			TableShape made = renamed.table(newName);
			return new TableDefinition((made != null) ? made.sql() : "", objects, List.of());
		}
	}

	/** Triggers may name them; those that cannot be made here are perhaps not named. */
	private static void makeOthers(SQLiteConnection scratch, DatabaseSchema schema, TableShape table) {
		for (TableShape other : schema.tables()) {
			if (other.owner() == null && !other.name().equals(table.name()) && !other.name().startsWith("sqlite_")) {
				try {
					ReadOnlyDatabase.execute(scratch, other.sql());
				}
				catch (SQLException ex) {
					logger.debug("{} is not made to rename {}", other.name(), table.name(), ex);
				}
			}
		}
	}

	/** The same statement, for another name. */
	static String renamed(String sql, String newName) {
		Matcher matcher = NAMED.matcher(sql);
		if (!matcher.matches()) {
			throw new IllegalArgumentException("not a statement of SQLite's schema: " + sql);
		}
		return matcher.group(1) + SqlText.name(newName) + matcher.group(2);
	}

	List<String> namesOf(String type) {
		return this.objects.stream().filter((object) -> object.type().equals(type)).map(SchemaObject::name).toList();
	}

}
