package org.litestream4j.history;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.litestream4j.Replica;
import org.litestream4j.RestoreProgress;
import org.litestream4j.format.WalPosition;
import org.litestream4j.history.LogRequest.Detail;
import org.litestream4j.history.ObjectChange.Kind;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.ReplicaWriter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the log with tables, against what SQLite itself finds in both states.
 */
class TouchedObjectsTests {

	private static final long SEED = 1203;

	@TempDir
	private Path directory;

	private static HistoryLog log(ReplicaWriter writer, Path scratch) throws Exception {
		return new ReplicaHistory("app", new Replica("file", writer.client().store(), Replica.Options.DEFAULTS),
				LitestreamListener.NONE)
			.log(new LogRequest(null, null, null, 1000, Detail.TABLES), scratch, RestoreProgress.NONE);
	}

	@ParameterizedTest
	@CsvSource({ "512,auto_vacuum=NONE", "4096,auto_vacuum=NONE", "1024,auto_vacuum=FULL" })
	void rowsAreThoseThatSqliteFindsToDiffer(int pageSize, String pragma) throws Exception {
		Random random = new Random(SEED);
		try (ReplicaWriter writer = new ReplicaWriter(this.directory, "page_size=" + pageSize, pragma)) {
			writer.noteTimes();
			writer.commit("CREATE TABLE u (id INTEGER PRIMARY KEY, v)", "CREATE INDEX uv ON u (v)",
					"CREATE TABLE w (id INTEGER PRIMARY KEY, v) WITHOUT ROWID");
			writer.snapshot();
			for (int i = 0; i < 90; i++) {
				if (i % 25 == 24) {
					writer.nextIndex();
				}
				writer.commit(change(i, random));
			}
			Path scratch = Files.createDirectory(this.directory.resolve("scratch"));
			List<RestorePoint> points = new ArrayList<>(log(writer, scratch).points());
			assertThat(scratch).isEmptyDirectory();
			Collections.reverse(points);
			assertThat(points.get(0).changes()).as("nothing is known of what led to the first state").isNull();
			for (int i = 1; i < points.size(); i++) {
				WalPosition before = (WalPosition) Objects.requireNonNull(points.get(i - 1).position());
				WalPosition after = (WalPosition) Objects.requireNonNull(points.get(i).position());
				Map<String, Map<Long, String>> old = rows(writer.state(before));
				Map<String, Map<Long, String>> now = rows(writer.state(after));
				assertThat(counted(Objects.requireNonNull(points.get(i).changes()))).as("seed %d, point %d", SEED, i)
					.isEqualTo(expected(old, now));
			}
			assertThat(points.stream().flatMap((point) -> changes(point).stream()).map(ObjectChange::name))
				.contains("uv", "w", "u", "t", "x");
		}
	}

	private static List<ObjectChange> changes(RestorePoint point) {
		List<ObjectChange> changes = point.changes();
		return (changes != null) ? changes : List.of();
	}

	private static String change(int i, Random random) {
		String table = List.of("t", "u", "w").get(random.nextInt(3));
		String blob = "randomblob(%d)".formatted((random.nextInt(6) == 0) ? random.nextInt(9000) : random.nextInt(150));
		if (i == 40) {
			return "CREATE TABLE x AS SELECT id, v FROM t";
		}
		if (i == 60) {
			return "DROP TABLE x";
		}
		if (i == 80) {
			return "DELETE FROM u";
		}
		if (i == 85) {
			return "ALTER TABLE u RENAME TO u2";
		}
		if (i == 86) {
			return "ALTER TABLE u2 RENAME TO u";
		}
		return switch (random.nextInt(5)) {
			case 0 -> "DELETE FROM %s WHERE id %% %d = 0".formatted(table, 2 + random.nextInt(9));
			case 1 -> "UPDATE %s SET v = %s WHERE id %% %d = 1".formatted(table, blob, 3 + random.nextInt(30));
			case 2 -> "UPDATE %s SET v = substr(v, 1, length(v) - 1) || 'z' WHERE length(v) > 2000".formatted(table);
			default ->
				"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT OR REPLACE INTO %s SELECT abs(random()) %% 5000, %s FROM n"
					.formatted(1 + random.nextInt(60), table, blob);
		};
	}

