package org.litestream4j.history.diff;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;

/**
 * What a database has, in the order in which it was made. Immutable.
 */
final class DatabaseSchema {

	private static final List<String> ROWID_NAMES = List.of("rowid", "_rowid_", "oid");

	private static final Pattern MODULE = Pattern.compile("(?is).*?\\bUSING\\s+[\"'`\\[]?(\\w+).*");

	private static final Set<String> FULL_TEXT = Set.of("fts3", "fts4", "fts5");

	private static final Set<String> PLACES = Set.of("rtree", "rtree_i32");

	/* content='', content="", content= */
	private static final Pattern NO_CONTENT = Pattern.compile("(?is).*[,(]\\s*content\\s*=\\s*(''|\"\"|(?=[,)])).*");

	private static final Pattern OTHER_CONTENT = Pattern
		.compile("(?is).*[,(]\\s*content\\s*=\\s*[\"'`\\[]?([^\"'`\\],)]+).*");

	/** What its rows are known by there; FTS5 alone has a name for that. */
	private static final Pattern CONTENT_ROWID = Pattern
		.compile("(?is).*[,(]\\s*content_rowid\\s*=\\s*[\"'`\\[]?([^\"'`\\],)]+).*");

	private final Map<String, TableShape> tables = new LinkedHashMap<>();

	private final Map<String, SchemaObject> objects = new LinkedHashMap<>();

	private DatabaseSchema() {
	}

	/** Names that SQLite holds for one are one here. */
	static String key(String name) {
		StringBuilder key = new StringBuilder(name);
		for (int i = 0; i < key.length(); i++) {
			char c = key.charAt(i);
			if (c >= 'A' && c <= 'Z') {
				key.setCharAt(i, (char) (c + 32));
			}
		}
		return key.toString();
	}

