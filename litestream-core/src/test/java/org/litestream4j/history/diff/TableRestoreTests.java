package org.litestream4j.history.diff;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.litestream4j.RestoreException;
import org.litestream4j.history.diff.TableRestoreReport.Dangling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class TableRestoreTests {

	private static final String STATE = """
			CREATE TABLE authors(id INTEGER PRIMARY KEY, name UNIQUE);
			CREATE TABLE notes(id INTEGER PRIMARY KEY AUTOINCREMENT, author REFERENCES authors(id), parent REFERENCES notes(id),
				title TEXT, size AS (length(title)) STORED, CHECK (notes.id > 0));
			CREATE INDEX [by title] ON notes(title) WHERE title NOT NULL;
			CREATE TRIGGER logged AFTER INSERT ON notes BEGIN INSERT INTO log VALUES(new.id); END;
			CREATE TRIGGER counted AFTER DELETE ON notes BEGIN UPDATE notes SET title = NULL WHERE parent = old.id; END;
			CREATE TABLE log(id);
			CREATE VIEW titles AS SELECT title FROM notes;
			CREATE VIRTUAL TABLE words USING fts5(body);
			CREATE TABLE odd("a b" INT, "select" ANY, PRIMARY KEY("select")) STRICT, WITHOUT ROWID;
			INSERT INTO authors VALUES(1, 'ann');
			INSERT INTO notes(id, author, title) VALUES(5, 1, 'one'), (9, 2, 'two');
			DELETE FROM notes WHERE id = 100;
			INSERT INTO notes(id, author, title) VALUES(50, 1, 'gone');
			DELETE FROM notes WHERE id = 50;
			INSERT INTO words(rowid, body) VALUES(7, 'hello world');
			INSERT INTO odd VALUES(1, x'01'), (2, 1.5)
			""";

	@TempDir
	Path directory;

	private Path state = Path.of("");

	private Path target = Path.of("");

	@BeforeEach
	void makeState() throws SQLException {
		this.state = this.directory.resolve("state.db");
		this.target = this.directory.resolve("target.db");
		execute(this.state, STATE);
	}

	private static void execute(Path database, String sql) throws SQLException {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
				Statement statement = connection.createStatement()) {
			statement.executeUpdate(sql);
		}
	}

	private @Nullable String answer(String sql) throws SQLException {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + this.target);
				Statement statement = connection.createStatement();
				ResultSet answer = statement.executeQuery(sql)) {
			return answer.next() ? answer.getString(1) : null;
		}
	}

	private TableRestoreReport restore(@Nullable String newName, String... tables) throws IOException {
		return new TableRestore(this.state, this.target,
				new TableRestoreOptions(List.of(tables), newName, false, Cancellation.NONE))
			.run();
	}

	@Test
	void tableComesWithIndexesTriggersAndItsCount() throws Exception {
		TableRestoreReport report = restore(null, "notes");
		assertThat(report.tables()).singleElement()
			.isEqualTo(new TableRestoreReport.Table("notes", "notes", 2, List.of("by title"),
					List.of("logged", "counted"), List.of()));
		assertThat(answer("SELECT group_concat(id || title || size) FROM notes")).isEqualTo("5one3,9two3");
		assertThat(answer("SELECT seq FROM sqlite_sequence WHERE name = 'notes'")).isEqualTo("50");
		assertThat(answer("PRAGMA integrity_check")).isEqualTo("ok");
	}

	@Test
	void foreignKeysThatLeadNowhereAreSaid() throws Exception {
		assertThat(restore(null, "notes", "authors").dangling())
			.containsExactly(new Dangling("notes", "authors", 1, null));
		assertThat(restore("alone", "notes").dangling()).extracting(Dangling::rows).containsExactly(1L);
	}

	@Test
	void foreignKeysThatLeadNowhereEndItWhereThatIsWanted() throws Exception {
		TableRestoreOptions options = new TableRestoreOptions(List.of("notes"), null, true, Cancellation.NONE);
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> new TableRestore(this.state, this.target, options).run())
			.withMessageContaining("2 rows of notes lead to no row of authors");
		assertThat(answer("SELECT count(*) FROM sqlite_schema")).isEqualTo("0");
	}

	@Test
	void tableUnderAnotherNameStandsBesideTheOneThatIsThere() throws Exception {
		execute(this.target, "CREATE TABLE notes(a); CREATE INDEX \"by title\" ON notes(a); CREATE TABLE log(id)");
		TableRestoreReport report = restore("notes then", "notes");
		assertThat(report.tables()).singleElement()
			.isEqualTo(new TableRestoreReport.Table("notes", "notes then", 2, List.of("by title_notes then"),
					List.of("logged", "counted"), List.of()));
		assertThat(answer("SELECT sql FROM sqlite_schema WHERE name = 'by title_notes then'"))
			.isEqualTo("CREATE INDEX \"by title_notes then\" ON \"notes then\"(title) WHERE title NOT NULL");
		assertThat(answer("SELECT sql FROM sqlite_schema WHERE name = 'notes then'"))
			.contains("parent REFERENCES \"notes then\"(id)", "CHECK (\"notes then\".id > 0)");
		assertThat(answer("SELECT sql FROM sqlite_schema WHERE name = 'counted'")).contains("UPDATE \"notes then\"");
		assertThat(answer("SELECT seq FROM sqlite_sequence WHERE name = 'notes then'")).isEqualTo("50");
	}

	@Test
	void virtualTableKeepsItsIndex() throws Exception {
		assertThat(restore(null, "words").tables()).singleElement()
			.extracting(TableRestoreReport.Table::rows)
			.isEqualTo(1L);
		assertThat(answer("SELECT rowid FROM words WHERE words MATCH 'hello'")).isEqualTo("7");
		restore("more", "words");
		assertThat(answer("SELECT rowid FROM more WHERE more MATCH 'world'")).isEqualTo("7");
		execute(this.target, "INSERT INTO more(more) VALUES('integrity-check')");
	}

	@Test
	void oddTableKeepsItsKeys() throws Exception {
		restore(null, "odd");
		assertThat(answer("SELECT group_concat(quote(\"select\")) FROM odd")).isEqualTo("1.5,X'01'");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', value = {
			"titles | 'titles' is a view, and only tables are restored",
			"by title | 'by title' is an index, and only tables are restored",
			"words_data | 'words_data' belongs to the virtual table 'words': name that, and all of it is restored",
			"sqlite_sequence | 'sqlite_sequence' is SQLite's own",
			"nothing | There is no table 'nothing' in that state: there are authors, notes, log, words, odd",
			"log | has 'log' already, and nothing is overwritten: restore it under another name (-as)" })
	void whatCannotBeRestoredIsSaid(String table, String expected) throws Exception {
		execute(this.target, "CREATE TABLE log(mine)");
		byte[] before = Files.readAllBytes(this.target);
		assertThatExceptionOfType(RestoreException.class).isThrownBy(() -> restore(null, table))
			.withMessageContaining(expected);
		assertThat(Files.readAllBytes(this.target)).isEqualTo(before);
	}

	@Test
	void nothingIsRestoredIfOneOfTheTablesCannotBe() throws Exception {
		execute(this.target, "CREATE TABLE odd(mine)");
		assertThatExceptionOfType(RestoreException.class).isThrownBy(() -> restore(null, "log", "odd"));
		assertThat(answer("SELECT group_concat(name) FROM sqlite_schema")).isEqualTo("odd");
	}

	@Test
	void textOfAnotherEncodingIsRefused() throws Exception {
		execute(this.target, "PRAGMA encoding='UTF-16le'; CREATE TABLE t(a)");
		assertThatExceptionOfType(RestoreException.class).isThrownBy(() -> restore(null, "log"))
			.withMessageContaining("has its text in UTF-16le, and the state in UTF-8");
	}

}
