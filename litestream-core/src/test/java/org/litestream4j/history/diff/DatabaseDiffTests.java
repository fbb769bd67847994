package org.litestream4j.history.diff;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.io.SystemDisk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class DatabaseDiffTests {

	@TempDir
	Path directory;

	private Path make(String name, String... statements) throws SQLException {
		Path file = this.directory.resolve(name);
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
				Statement statement = connection.createStatement()) {
			for (String sql : statements) {
				statement.executeUpdate(sql);
			}
		}
		return file;
	}

	private DiffReport diff(DiffOptions options) throws IOException {
		Path copy = Files.copy(this.directory.resolve("a.db"), this.directory.resolve("copy.db"));
		try {
			return new DatabaseDiff(copy, this.directory.resolve("b.db"), SystemDisk.ownerOnly()).run(options);
		}
		finally {
			Files.delete(copy);
		}
	}

	/** The script, after it was seen to lead from the first state to the second. */
	private String script() throws IOException, SQLException {
		StringBuilder script = new StringBuilder();
		diff(DiffOptions.SUMMARY.withScript(script));
		Path applied = Files.copy(this.directory.resolve("a.db"), this.directory.resolve("applied.db"));
		make("applied.db", script.toString());
		assertThat(DatabaseContent.of(applied)).isEqualTo(DatabaseContent.of(this.directory.resolve("b.db")));
		return script.toString();
	}

	@Test
	void reportCountsRowsByTable() throws Exception {
		make("a.db", "CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE TABLE same(a); INSERT INTO same VALUES(1);"
				+ "INSERT INTO t VALUES(1,'one'),(2,'two'),(3,'three')");
		make("b.db", "CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE TABLE same(a); INSERT INTO same VALUES(1);"
				+ "INSERT INTO t VALUES(2,'two'),(3,3),(4,NULL),(5,x'05')");
		DiffReport report = diff(DiffOptions.SUMMARY.withRows(10));
		assertThat(report.compared()).isEqualTo(2);
		assertThat(report.tables()).singleElement()
			.extracting(TableDiff::table, TableDiff::added, TableDiff::removed, TableDiff::changed, TableDiff::keyedBy)
			.containsExactly("t", 2L, 1L, 1L, List.of("id"));
		assertThat(report.tables().get(0).rows()).containsExactly(
				new RowDiff(Change.REMOVED, Map.of("id", "1"), Map.of("v", "'one'"), Map.of()),
				new RowDiff(Change.CHANGED, Map.of("id", "3"), Map.of("v", "'three'"), Map.of("v", "3")),
				new RowDiff(Change.ADDED, Map.of("id", "4"), Map.of(), Map.of("v", "NULL")),
				new RowDiff(Change.ADDED, Map.of("id", "5"), Map.of(), Map.of("v", "x'05'")));
	}

	@Test
	void sameContentIsEqualWhereverItsPagesAre() throws Exception {
		make("a.db", "CREATE TABLE t(a); INSERT INTO t VALUES(zeroblob(9000)); DELETE FROM t; INSERT INTO t VALUES(1)");
		make("b.db", "PRAGMA page_size=512; CREATE TABLE t(a); INSERT INTO t VALUES(1)");
		assertThat(diff(DiffOptions.SUMMARY).isEmpty()).isTrue();
		assertThat(script()).isEqualTo("-- nothing differs\n");
	}

	@Test
	void valuesOfOneNumberAndTwoKindsAreNotTheSame() throws Exception {
		make("a.db", "CREATE TABLE t(a); INSERT INTO t VALUES(1),(0.0),('1'),('a')");
		make("b.db", "CREATE TABLE t(a); INSERT INTO t VALUES(1.0),(-0.0),(x'31'),('a')");
		assertThat(diff(DiffOptions.SUMMARY).tables()).singleElement().extracting(TableDiff::changed).isEqualTo(3L);
		assertThat(script()).contains("=1.0 ", "=-0.0 ", "=x'31' ");
	}

	@Test
	void uniqueValuesChangePlaces() throws Exception {
		String table = "CREATE TABLE t(id INTEGER PRIMARY KEY, seat INT UNIQUE, guest); ";
		make("a.db", table + "INSERT INTO t VALUES(1,10,'a'),(2,20,'b'),(3,30,'c')");
		make("b.db", table + "INSERT INTO t VALUES(1,20,'a'),(2,30,'b'),(3,10,'c!')");
		assertThat(script()).contains("DELETE FROM").doesNotContain("UPDATE");
	}

	@Test
	void statisticsOfATableWithAnotherNameStayThoughTheTableIsDropped() throws Exception {
		String state = "CREATE TABLE t(a); CREATE TABLE kept(a); INSERT INTO t VALUES(1); INSERT INTO kept VALUES(1);"
				+ "ANALYZE;";
		make("a.db", state);
		make("b.db", state + "ALTER TABLE t RENAME TO u; DROP TABLE u;");
		assertThat(script()).contains("DROP TABLE \"t\"", "sqlite_stat1");
	}

	@Test
	void indexOfContentWhoseKeyHasAnotherNameNowIsNotRebuilt() throws Exception {
		String state = "CREATE TABLE notes(id INTEGER PRIMARY KEY, title);"
				+ "CREATE VIRTUAL TABLE found USING fts5(title, content='notes', content_rowid='id');"
				+ "INSERT INTO notes VALUES(1, 'one'); INSERT INTO found(found) VALUES('rebuild');";
		make("a.db", state);
		make("b.db", state, "INSERT INTO notes VALUES(2, 'two'); INSERT INTO found(rowid, title) VALUES(2, 'two')",
				"ALTER TABLE notes RENAME COLUMN id TO key");
		assertThat(script()).doesNotContain("rebuild").contains("\"found_data\"");
	}

	@Test
	void triggersDoNotFireForWhatRowsAlreadyShow() throws Exception {
		String schema = "CREATE TABLE t(a); CREATE TABLE log(a);"
				+ "CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES(new.a); END;";
		make("a.db", schema);
		make("b.db", schema + "INSERT INTO t VALUES(1)");
		assertThat(script()).contains("DROP TRIGGER \"tr\"", "CREATE TRIGGER tr");
	}

	@Test
	void foreignKeysDoNotCascade() throws Exception {
		String schema = "CREATE TABLE p(id INTEGER PRIMARY KEY, a UNIQUE);"
				+ "CREATE TABLE c(p REFERENCES p(id) ON DELETE CASCADE);";
		make("a.db", schema + "INSERT INTO p VALUES(1, 1); INSERT INTO c VALUES(1)");
		make("b.db", schema + "INSERT INTO p VALUES(1, 2); INSERT INTO c VALUES(1)");
		assertThat(script()).startsWith("PRAGMA foreign_keys=OFF;\nBEGIN IMMEDIATE;\n").endsWith("COMMIT;\n");
	}

	@ParameterizedTest
	@ValueSource(strings = { "ALTER TABLE t ADD COLUMN x TEXT DEFAULT 'a, b)'",
			"ALTER TABLE t ADD COLUMN x; ALTER TABLE t ADD COLUMN y DEFAULT (1)", "ALTER TABLE t DROP COLUMN b",
			"ALTER TABLE t RENAME COLUMN b TO c", "ALTER TABLE t RENAME COLUMN id TO key" })
	void columnsAreAltered(String alteration) throws Exception {
		String table = "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, CHECK (a <> 2)); INSERT INTO t VALUES(1,1,1),(2,3,4);";
		make("a.db", table);
		make("b.db", table + alteration + "; INSERT INTO t(a) VALUES(9)");
		assertThat(script()).contains("ALTER TABLE").doesNotContain("DROP TABLE");
		assertThat(diff(DiffOptions.SUMMARY).tables()).singleElement()
			.extracting(TableDiff::added, TableDiff::removed, TableDiff::changed)
			.containsExactly(1L, 0L, 0L);
	}

	@Test
	void tableOfAnotherDefinitionIsMadeAnew() throws Exception {
		make("a.db", "CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE INDEX i ON t(a);"
				+ "CREATE VIEW v AS SELECT a FROM t; INSERT INTO t VALUES(1,1),(2,2)");
		make("b.db", "CREATE TABLE t(id INTEGER PRIMARY KEY, a NOT NULL); CREATE INDEX i ON t(a);"
				+ "CREATE VIEW v AS SELECT a FROM t; INSERT INTO t VALUES(1,1),(2,3)");
		assertThat(script()).contains("DROP TABLE \"t\"", "CREATE TABLE t(id", "CREATE INDEX i");
		assertThat(diff(DiffOptions.SUMMARY).tables()).singleElement()
			.extracting(TableDiff::added, TableDiff::removed, TableDiff::changed)
			.containsExactly(0L, 0L, 1L);
	}

	@Test
	void onlyNamedTablesAreCompared() throws Exception {
		make("a.db", "CREATE TABLE t(a); CREATE TABLE u(a)");
		make("b.db",
				"CREATE TABLE t(a); CREATE TABLE u(a); INSERT INTO t VALUES(1); INSERT INTO u VALUES(1); CREATE TABLE w(a)");
		assertThat(diff(DiffOptions.SUMMARY.withTables(List.of("U"))).tables()).extracting(TableDiff::table)
			.containsExactly("u");
		assertThat(diff(DiffOptions.SUMMARY.withTables(List.of("u"))).schema()).isEmpty();
		assertThatIllegalArgumentException().isThrownBy(() -> diff(DiffOptions.SUMMARY.withTables(List.of("nosuch"))))
			.withMessage("There is no table 'nosuch' in either state: there are t, u, w");
	}

	@Test
	void statesOfTwoEncodingsAreRefused() throws Exception {
		make("a.db", "CREATE TABLE t(a)");
		make("b.db", "PRAGMA encoding='UTF-16be'; CREATE TABLE t(a)");
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> diff(DiffOptions.SUMMARY))
			.withMessageContaining("UTF-16BE");
	}

	@Test
	void comparisonCanBeEnded() throws Exception {
		make("a.db", "CREATE TABLE t(a)");
		make("b.db", "CREATE TABLE t(a)");
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> diff(DiffOptions.SUMMARY.withCancellation(() -> {
				throw new RestoreException(Kind.CANCELLED, "enough");
			})))
			.withMessage("enough");
	}

	@Test
	void fileThatIsNoDatabaseIsToldInSqlitesWords() throws Exception {
		make("a.db", "CREATE TABLE t(a)");
		Files.writeString(this.directory.resolve("b.db"),
				"no database at all, though it is long enough to be one".repeat(20));
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> diff(DiffOptions.SUMMARY))
			.withMessageContaining("not a database");
	}

}
