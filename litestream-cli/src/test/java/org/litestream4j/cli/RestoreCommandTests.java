package org.litestream4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

class RestoreCommandTests {

	static final List<String> names = Recorded.NAMES;

	@TempDir
	private Path directory;

	@ParameterizedTest
	@FieldSource("names")
	void restoreOfEveryRecordedTargetGivesTheRecordedBytes(String name) throws IOException {
		Path replica = Recorded.copy(name, this.directory.resolve("replica"));
		int count = 0;
		for (JsonNode restore : Recorded.manifest(name).get("restores")) {
			Path output = this.directory.resolve("restored-%d.db".formatted(count++));
			List<String> arguments = new ArrayList<>(List.of("restore", "-o", output.toString(), "-json"));
			JsonNode target = restore.get("target");
			for (String field : List.of("generation", "timestamp")) {
				if (target.has(field)) {
					arguments.addAll(List.of("-" + field, target.get(field).asString()));
				}
			}
			if (target.has("index")) {
				arguments.addAll(List.of("-index", Integer.toHexString(target.get("index").intValue())));
			}
			arguments.add(Recorded.url(replica));
			CliRun run = CliRun.of(arguments.toArray(String[]::new));
			assertThat(run.code()).as("%s", run).isZero();
			assertThat(run.json().get("sha256").asString()).isEqualTo(Recorded.text(restore, "sha256"))
				.isEqualTo(Recorded.sha256(output));
			assertThat(run.json().get("bytes").longValue()).isEqualTo(Files.size(output));
		}
		assertThat(count).isPositive();
	}

