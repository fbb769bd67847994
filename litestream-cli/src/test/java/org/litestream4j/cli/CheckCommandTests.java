package org.litestream4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

/** {@code check} and {@code status}. */
class CheckCommandTests {

	static final List<String> names = Recorded.NAMES;

	private static final String GENERATION = "generations/a3612045e3c42637";

	private static final String TIME = "2026-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z";

	@TempDir
	private Path directory;

	@ParameterizedTest
	@FieldSource("names")
	void goodReplicaExitsWithZero(String name) throws IOException {
		String url = Recorded.url(Recorded.copy(name, this.directory.resolve("replica")));
		CliRun run = CliRun.of("check", url);
		assertThat(run.code()).as("%s", run).isZero();
		assertThat(run.out().lines().toList()).last(STRING)
			.matches(Pattern.quote(url)
					+ " is good \\(\\d+ objects, \\S+ [kM]?B, read in [0-9.]+ s\\): the newest state,"
					+ " [0-9a-f]{16}/[0-9a-f]{8}:[0-9a-f]{8}, stored at " + TIME + ", takes about [0-9.]+ s to fetch");
		assertThat(run.out().lines()).first(STRING)
			.matches("generation +snapshots +segments +size +restore points +transactions +first +last");
		CliRun json = CliRun.of("check", "-json", url);
		assertThat(json.code()).isZero();
		assertThat(json.json().get("verdict").asString()).isEqualTo("good");
		assertThat(json.json().get("findings")).isEmpty();
		assertThat(json.json().get("restorePoints").longValue()).isPositive();
		assertThat(json.json().get("generations").get(0).get("restorePoints").longValue()).isPositive();
	}

	@Test
	void lostOlderStatesExitWithThree() throws IOException {
		Path replica = Recorded.copy("plain", this.directory.resolve("replica"));
		flip(replica.resolve(GENERATION + "/wal/00000000_00000000.wal.lz4"));
		CliRun run = CliRun.of("check", Recorded.url(replica));
		assertThat(run.code()).as("%s", run).isEqualTo(3);
		assertThat(run.out()).startsWith("damaged: " + GENERATION + "/wal/00000000_00000000.wal.lz4 is damaged: ")
			.contains("has lost states");
		JsonNode json = CliRun.of("check", "-json", Recorded.url(replica)).json();
		assertThat(json.get("verdict").asString()).isEqualTo("damaged");
		assertThat(json.get("findings").get(0).get("damage").booleanValue()).isTrue();
	}

	@Test
	void lostNewestStateExitsWithFour() throws IOException {
		Path replica = Recorded.copy("plain", this.directory.resolve("replica"));
		flip(replica.resolve(GENERATION + "/wal/00000004_00000000.wal.lz4"));
		CliRun run = CliRun.of("check", Recorded.url(replica));
		assertThat(run.code()).as("%s", run).isEqualTo(4);
		assertThat(run.out()).contains("cannot be restored to its newest state");
		assertThat(
				CliRun.of("restore", "-o", this.directory.resolve("app.db").toString(), Recorded.url(replica)).code())
			.isEqualTo(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "check", "status" })
	void missingBackupExitsWithFour(String command) {
		CliRun run = CliRun.of(command, Recorded.url(this.directory.resolve("nothing")));
		assertThat(run.code()).as("%s", run).isEqualTo(4);
		assertThat(run.out()).contains("It holds no backup");
	}

	@ParameterizedTest
	@ValueSource(strings = { "check", "status" })
	void storeThatCannotBeReachedExitsWithOne(String command) {
		CliRun run = CliRun.of(command, "sftp://nobody@127.0.0.1:1/replica");
		assertThat(run.code()).as("%s", run).isEqualTo(1);
		assertThat(run.isOneSentence()).as("%s", run).isTrue();
	}

	@ParameterizedTest
	@CsvSource({ "check,-parallelism,0,1 to 256", "status,-max-age,soon,90s", "status,-max-age,5,90s" })
	void badOptionExitsWithTwo(String command, String option, String value, String expected) {
		CliRun run = CliRun.of(command, option, value, "file:///r");
		assertThat(run.code()).isEqualTo(2);
		assertThat(run.err()).contains(expected);
	}

	@ParameterizedTest
	@FieldSource("names")
	void statusIsOneLine(String name) throws IOException {
		Path replica = Recorded.copy(name, this.directory.resolve("replica"));
		Files.writeString(replica.resolve("lock.json"),
				"{\"generation\": 3, \"owner\": \"host:7\", \"run\": \"00000000000000aa\"}");
		CliRun run = CliRun.of("status", Recorded.url(replica));
		assertThat(run.code()).as("%s", run).isZero();
		assertThat(run.out().lines()).hasSize(1);
		assertThat(run.out().strip())
			.matches(Pattern.quote(Recorded.url(replica)) + ": newest state of [0-9hms]+ ago \\(" + TIME
					+ "\\), generation [0-9a-f]{16}, index [0-9a-f]{8}; last snapshot [0-9hms]+ ago, reaches back to "
					+ TIME + "; \\d+ generations?, \\S+ [kM]?B; owned by host:7");
		JsonNode json = CliRun.of("status", "-json", Recorded.url(replica)).json();
		assertThat(json.get("verdict").asString()).isEqualTo("ok");
		assertThat(json.get("owner").get("name").asString()).isEqualTo("host:7");
		assertThat(json.get("ageSeconds").longValue()).isPositive();
	}

