package org.litestream4j.sqlite.btree;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * What a database is made of, in the order in which {@code sqlite_schema} has it.
 * Immutable.
 */
public final class Schema {

	/** The table that says what others there are; its b-tree begins in page 1. */
	public static final SchemaObject SCHEMA_TABLE = new SchemaObject(SchemaObject.Type.TABLE, "sqlite_schema",
			"sqlite_schema", 1, null);

	/** An SQL text longer than this is no use to anybody here. */
	private static final int LONGEST = 16 << 20;

	private final List<SchemaObject> objects;

	private final Map<Long, SchemaObject> byRoot = new HashMap<>();

	private Schema(List<SchemaObject> objects) {
		this.objects = List.copyOf(objects);
		this.byRoot.put(SCHEMA_TABLE.root(), SCHEMA_TABLE);
		for (SchemaObject object : objects) {
			if (object.hasTree()) {
				this.byRoot.putIfAbsent(object.root(), object);
			}
		}
	}

	/**
	 * Reads the schema.
	 * @throws DamagedPageException if it cannot be read whole
	 * @throws IOException if a page cannot be read
	 */
	public static Schema read(PageSource source) throws IOException {
		TreeHeader header = TreeHeader.of(source);
		List<SchemaObject> objects = new ArrayList<>();
		new TreeWalk(source, header.usableSize()).walk(1, (page) -> {
			for (int i = 0; page.kind() == TreePage.Kind.TABLE_LEAF && i < page.cells(); i++) {
				SchemaObject object = parse(
						RowRecord.values(Payload.read(page, i, source, LONGEST), page.number(), header.text()));
				if (object != null) {
					objects.add(object);
				}
			}
		});
		return new Schema(objects);
	}

	private static @Nullable SchemaObject parse(List<@Nullable Object> row) {
		if (row.size() < 5 || !(row.get(0) instanceof String type) || !(row.get(1) instanceof String name)
				|| !(row.get(2) instanceof String table)) {
			return null;
		}
		long root = (row.get(3) instanceof Long number) ? number : 0;
		String sql = (row.get(4) instanceof String text) ? text : null;
		try {
			return new SchemaObject(SchemaObject.Type.valueOf(type.toUpperCase(Locale.ROOT)), name, table, root, sql);
		}
		catch (IllegalArgumentException ex) {
			return null; // of a later SQLite
		}
	}

	/** Everything, without {@link #SCHEMA_TABLE}. */
	public List<SchemaObject> objects() {
		return this.objects;
	}

	/** The table or index whose b-tree begins in a page, the schema's own included. */
	public Optional<SchemaObject> byRoot(long root) {
		return Optional.ofNullable(this.byRoot.get(root));
	}

	/** The table of a name, in whatever case. */
	public Optional<SchemaObject> table(String name) {
		return this.objects.stream()
			.filter((object) -> object.type() == SchemaObject.Type.TABLE && object.name().equalsIgnoreCase(name))
			.findFirst();
	}

	/** The first pages of all b-trees, the schema's own included. */
	public List<Long> roots() {
		return this.byRoot.keySet().stream().sorted().toList();
	}

	@Override
	public String toString() {
		return this.objects.toString();
	}

}
