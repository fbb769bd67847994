package org.litestream4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Tests for {@link LogCommand}, with replicas that Litestream v0.3.13 wrote.
 */
class LogCommandTests {

	@TempDir
	private Path directory;

	private String url = "";

	@BeforeEach
	void copyReplica() throws Exception {
		this.url = Recorded.url(Recorded.copy("incremental", this.directory.resolve("replica")));
	}

	@Test
	void pointsAreListedNewestFirstInThisMachinesZone() {
		CliRun run = CliRun.of("log", this.url);
		assertThat(run.code()).isZero();
		assertThat(run.err()).isEmpty();
		List<String> lines = run.out().lines().toList();
		assertThat(lines.get(0)).matches("time \\(\\S+\\) +transactions +pages +bytes +position");
		assertThat(lines.get(1))
			.matches("\\d{4}-\\d{2}-\\d{2}T\\S+ +\\d+ +\\d+ +\\d+ +[0-9a-f]{16}/[0-9a-f]{8}:[0-9a-f]{8}");
		List<Instant> times = lines.stream()
			.skip(1)
			.map((line) -> OffsetDateTime.parse(line.split(" ")[0]).toInstant())
			.toList();
		assertThat(times).isSortedAccordingTo((a, b) -> b.compareTo(a)).hasSizeGreaterThan(2);
	}

	@Test
	void timeAsItStandsRestoresThatPoint() throws Exception {
		List<String> lines = CliRun.of("log", this.url).out().lines().toList();
		for (String line : lines.subList(1, lines.size())) {
			Path output = this.directory.resolve("restored.db");
			CliRun run = CliRun.of("restore", "-json", "-timestamp", line.split(" ")[0], "-o", output.toString(),
					this.url);
			assertThat(run.code()).as(run.err()).isZero();
			JsonNode restored = run.json();
			assertThat("%s/%08x:%08x".formatted(restored.get("generation").asString(), restored.get("index").intValue(),
					restored.get("offset").longValue()))
				.isEqualTo(line.substring(line.lastIndexOf(' ') + 1));
			Files.delete(output);
		}
	}

	@Test
	void limitAndRangeAreSaidAndJsonIsInUtc() {
		CliRun one = CliRun.of("log", "-n", "1", this.url);
		assertThat(one.out().lines()).hasSize(2);
		assertThat(one.err()).contains("There are older points");
		JsonNode all = CliRun.of("log", "-json", this.url).json();
		JsonNode oldest = all.get("points").get(all.get("points").size() - 1);
		assertThat(oldest.get("time").asString()).matches("\\S+T\\S+Z");
		assertThat(oldest.get("transactions").intValue()).isPositive();
		JsonNode range = CliRun.of("log", "-json", "-to", oldest.get("time").asString(), this.url).json();
		assertThat(range.get("points")).hasSize(1);
		assertThat(range.get("points").get(0)).isEqualTo(oldest);
		assertThat(CliRun.of("log", "-n", "0", this.url).code()).isEqualTo(2);
		assertThat(CliRun.of("log", "-f", "-to", "5m", this.url).code()).isEqualTo(2);
	}

	@Test
	void tablesAreNamedWithTheirRowsAndNothingIsLeftBehind() throws Exception {
		Path scratch = Files.createDirectory(this.directory.resolve("scratch"));
		CliRun run = CliRun.of("log", "-tables", "-n", "3", "-temp-directory", scratch.toString(), this.url);
		assertThat(run.code()).as(run.err()).isZero();
		assertThat(run.out())
			.containsPattern("\\R    table \\S+: .*\\d+ (inserted|updated|deleted).* \\(\\d+ pages?\\)");
		JsonNode changes = CliRun
			.of("log", "-json", "-tables", "-n", "1", "-temp-directory", scratch.toString(), this.url)
			.json()
			.get("points")
			.get(0)
			.get("changes");
		assertThat(changes.get(0).get("kind").asString()).isEqualTo("CHANGED");
		assertThat(scratch).isEmptyDirectory();
	}

	/** The newest object is stored once the others are printed; nobody reads after it. */
	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void followedLogGoesOnWithWhatIsStored(boolean json) throws IOException {
		List<String> all = CliRun.of("log", this.url).out().lines().skip(1).toList();
		String newest = all.get(0).replaceAll(".* ", "");
		Path wal;
		try (Stream<Path> files = Files
			.list(this.directory.resolve("replica/generations").resolve(newest.substring(0, 16)).resolve("wal"))) {
			wal = files.max(Comparator.naturalOrder()).orElseThrow();
		}
		Path hidden = Files.move(wal, this.directory.resolve("hidden"));
		Reader reader = new Reader(all.size() - 1, () -> Files.move(hidden, wal));
		CommandLine commandLine = LitestreamCli.create().setOut(new PrintWriter(reader, true));
		String[] arguments = json ? new String[] { "log", "-f", "-json", this.url }
				: new String[] { "log", "-f", this.url };
		assertThat(LitestreamCli.run(commandLine, arguments)).isZero();
		List<String> positions = new ArrayList<>(all.stream().map((line) -> line.replaceAll(".* ", "")).toList());
		Collections.reverse(positions);
		assertThat(reader.read.toString()
			.lines()
			.map(json ? LogCommandTests::ofJson : (line) -> line.replaceAll(".* ", "")))
			.containsExactlyElementsOf(positions);
	}

	private static String ofJson(String line) {
		JsonNode point = JsonMapper.shared().readTree(line);
		return "%s/%08x:%08x".formatted(point.get("generation").asString(), point.get("index").intValue(),
				point.get("offset").longValue());
	}

	/**
	 * Who reads what is printed, does something after some lines, and leaves after one
	 * more.
	 */
	private static final class Reader extends Writer {

		private final StringBuilder read = new StringBuilder();

		private final long lines;

		private final ThrowingCallable action;

		private boolean done;

		Reader(long lines, ThrowingCallable action) {
			this.lines = lines;
			this.action = action;
		}

		@Override
		public void write(char[] text, int offset, int length) throws IOException {
			this.read.append(text, offset, length);
			long count = this.read.chars().filter((character) -> character == '\n').count();
			if (count > this.lines) {
				throw new IOException("Broken pipe");
			}
			if (count == this.lines && !this.done) {
				this.done = true;
				assertThatNoException().isThrownBy(this.action);
			}
		}

		@Override
		public void flush() {
		}

		@Override
		public void close() {
		}

	}

	@Test
	void emptyReplicaIsHintedAt() {
		CliRun run = CliRun.of("log", Recorded.url(this.directory.resolve("misspelled")));
		assertThat(run.code()).isZero();
		assertThat(run.err()).contains("misspelled", "check the url");
	}

	@Test
	void emptyRangeIsNoMissingBackup() {
		CliRun run = CliRun.of("log", "-from", "1h", "-to", "1m", this.url);
		assertThat(run.code()).isZero();
		assertThat(run.err())
			.contains("1h ago is ", this.url + " has no restore point in that time: widen -from and -to")
			.doesNotContain("check the url")
			.doesNotContainPattern("\\.\\d{4}");
	}

	@Test
	void listingOfLtxFilesSaysThatThereIsABackupInTheOtherFormat() {
		CliRun run = CliRun.of("ltx", this.url);
		assertThat(run.code()).isEqualTo(1);
		assertThat(run.err()).contains("holds a backup in the format of Litestream v0.3, which has no LTX files");
	}

}
