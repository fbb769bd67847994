package org.litestream4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link QueryCommand} and {@link BisectCommand}, with a replica that
 * Litestream v0.3.13 wrote.
 */
class QueryCommandTests {

	@TempDir
	private Path directory;

	private String url = "";

	private String scratch = "";

	private String table = "";

	@BeforeEach
	void copyReplica() throws IOException {
		this.url = Recorded.url(Recorded.copy("incremental", this.directory.resolve("replica")));
		this.scratch = Files.createDirectory(this.directory.resolve("scratch")).toString();
		this.table = CliRun
			.of("query", "-json", "-temp-directory", this.scratch, this.url,
					"SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name LIMIT 1")
			.json()
			.get("rows")
			.get(0)
			.get(0)
			.asString();
	}

	@Test
	void valuesAreShownAsSqlHasThemAndJsonHasThemWhole() {
		String sql = "SELECT NULL AS n, x'00ff' AS b, 'a' || char(10) || 'b' AS t, 1.5 AS r, 42 AS i";
		CliRun run = CliRun.of("query", "-temp-directory", this.scratch, this.url, sql);
		assertThat(run.code()).as(run.err()).isZero();
		assertThat(run.out().lines()).containsExactly("n     b        t    r    i", "NULL  x'00ff'  a b  1.5  42");
		assertThat(run.err()).startsWith("As of ");
		JsonNode json = CliRun.of("query", "-json", "-temp-directory", this.scratch, this.url, sql).json();
		assertThat(json.get("rows").get(0).toString()).isEqualTo("[null,{\"blob\":\"AP8=\"},\"a\\nb\",1.5,42]");
		assertThat(Path.of(this.scratch)).isEmptyDirectory();
	}

	@Test
	void limitIsSaid() {
		CliRun run = CliRun.of("query", "-limit", "1", "-temp-directory", this.scratch, this.url,
				"VALUES (1), (2), (3)");
		assertThat(run.out().lines()).hasSize(2);
		assertThat(run.err()).contains("1 of 3 rows are shown: -limit shows more");
	}

	@Test
	void statementThatWritesIsAUsageErrorAndSqliteIsQuoted() {
		CliRun write = CliRun.of("query", "-temp-directory", this.scratch, this.url, "DELETE FROM " + this.table);
		assertThat(write.code()).isEqualTo(2);
		assertThat(write.err()).contains("The query begins with 'DELETE': a statement that only reads is expected");
		CliRun wrong = CliRun.of("query", "-temp-directory", this.scratch, this.url, "SELECT * FROM nowhere");
		assertThat(wrong.code()).isEqualTo(1);
		assertThat(wrong.err()).contains("no such table: nowhere");
		assertThat(Path.of(this.scratch)).isEmptyDirectory();
	}

	@Test
	void bisectNamesThePointAndHowToRestoreTheStateBefore() {
		String sql = "SELECT page_count AS n FROM pragma_page_count";
		CliRun run = CliRun.of("bisect", "-temp-directory", this.scratch, this.url, sql);
		assertThat(run.code()).as(run.err()).isZero();
		String time = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}\\S*";
		String position = "[0-9a-f]{16}/[0-9a-f]{8}:[0-9a-f]{8}";
		assertThat(run.out().lines()).satisfiesExactly(
				(line) -> assertThat(line)
					.matches("The answer changed at " + time + "(, in transaction \\d+ of the \\d+ of this point)?"),
				(line) -> assertThat(line).matches("before  " + time + "  " + position + "  n = \\d+"),
				(line) -> assertThat(line).matches("after   " + time + "  " + position + "  n = \\d+"),
				(line) -> assertThat(line).matches("To go back to before it: restore -timestamp " + time));
		assertThat(run.err()).matches("\\d+ restore points, \\d+ queries, \\S+ k?B fetched, \\S+ s\\R");
		JsonNode json = CliRun.of("bisect", "-json", "-temp-directory", this.scratch, this.url, sql).json();
		assertThat(json.get("changed").booleanValue()).isTrue();
		String before = run.out().replaceAll("(?s).*restore -timestamp (\\S+).*", "$1");
		JsonNode then = CliRun
			.of("query", "-json", "-temp-directory", this.scratch, "-timestamp", before, this.url, sql)
			.json();
		assertThat(then.get("rows")).isEqualTo(json.get("before").get("answer").get("rows"));
		JsonNode after = CliRun
			.of("query", "-json", "-temp-directory", this.scratch, "-timestamp",
					json.get("after").get("time").asString(), this.url, sql)
			.json();
		assertThat(after.get("rows")).isEqualTo(json.get("after").get("answer").get("rows"))
			.isNotEqualTo(then.get("rows"));
		assertThat(Path.of(this.scratch)).isEmptyDirectory();
	}

	@Test
	void pointIsAskedByItsPosition() {
		JsonNode points = CliRun.of("log", "-json", this.url).json().get("points");
		CliRun log = CliRun.of("log", this.url);
		List<String> positions = log.out().lines().skip(1).map((line) -> line.replaceAll(".* ", "")).toList();
		assertThat(positions).hasSize(points.size());
		for (int i = 0; i < positions.size(); i++) {
			CliRun run = CliRun.of("query", "-temp-directory", this.scratch, "-position", positions.get(i), this.url,
					"SELECT page_count AS n FROM pragma_page_count");
			assertThat(run.out()).as("%s", run)
				.isEqualToNormalizingNewlines("n\n%s\n".formatted(points.get(i).get("databasePages")));
			assertThat(run.err()).startsWith("As of " + positions.get(i) + ", stored at ");
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					-position 5m                                                             | -position is '5m': a position as log prints it is expected
					-position latest                                                         | a position as log prints it is expected
					-position garbage                                                        | a position as log prints it is expected
					-position 75949f9e3948e859/00000003:zz                                   | a position as log prints it is expected
					-position 00000000000003e8 -timestamp 5m                                 | -position is given with -timestamp, -generation or -txid
					-position 75949f9e3948e859/00000003:000020e0 -generation 75949f9e3948e859 | leave out the others
					""")
	void positionThatMakesNoSenseIsRefused(String options, String expected) {
		CliRun run = CliRun.of(
				Stream
					.of(Stream.of("query", "-temp-directory", this.scratch), Stream.of(options.split(" ")),
							Stream.of(this.url, "SELECT 1"))
					.flatMap((each) -> each)
					.toArray(String[]::new));
		assertThat(run.code()).as("%s", run).isEqualTo(2);
		assertThat(run.err()).contains(expected);
	}

	@Test
	void bisectOfAnAnswerThatDoesNotChangeExitsWithThree() {
		CliRun run = CliRun.of("bisect", "-temp-directory", this.scratch, this.url, "SELECT 1");
		assertThat(run.code()).isEqualTo(3);
		assertThat(run.out()).startsWith("The answer is the same from ");
	}

}