	@Test
	void restoreSaysWhatItMadeAndForOwnerOnly() throws IOException {
		String url = Recorded.url(Recorded.copy("plain", this.directory.resolve("replica")));
		Path output = this.directory.resolve("new/directory/app.db");
		CliRun run = CliRun.of("restore", "-o", output.toString(), url);
		assertThat(run.code()).isZero();
		assertThat(run.err()).isEmpty();
		assertThat(run.out()).startsWith("Restored " + output).contains(url, "index 00000004", "327.7 kB");
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(output))).isEqualTo("rw-------");
	}

	@Test
	void transactionOfAReplicaThatHasNoneIsRefusedWithWhatItHas() throws IOException {
		String url = Recorded.url(Recorded.copy("plain", this.directory.resolve("replica")));
		Path output = this.directory.resolve("app.db");
		for (String more : List.of("-json", "-if-replica-exists")) {
			CliRun run = CliRun.of("restore", more, "-txid", "0000000000000005", "-o", output.toString(), url);
			assertThat(run.code()).isEqualTo(1);
			assertThat(run.err().strip())
				.isEqualTo("The replica is in format v3, which has no transaction numbers: give a timestamp,"
						+ " or a generation and an index");
		}
		assertThat(output).doesNotExist();
	}

	@Test
	void twoDashesDoAsWellAsOne() throws IOException {
		String url = Recorded.url(Recorded.copy("plain", this.directory.resolve("replica")));
		Path output = this.directory.resolve("app.db");
		assertThat(CliRun.of("restore", "--parallelism", "2", "--o=" + output, url).code()).isZero();
		assertThat(output).exists();
	}

	@Test
	void checkIsCalledAsTheHelpCallsIt() throws IOException {
		String url = Recorded.url(Recorded.copy("plain", this.directory.resolve("replica")));
		for (String check : List.of("none", "quick", "full", "FULL")) {
			String output = this.directory.resolve(check + ".db").toString();
			assertThat(CliRun.of("restore", "-integrity-check", check, "-o", output, url).code()).as(check).isZero();
		}
	}

	@Test
	void optionsMayFollowTheUrl() throws IOException {
		String url = Recorded.url(Recorded.copy("plain", this.directory.resolve("replica")));
		Path output = this.directory.resolve("app.db");
		assertThat(CliRun.of("restore", url, "-o", output.toString()).code()).isZero();
	}

	@Test
	void dryRunWritesNothing() throws IOException {
		String url = Recorded.url(Recorded.copy("plain", this.directory.resolve("replica")));
		CliRun run = CliRun.of("restore", "-dry-run", "-o", this.directory.resolve("app.db").toString(), url);
		assertThat(run.code()).isZero();
		assertThat(run.out()).startsWith("Would restore").contains("WAL segments");
		assertThat(files()).containsExactly("replica");
	}

	@Test
	void timestampIsUnderstoodInTheZoneOfTheMachineAndSaidSo() throws IOException {
		String url = Recorded.url(Recorded.copy("plain", this.directory.resolve("replica")));
		ZonedDateTime wanted = Instant.parse("2026-11-22T15:59:33.802622226Z").atZone(ZoneId.systemDefault());
		String local = wanted.toLocalDateTime().toString().replace('T', ' ');
		CliRun run = CliRun.of("restore", "-dry-run", "-json", "-timestamp", local, "-o",
				this.directory.resolve("app.db").toString(), url);
		assertThat(run.code()).as("%s", run).isZero();
		assertThat(run.err()).startsWith(local + " is ")
			.contains(wanted.getZone().toString(), wanted.getOffset().toString());
		assertThat(run.json().get("timestamp").asString()).isEqualTo(wanted.toInstant().toString());
	}

	@Test
	void timeInAListingReachesWhatItStandsBeside() throws IOException {
		String url = Recorded.url(Recorded.copy("plain", this.directory.resolve("replica")));
		List<String> lines = CliRun.of("wal", url).out().lines().skip(1).toList();
		assertThat(lines).hasSizeGreaterThan(3);
		for (String line : lines.subList(1, lines.size())) {
			String[] cells = line.split(" +");
			CliRun run = CliRun.of("restore", "-dry-run", "-json", "-timestamp", cells[5], "-o",
					this.directory.resolve("app.db").toString(), url);
			assertThat(run.json().get("index").intValue()).as("%s of %s", cells[5], line)
				.isEqualTo(Integer.parseInt(cells[2], 16));
			assertThat(run.json().get("offset").longValue()).isEqualTo(Long.parseLong(cells[3]));
		}
	}

	@Test
	void existingFileIsLeftAlone() throws IOException {
		String url = Recorded.url(Recorded.copy("plain", this.directory.resolve("replica")));
		Path output = Files.writeString(this.directory.resolve("app.db"), "precious");
		CliRun refused = CliRun.of("restore", "-o", output.toString(), url);
		assertThat(refused.code()).isEqualTo(1);
		assertThat(refused.isOneSentence()).as("%s", refused).isTrue();
		assertThat(refused.err()).contains("exists", "never overwrites");
		CliRun skipped = CliRun.of("restore", "-if-db-not-exists", "-o", output.toString(), url);
		assertThat(skipped.code()).isZero();
		assertThat(skipped.err()).contains("nothing to do");
		assertThat(output).hasContent("precious");
		assertThat(files()).containsExactlyInAnyOrder("replica", "app.db");
	}

	@Test
	void emptyFileIsNoDatabaseForIfDbNotExists() throws IOException {
		String url = Recorded.url(Recorded.copy("plain", this.directory.resolve("replica")));
		Path output = Files.createFile(this.directory.resolve("app.db"));
		assertThat(CliRun.of("restore", "-if-db-not-exists", "-o", output.toString(), url).code()).isZero();
		assertThat(output).hasSize(327_680);
		assertThat(files()).anyMatch((name) -> name.startsWith("app.db.before-restore-"));
	}

	@Test
	void noBackupFailsUnlessThatIsExpected() throws IOException {
		String url = Recorded.url(this.directory.resolve("nothing"));
		String output = this.directory.resolve("app.db").toString();
		CliRun failed = CliRun.of("restore", "-o", output, url);
		assertThat(failed.code()).isEqualTo(1);
		assertThat(failed.isOneSentence()).isTrue();
		assertThat(failed.err()).contains(url, "no backup");
		assertThat(CliRun.of("restore", "-if-replica-exists", "-o", output, url).code()).isZero();
		assertThat(files()).isEmpty();
	}

	@Test
	void ifReplicaExistsDoesNotHideADamagedReplica() throws IOException {
		Path replica = Recorded.copy("plain", this.directory.resolve("replica"));
		Path segment = replica.resolve("generations/a3612045e3c42637/wal/00000002_00000000.wal.lz4");
		Files.delete(segment);
		CliRun run = CliRun.of("restore", "-if-replica-exists", "-generation", "a3612045e3c42637", "-index", "2", "-o",
				this.directory.resolve("app.db").toString(), Recorded.url(replica));
		assertThat(run.code()).isEqualTo(1);
		assertThat(run.isOneSentence()).as("%s", run).isTrue();
		assertThat(run.err()).contains("00000002_00000000.wal.lz4", "missing");
		assertThat(files()).containsExactly("replica");
	}

	@Test
	void stackTraceIsShownOnlyWhenAskedFor() {
		String url = Recorded.url(this.directory.resolve("nothing"));
		String output = this.directory.resolve("app.db").toString();
		assertThat(CliRun.of("restore", "-o", output, url).err()).doesNotContain("\tat ");
		assertThat(CliRun.of("restore", "-v", "-o", output, url).err()).contains("\tat ");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					-index 1 file:///r                                              | -generation
					-generation a3612045e3c42637 -index zz file:///r                | hexadecimal
					-generation short file:///r                                     | 16 lower-case
					-timestamp yesterday file:///r                                  | is no time: allowed are 5m or 2h30m (ago)
					-generation a3612045e3c42637 -index 1 -timestamp 2026-01-31T12:00:00Z file:///r | one of them
					-parallelism 0 file:///r                                        | 1 to 256
					-integrity-check some file:///r                                 | QUICK
					-region eu-west-1 file:///r                                     | s3
					/data/app.db                                                    | file:///directory, s3://bucket/prefix or sftp://user@host/directory
					ftp://host/x                                                    | file:///directory, s3://bucket/prefix or sftp://user@host/directory
					file:///r another                                               | another
					-config /etc/litestream.yml file:///r                           | -config
					''                                                              | REPLICA_URL
					""")
	void badInputIsAnsweredWithWhatIsAllowed(String arguments, String expected) throws IOException {
		List<String> all = new ArrayList<>(List.of("restore", "-o", this.directory.resolve("app.db").toString()));
		Stream.of(arguments.split(" ")).filter((argument) -> !argument.isBlank()).forEach(all::add);
		CliRun run = CliRun.of(all.toArray(String[]::new));
		assertThat(run.code()).as("%s", run).isEqualTo(2);
		assertThat(run.err()).contains(expected).doesNotContain("\tat ", "Exception");
		assertThat(run.out()).isEmpty();
		assertThat(files()).isEmpty();
	}

	private List<String> files() throws IOException {
		try (Stream<Path> files = Files.list(this.directory)) {
			return files.map((file) -> file.getFileName().toString()).toList();
		}
	}

}
