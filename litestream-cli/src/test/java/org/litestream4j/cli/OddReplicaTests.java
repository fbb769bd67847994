package org.litestream4j.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.testsupport.s3.ScriptedStore;

import static org.assertj.core.api.Assertions.assertThat;

/** Replicas in another format, that cannot be read, or that have an odd name. */
class OddReplicaTests {

	@TempDir
	private Path directory;

	/** One of the places where the AWS SDK looks. */
	@BeforeEach
	void giveCredentials() {
		System.setProperty("aws.accessKeyId", "key");
		System.setProperty("aws.secretAccessKey", "secret");
	}

	@AfterEach
	void takeCredentials() {
		System.clearProperty("aws.accessKeyId");
		System.clearProperty("aws.secretAccessKey");
	}

	/** Where Litestream v0.5.17 puts its files. */
	private String ltxReplica() throws IOException {
		Path level = Files.createDirectories(this.directory.resolve("replica/ltx/0"));
		Files.writeString(level.resolve("0000000000000001-0000000000000001.ltx"), "LTX1");
		return Recorded.url(this.directory.resolve("replica"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "generations", "snapshots", "wal", "generations -json", "snapshots -json", "wal -json" })
	void backupOfAnotherFormatIsNotNoBackup(String command) throws IOException {
		CliRun run = CliRun
			.of(Stream.concat(Stream.of(command.split(" ")), Stream.of(ltxReplica())).toArray(String[]::new));
		assertThat(run.code()).as("%s", run).isEqualTo(1);
		assertThat(run.isOneSentence()).as("%s", run).isTrue();
		assertThat(run.err()).contains("LTX", "Litestream v0.5", "ltx lists its files");
	}

	@Test
	void encryptedBackupIsSaidToBeEncrypted() throws IOException {
		Path replica = Recorded.copy("plain", this.directory.resolve("replica"));
		try (Stream<Path> files = Files.walk(replica)) {
			for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
				Files.writeString(file, "age-encryption.org/v1\n-> X25519 abc\n");
			}
		}
		CliRun run = CliRun.of("restore", "-o", this.directory.resolve("app.db").toString(), Recorded.url(replica));
		assertThat(run.code()).as("%s", run).isEqualTo(1);
		assertThat(run.err()).contains("encrypted with age", "identity file").hasLineCount(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "a%20b", "a b" })
	void directoryOfEitherSpellingIsFound(String name) throws IOException {
		Recorded.copy("plain", this.directory.resolve(name));
		CliRun run = CliRun.of("restore", "-o", this.directory.resolve("app.db").toString(),
				"file://%s/a%%20b".formatted(this.directory));
		assertThat(run.code()).as("%s", run).isZero();
		assertThat(this.directory.resolve("app.db")).hasSize(327_680);
	}

	@Test
	void storeThatAnswersNowWithABackupAndNowWithoutHasOne() {
		try (ScriptedStore store = new ScriptedStore(OddReplicaTests::firstEmpty)) {
			CliRun run = CliRun.of("restore", "-if-replica-exists", "-o", this.directory.resolve("app.db").toString(),
					"-endpoint", store.endpoint().toString(), "s3://bucket/app");
			assertThat(run.code()).as("%s", run).isEqualTo(1);
			assertThat(run.err()).contains("sometimes with a backup, sometimes without").hasLineCount(1);
		}
	}

	/** Shows its objects only through a connection that is not used again. */
	private static void firstEmpty(ScriptedStore.Asked request, OutputStream out) throws IOException {
		String generation = "generations/a3612045e3c42637/";
		boolean shows = "close".equals(request.headers().get("connection"));
		boolean directories = request.target().contains("delimiter");
		String content = directories ? "<CommonPrefixes><Prefix>app/%s</Prefix></CommonPrefixes>".formatted(generation)
				: ("<Contents><Key>app/%ssnapshots/00000000.snapshot.lz4</Key><Size>9</Size>"
						+ "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>")
					.formatted(generation);
		String body = "<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated>%s</ListBucketResult>"
			.formatted(shows ? content : "");
		new ScriptedStore.Answer(200, Map.of("Content-Type", "application/xml"), body).answer(request, out);
	}

	@Test
	void controlCharactersOfAUrlReachNoTerminal() {
		for (String url : List.of("file:///a\u001b[31m", "file:///a%1b[31m", "s3://bucket/a\u009b31m",
				"s3://\rbucket")) {
			CliRun run = CliRun.of("generations", url);
			assertThat(run.code()).isEqualTo(2);
			assertThat(run.err()).doesNotContain("\u001b", "\u009b", "\r");
		}
	}

	@Test
	void wordsOfAStoreReachTheTerminalOnOneLineWithoutControlCharacters() {
		String words = "no\u001b]0;title\u0007\r\nERROR forged " + "x".repeat(50_000);
		try (ScriptedStore store = new ScriptedStore((request, out) -> {
			byte[] body = "<Error><Code>Odd</Code><Message>%s</Message></Error>"
				.formatted(words.replace("\u001b", "&#27;").replace("\u0007", "&#7;"))
				.getBytes(StandardCharsets.UTF_8);
			out.write(
					"HTTP/1.1 400 Bad\r\nContent-Type: application/xml\r\nx-amz-request-id: a\u009b\r\nContent-Length: %d\r\n\r\n"
						.formatted(body.length)
						.getBytes(StandardCharsets.ISO_8859_1));
			out.write(body);
		})) {
			for (String verbose : List.of("-region=x", "-v")) {
				CliRun run = CliRun.of("generations", verbose, "-endpoint", store.endpoint().toString(),
						"s3://bucket/app");
				assertThat(run.code()).isEqualTo(1);
				assertThat(run.err()).contains("ERROR forged")
					.hasSizeLessThan(20_000)
					.doesNotContain("\u001b", "\u0007", "\u009b", "\r", "\nERROR", "x".repeat(5_000));
			}
		}
	}

}
