package org.litestream4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/** Replicas that the real Litestream v0.5 wrote. */
class LtxReplicaTests {

	private static final Path RECORDED = Path.of("../litestream-core/src/test/resources/ltx/usual");

	@TempDir
	private Path directory;

	private String url = "";

	@BeforeEach
	void findTheReplica() {
		this.url = Recorded.url(RECORDED.resolve("replica"));
	}

	private CliRun run(String command) {
		return CliRun.of(Stream.concat(Stream.of(command.split(" ")), Stream.of(this.url)).toArray(String[]::new));
	}

	@Test
	void restoreTakesTheTransactionAsTheRealOneDoes() {
		Path output = this.directory.resolve("app.db");
		JsonNode expected = JsonMapper.shared()
			.readTree(RECORDED.resolve("manifest.json").toFile())
			.get("restores")
			.get(9);
		CliRun run = run("restore -json -txid 000000000000000a -o " + output);
		assertThat(run.code()).as("%s", run).isZero();
		assertThat(run.out()).contains("\"txid\" : 10", Recorded.text(expected, "sha256")).doesNotContain("generation");
		CliRun newest = run("restore -o " + this.directory.resolve("newest.db"));
		assertThat(newest.code()).as("%s", newest).isZero();
		assertThat(newest.out()).contains(": txid 000000000000001b, stored at ");
	}

	@Test
	void positionIsTheTransactionAsTheLogPrintsIt() {
		CliRun run = run("restore -position 000000000000000a -o " + this.directory.resolve("app.db"));
		assertThat(run.code()).as("%s", run).isZero();
		assertThat(run.out()).contains(": txid 000000000000000a, stored at ");
	}

	@Test
	void restoreRefusesWhatDoesNotGoTogether() {
		CliRun run = run("restore -txid 000000000000000a -timestamp 5m -o x.db");
		assertThat(run.code()).isEqualTo(2);
		assertThat(run.err()).contains("-txid is given with -timestamp: use one of them");
		assertThat(run("restore -txid 10 -o x.db").err()).contains("16 hexadecimal digits such as");
	}

	@Test
	void dryRunSaysWhatWouldBeRestored() {
		CliRun run = run("restore -dry-run -o " + this.directory.resolve("app.db"));
		assertThat(run.code()).as("%s", run).isZero();
		assertThat(run.out()).contains("txid 000000000000001b", "1 more file, ", "to fetch");
	}

	@Test
	void ltxListsTheLevelThatIsAskedFor() {
		CliRun zero = run("ltx");
		assertThat(zero.code()).as("%s", zero).isZero();
		assertThat(zero.out()).hasLineCount(28).contains("000000000000001b");
		assertThat(run("ltx -level all").out()).hasLineCount(54);
		assertThat(run("ltx -level 9 -json").out()).contains("\"level\" : 9", "\"minTxid\" : 1");
		assertThat(run("ltx -level ten").code()).isEqualTo(2);
	}

	private CliRun ask(String command, String sql) {
		return CliRun.of(Stream.of(command.split(" "), new String[] { this.url, sql })
			.flatMap(Stream::of)
			.toArray(String[]::new));
	}

	@Test
	void logListsTransactionsWithWhatTheyTouched() {
		CliRun run = run("log -n 3");
		assertThat(run.code()).as("%s", run).isZero();
		assertThat(run.out()).hasLineCount(4).contains("000000000000001b", "000000000000001a", "0000000000000019");
		assertThat(run.err()).contains("There are older points");
		JsonNode points = run("log -json").json().get("points");
		assertThat(points).hasSize(27);
		assertThat(points.get(0).get("txid").longValue()).isEqualTo(27);
		assertThat(points.get(0).get("transactions").intValue()).isOne();
		CliRun tables = run("log -tables -temp-directory " + this.directory);
		assertThat(tables.code()).as("%s", tables).isZero();
		assertThat(tables.out()).contains("table t: 13 inserted (9 pages)", "table t: 16 deleted (17 pages)");
		assertThat(this.directory).isEmptyDirectory();
	}

	@Test
	void pastStatesAreAskedAndTheChangeIsFound() {
		CliRun first = ask("query -txid 0000000000000003 -temp-directory " + this.directory, "SELECT count(*) FROM t");
		assertThat(first.code()).as("%s", first).isZero();
		assertThat(first.err()).contains("As of 0000000000000003, stored at ");
		CliRun found = ask("bisect -temp-directory " + this.directory, "SELECT count(*) > 20 FROM t");
		assertThat(found.code()).as("%s", found).isZero();
		assertThat(found.out()).contains("The answer changed at ").doesNotContain(", in transaction");
		JsonNode json = ask("bisect -json -temp-directory " + this.directory, "SELECT count(*) > 20 FROM t").json();
		long after = json.get("after").get("position").get("txid").longValue();
		assertThat(json.get("before").get("position").get("txid").longValue()).isEqualTo(after - 1);
		assertThat(found.err()).doesNotContain("cannot answer");
		String was = ask("query -txid %016x".formatted(after - 1), "SELECT count(*) > 20 FROM t").out();
		String is = ask("query -txid %016x".formatted(after), "SELECT count(*) > 20 FROM t").out();
		assertThat(is).isNotEqualTo(was);
		assertThat(this.directory).isEmptyDirectory();
	}

	@Test
	void statesAreComparedAndTheScriptLeadsFromOneToTheOther() throws Exception {
		Path script = this.directory.resolve("changes.sql");
		CliRun run = run("diff -from txid:5 -to txid:1b -sql -o " + script);
		assertThat(run.code()).as("%s", run).isZero();
		assertThat(run.out()).contains("txid 0000000000000005", "txid 000000000000001b", "t ");
		Path first = this.directory.resolve("first.db");
		assertThat(run("restore -txid 0000000000000005 -o " + first).code()).isZero();
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + first);
				Statement statement = connection.createStatement()) {
			statement.executeUpdate(Files.readString(script));
		}
		CliRun same = run("diff -exit-code -database " + first + " -to latest");
		assertThat(same.code()).as("%s", same).isZero();
		assertThat(same.out()).contains("Nothing differs");
		CliRun back = run("diff -exit-code -from latest -to txid:5 -table t");
		assertThat(back.code()).as("%s", back).isEqualTo(3);
	}

	@Test
	void singleTableIsRestored() throws Exception {
		Path into = this.directory.resolve("tables.db");
		assertThat(run("restore -table t -dry-run -txid 000000000000000c -into " + into).code()).isZero();
		assertThat(into).doesNotExist();
		CliRun run = run("restore -table t -txid 000000000000000c -into " + into);
		assertThat(run.code()).as("%s", run).isZero();
		String expected = ask("query -txid 000000000000000c", "SELECT count(*), sum(length(v)) FROM t").out();
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + into);
				Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT count(*), sum(length(v)) FROM t")) {
			assertThat(expected).contains(rows.getString(1)).contains(rows.getString(2));
		}
	}

}