	/** Rows of tables with a rowid, by table. */
	private Map<String, Map<Long, String>> rows(byte[] state) throws Exception {
		Path file = this.directory.resolve("state.db");
		byte[] bytes = state.clone();
		bytes[18] = 1; // no WAL is looked for
		bytes[19] = 1;
		Files.write(file, bytes);
		Map<String, Map<Long, String>> tables = new TreeMap<>();
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
				Statement statement = connection.createStatement()) {
			for (String table : names(statement)) {
				Map<Long, String> rows = new HashMap<>();
				try (ResultSet answer = statement.executeQuery("SELECT rowid, quote(v) FROM " + table)) {
					while (answer.next()) {
						rows.put(answer.getLong(1), answer.getString(2));
					}
				}
				tables.put(table, rows);
			}
		}
		return tables;
	}

	private static List<String> names(Statement statement) throws SQLException {
		List<String> names = new ArrayList<>();
		try (ResultSet answer = statement
			.executeQuery("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%WITHOUT%'")) {
			while (answer.next()) {
				names.add(answer.getString(1));
			}
		}
		return names;
	}

	private static Map<String, String> expected(Map<String, Map<Long, String>> old,
			Map<String, Map<Long, String>> now) {
		Set<String> names = new HashSet<>(old.keySet());
		names.addAll(now.keySet());
		Map<String, String> expected = new TreeMap<>();
		boolean renamed = names.contains("u2") && names.contains("u");
		for (String name : names) {
			Map<Long, String> before = old.getOrDefault(name, Map.of());
			Map<Long, String> after = now.getOrDefault(name, Map.of());
			long inserted = after.keySet().stream().filter((id) -> !before.containsKey(id)).count();
			long deleted = before.keySet().stream().filter((id) -> !after.containsKey(id)).count();
			long updated = after.keySet()
				.stream()
				.filter((id) -> before.containsKey(id) && !before.get(id).equals(after.get(id)))
				.count();
			if (inserted + deleted + updated > 0 && !(renamed && name.startsWith("u"))) {
				expected.put(name, "%d inserted, %d updated, %d deleted".formatted(inserted, updated, deleted));
			}
		}
		return expected;
	}

	private static Map<String, String> counted(List<ObjectChange> changes) {
		Map<String, String> counted = new TreeMap<>();
		for (ObjectChange change : changes) {
			Long inserted = change.inserted();
			Long updated = change.updated();
			Long deleted = change.deleted();
			boolean rows = inserted != null && updated != null && deleted != null && inserted + updated + deleted > 0;
			if (rows && !change.name().startsWith("sqlite_")) {
				counted.put(change.name(), "%d inserted, %d updated, %d deleted".formatted(inserted, updated, deleted));
			}
		}
		return counted;
	}

	@Test
	void whatIsCreatedAndDroppedIsSaidWithItsIndexes() throws Exception {
		try (ReplicaWriter writer = new ReplicaWriter(this.directory)) {
			writer.commit("INSERT INTO t (v) VALUES (1)");
			writer.snapshot();
			writer.commit("CREATE TABLE o (id INTEGER PRIMARY KEY, x)", "CREATE INDEX ox ON o (x)",
					"INSERT INTO o (x) VALUES (1), (2)");
			writer.commit("UPDATE o SET x = 3 WHERE id = 2", "DELETE FROM t");
			writer.commit("DROP TABLE o");
			Path scratch = Files.createDirectory(this.directory.resolve("scratch"));
			List<RestorePoint> points = log(writer, scratch).points();
			assertThat(points).hasSize(4);
			assertThat(points.get(2).changes()).filteredOn((change) -> !change.name().startsWith("sqlite_"))
				.containsExactly(new ObjectChange("table", "o", "o", 1, 2L, 0L, 0L, Kind.CREATED),
						new ObjectChange("index", "ox", "o", 1, null, null, null, Kind.CREATED));
			assertThat(points.get(1).changes()).containsExactly(
					new ObjectChange("table", "o", "o", 1, 0L, 1L, 0L, Kind.CHANGED),
					new ObjectChange("index", "ox", "o", 1, null, null, null, Kind.CHANGED),
					new ObjectChange("table", "t", "t", 1, 0L, 0L, 1L, Kind.CHANGED));
			assertThat(points.get(0).changes()).filteredOn((change) -> !change.name().startsWith("sqlite_"))
				.extracting(ObjectChange::name, ObjectChange::kind, ObjectChange::deleted)
				.containsExactly(org.assertj.core.groups.Tuple.tuple("o", Kind.DROPPED, 2L),
						org.assertj.core.groups.Tuple.tuple("ox", Kind.DROPPED, null));
		}
	}

	@Test
	void whatWroteMoreThanFitsIntoMemoryIsNamedWithoutRows() throws Exception {
		try (ReplicaWriter writer = new ReplicaWriter(this.directory)) {
			writer.commit("INSERT INTO t (v) VALUES (1)");
			writer.snapshot();
			writer.commit("INSERT INTO t (v) VALUES (zeroblob(40000000))");
			writer.commit("INSERT INTO t (v) VALUES (2)");
			Path scratch = Files.createDirectory(this.directory.resolve("scratch"));
			List<RestorePoint> points = log(writer, scratch).points();
			assertThat(points.get(1).changes()).singleElement().satisfies((change) -> {
				assertThat(change.name()).isEqualTo("t");
				assertThat(change.pages()).isGreaterThan(9000);
				assertThat(change.inserted()).isNull();
			});
			assertThat(points.get(0).changes()).extracting(ObjectChange::inserted).containsExactly(1L);
		}
	}

}