	static DatabaseSchema read(SQLiteConnection connection) throws SQLException {
		DatabaseSchema schema = new DatabaseSchema();
		Map<String, String> types = new HashMap<>();
		Map<String, Boolean> withoutRowid = new HashMap<>();
		try (Statement statement = connection.createStatement();
				ResultSet list = statement
					.executeQuery("SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'")) {
			while (list.next()) {
				types.put(key(list.getString(1)), list.getString(2));
				withoutRowid.put(key(list.getString(1)), list.getBoolean(3));
			}
		}
		List<Entry> entries = new ArrayList<>();
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement
					.executeQuery("SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema ORDER BY rowid")) {
			while (rows.next()) {
				entries.add(new Entry(rows.getString(1), rows.getString(2), rows.getString(3), rows.getLong(4),
						rows.getString(5)));
			}
		}
		List<String> virtual = entries.stream()
			.filter((entry) -> entry.isTable() && entry.isVirtual())
			.map(Entry::name)
			.toList();
		Set<String> names = entries.stream().map((entry) -> key(entry.name())).collect(Collectors.toSet());
		for (Entry entry : entries) {
			String sql = entry.sql();
			if (entry.isTable() && sql != null) {
				String type = types.getOrDefault(key(entry.name()), "table");
				schema.tables.put(key(entry.name()), shape(connection, entry, sql, type,
						withoutRowid.getOrDefault(key(entry.name()), false), virtual, names));
			}
			else if (sql != null) {
				schema.objects.put(entry.type() + ' ' + key(entry.name()),
						new SchemaObject(entry.type(), entry.name(), entry.table(), sql));
			}
		}
		return schema;
	}

	/** A row of {@code sqlite_schema}. */
	private record Entry(String type, String name, String table, long rootPage, @Nullable String sql) {

		boolean isTable() {
			return this.type.equals("table");
		}

		boolean isVirtual() {
			return this.sql != null && this.sql.toUpperCase(Locale.ROOT).startsWith("CREATE VIRTUAL");
		}

	}

	private static TableShape shape(SQLiteConnection connection, Entry entry, String sql, String type,
			boolean withoutRowid, List<String> virtual, Set<String> names) throws SQLException {
		if (entry.isVirtual()) {
			return virtualShape(connection, entry, sql, names);
		}
		List<String> stored = new ArrayList<>();
		Map<Integer, String> primary = new HashMap<>();
		Set<String> taken = new HashSet<>();
		boolean integer = false;
		boolean computed = false;
		try (PreparedStatement info = connection
			.prepareStatement("SELECT name, type, pk, hidden FROM pragma_table_xinfo(?)")) {
			info.setString(1, entry.name());
			try (ResultSet rows = info.executeQuery()) {
				while (rows.next()) {
					taken.add(key(rows.getString(1)));
					if (rows.getInt(4) > 1) {
						computed = true;
						continue;
					}
					stored.add(rows.getString(1));
					if (rows.getInt(3) > 0) {
						primary.put(rows.getInt(3), rows.getString(1));
						integer = "INTEGER".equalsIgnoreCase(rows.getString(2));
					}
				}
			}
		}
		String owner = type.equals("shadow") ? owner(entry.name(), virtual) : null;
		boolean counts = sql.toUpperCase(Locale.ROOT).contains("AUTOINCREMENT");
		if (withoutRowid) {
			List<String> keys = Stream.iterate(1, (i) -> i + 1).limit(primary.size()).map(primary::get).toList();
			return new TableShape(entry.name(), TableKind.WITHOUT_ROWID, sql, entry.rootPage(), keys,
					without(stored, keys), computed, counts, owner);
		}
		String rowid = ROWID_NAMES.stream().filter((name) -> !taken.contains(name)).findFirst().orElse(null);
		if (primary.size() == 1 && integer && !hasKeyIndex(connection, entry.name())) {
			rowid = primary.get(1);
		}
		List<String> keys = (rowid != null) ? List.of(rowid) : List.of();
		return new TableShape(entry.name(), (rowid != null) ? TableKind.ROWID : TableKind.NAMELESS_ROWID, sql,
				entry.rootPage(), keys, without(stored, keys), computed, counts, owner);
	}

	private static List<String> without(List<String> columns, List<String> keys) {
		return columns.stream().filter((column) -> !keys.contains(column)).toList();
	}

	/**
	 * With an index for its key, an INTEGER PRIMARY KEY DESC, a table keeps a rowid too.
	 */
	private static boolean hasKeyIndex(SQLiteConnection connection, String table) throws SQLException {
		try (PreparedStatement list = connection
			.prepareStatement("SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'")) {
			list.setString(1, table);
			try (ResultSet rows = list.executeQuery()) {
				return rows.next();
			}
		}
	}

	private static @Nullable String owner(String shadow, List<String> virtual) {
		return virtual.stream()
			.filter((name) -> key(shadow).startsWith(key(name) + "_"))
			.max((a, b) -> Integer.compare(a.length(), b.length()))
			.orElse(null);
	}

	private static TableShape virtualShape(SQLiteConnection connection, Entry entry, String sql, Set<String> names)
			throws SQLException {
		String module = module(sql);
		TableKind kind = TableKind.VIRTUAL_RAW;
		if (FULL_TEXT.contains(module) && !NO_CONTENT.matcher(sql).matches()) {
			Matcher content = OTHER_CONTENT.matcher(sql);
			boolean other = content.matches();
			kind = !other ? TableKind.VIRTUAL_ROWS
					: names.contains(key(content.group(1).strip())) ? TableKind.VIRTUAL_INDEX : TableKind.VIRTUAL_RAW;
		}
		else if (PLACES.contains(module)) {
			kind = TableKind.VIRTUAL_ROWS;
		}
		List<String> columns = (kind != TableKind.VIRTUAL_RAW) ? virtualColumns(connection, entry.name(), module)
				: List.of();
		if (kind == TableKind.VIRTUAL_INDEX && !canBeRebuilt(connection, sql, columns)) {
			kind = TableKind.VIRTUAL_RAW;
			columns = List.of();
		}
		boolean places = PLACES.contains(module);
		List<String> keys = places ? columns.subList(0, 1) : List.of("rowid");
		return new TableShape(entry.name(), kind, sql, 0, keys, places ? columns.subList(1, columns.size()) : columns,
				false, false, null);
	}

	/** Not so where its content has lost a column, or calls its key otherwise now. */
	private static boolean canBeRebuilt(SQLiteConnection connection, String sql, List<String> columns) {
		Matcher content = OTHER_CONTENT.matcher(sql);
		Matcher rowid = CONTENT_ROWID.matcher(sql);
		String selected = Stream
			.concat(columns.stream(), rowid.matches() ? Stream.of(rowid.group(1).strip()) : Stream.of())
			.map((column) -> "t." + SqlText.name(column))
			.collect(Collectors.joining(", "));
		String from = content.matches() ? content.group(1).strip() : "";
		try {
			ReadOnlyDatabase.strings(connection,
					"SELECT %s FROM %s AS t LIMIT 0".formatted(selected, SqlText.name(from)));
			return true;
		}
		catch (SQLException ex) {
			return false;
		}
	}

	private static String module(String sql) {
		Matcher matcher = MODULE.matcher(sql);
		return matcher.matches() ? key(matcher.group(1)) : "";
	}

	/** Of hidden columns, only FTS4's language is kept with a row. */
	private static List<String> virtualColumns(SQLiteConnection connection, String table, String module)
			throws SQLException {
		List<String> columns = new ArrayList<>();
		try (PreparedStatement info = connection.prepareStatement("SELECT name, hidden FROM pragma_table_xinfo(?)")) {
			info.setString(1, table);
			try (ResultSet rows = info.executeQuery()) {
				while (rows.next()) {
					String name = rows.getString(1);
					boolean language = rows.getInt(2) == 1 && module.equals("fts4") && !key(name).equals(key(table))
							&& !name.equals("docid") && !name.equals("__langid");
					if (rows.getInt(2) == 0 || language) {
						columns.add(name);
					}
				}
			}
		}
		return columns;
	}

	Collection<TableShape> tables() {
		return this.tables.values();
	}

	@Nullable TableShape table(String name) {
		return this.tables.get(key(name));
	}

	Collection<SchemaObject> objects() {
		return this.objects.values();
	}

	/** What has the type and the name of another database's. */
	@Nullable SchemaObject counterpart(SchemaObject other) {
		return this.objects.get(other.type() + ' ' + key(other.name()));
	}

	/** Whether it has the very same. */
	boolean has(SchemaObject other) {
		SchemaObject own = counterpart(other);
		return own != null && own.sql().equals(other.sql()) && own.belongsTo(other.table());
	}

	/** What a name stands for, if not for a table. */
	List<SchemaObject> named(String name) {
		return this.objects.values().stream().filter((object) -> key(object.name()).equals(key(name))).toList();
	}

	/** The indexes and triggers of a table, in order. */
	List<SchemaObject> of(TableShape table, String type) {
		return this.objects.values()
			.stream()
			.filter((object) -> object.type().equals(type) && object.belongsTo(table.name()))
			.toList();
	}

	/** The shadow tables of a virtual table. */
	List<TableShape> shadows(TableShape virtual) {
		return this.tables.values()
			.stream()
			.filter((table) -> table.owner() != null && key(table.owner()).equals(key(virtual.name())))
			.toList();
	}

}