	/** The recorded LTX replica is younger than the other one. */
	@Test
	void replicaOfTwoFormatsIsOne() throws IOException {
		Path replica = Recorded.copy("gens", this.directory.resolve("replica"));
		String url = Recorded.url(replica);
		JsonNode alone = CliRun.of("status", "-json", url).json();
		assertThat(alone.get("format").asString()).isEqualTo("v3");
		assertThat(alone.get("otherFormat").isNull()).isTrue();
		Recorded.copyTree(Path.of("../litestream-core/src/test/resources/ltx/small/replica/ltx"),
				replica.resolve("ltx"));
		CliRun run = CliRun.of("status", url);
		assertThat(run.code()).as("%s", run).isZero();
		assertThat(run.out().lines()).hasSize(1);
		assertThat(run.out()).containsPattern(
				"txid 0{12}.*, reaches back to 2026-.*; that is in LTX, and older states, up to 2026-.*Z, are beside it in the format of v0.3 \\(\\d+ objects, ");
		JsonNode json = CliRun.of("status", "-json", url).json();
		assertThat(json.get("format").asString()).isEqualTo("ltx");
		assertThat(json.get("oldestAt")).isEqualTo(alone.get("oldestAt"));
		JsonNode other = json.get("otherFormat");
		assertThat(other.get("format").asString()).isEqualTo("v3");
		assertThat(other.get("newestAt")).isEqualTo(alone.get("committedAt"));
		assertThat(other.get("objects").intValue())
			.isEqualTo(alone.get("snapshots").intValue() + alone.get("segments").intValue());
		assertThat(other.get("bytes")).isEqualTo(alone.get("bytes"));
		Files.createDirectories(replica.resolve("empty/ltx"));
		assertThat(CliRun.of("status", "-json", Recorded.url(replica.resolve("empty"))).code()).isEqualTo(4);
	}

	@Test
	void stateThatIsTooOldExitsWithThree() throws IOException {
		String url = Recorded.url(Recorded.copy("plain", this.directory.resolve("replica")));
		CliRun run = CliRun.of("status", "-max-age", "1h30m", url);
		assertThat(run.code()).as("%s", run).isEqualTo(3);
		assertThat(run.out()).contains("(older than 1h30m)");
		assertThat(CliRun.of("status", "-max-age", "5000w", url).code()).isZero();
	}

	@Test
	void ltxReplicaIsCheckedLevelByLevelWithTheSameExitCodes() throws IOException {
		Path replica = this.directory.resolve("replica");
		Recorded.copyTree(Path.of("../litestream-core/src/test/resources/ltx/small/replica"), replica);
		String url = Recorded.url(replica);
		CliRun status = CliRun.of("status", url);
		assertThat(status.code()).as("%s", status).isZero();
		assertThat(status.out()).contains("newest state of ", "txid 0000", "last snapshot", " files, ");
		assertThat(CliRun.of("status", "-json", url).json().get("txid").longValue()).isPositive();
		CliRun good = CliRun.of("check", url);
		assertThat(good.code()).as("%s", good).isZero();
		assertThat(good.out()).contains("level 0", "level 9", "is good (", "takes about");
		Path single = replica.resolve("ltx/0/0000000000000004-0000000000000004.ltx");
		Files.delete(single);
		CliRun hole = CliRun.of("check", url);
		assertThat(hole.code()).as("%s", hole).isEqualTo(3);
		assertThat(hole.out()).startsWith("missing: Level 0 lacks transaction 0000000000000004: ");
		JsonNode json = CliRun.of("check", "-json", url).json();
		assertThat(json.get("verdict").asString()).isEqualTo("damaged");
		assertThat(json.get("findings").get(0).get("object").asString())
			.isEqualTo("ltx/0/0000000000000004-0000000000000004.ltx");
		assertThat(json.get("generations").get(0).get("generation").asString()).isEqualTo("level 0");
		flip(replica.resolve("ltx/0/000000000000001b-000000000000001b.ltx"));
		assertThat(CliRun.of("check", url).code()).as("level 1 holds the same").isEqualTo(3);
		flip(replica.resolve("ltx/1/000000000000001a-000000000000001b.ltx"));
		CliRun lost = CliRun.of("check", url);
		assertThat(lost.code()).as("%s", lost).isEqualTo(4);
		assertThat(lost.out()).contains("cannot be restored to its newest state");
	}

	private static void flip(Path object) throws IOException {
		byte[] bytes = Files.readAllBytes(object);
		bytes[bytes.length / 2] ^= 1;
		Files.write(object, bytes);
	}

}
