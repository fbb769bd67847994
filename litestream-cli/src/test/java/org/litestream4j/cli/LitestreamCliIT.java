package org.litestream4j.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import tools.jackson.databind.JsonNode;

import org.litestream4j.store.s3.S3Clients;
import org.litestream4j.store.s3.S3Connection;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.EnabledIfRealLitestream;
import org.litestream4j.testing.RealLitestream;
import org.litestream4j.testsupport.s3.S3TestServer;

import static org.assertj.core.api.Assertions.assertThat;

/** The packaged jar, as an operator runs it. */
class LitestreamCliIT {

	static final List<String> names = Recorded.NAMES;

	@TempDir
	private Path directory;

	private static ChildProcess jar(String... arguments) throws IOException {
		return jar(Map.of(), arguments);
	}

	private static ChildProcess jar(Map<String, String> environment, String... arguments) throws IOException {
		List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(),
				"-jar", Objects.requireNonNull(System.getProperty("cli.jar"))));
		command.addAll(List.of(arguments));
		ProcessBuilder builder = new ProcessBuilder(command);
		builder.environment().putAll(environment);
		return ChildProcess.start("litestream-cli", builder, Duration.ofMinutes(3));
	}

	@ParameterizedTest
	@FieldSource("names")
	@EnabledIfRealLitestream
	void jarRestoresTheSameBytesAsTheRealLitestream(String name) throws IOException {
		Path replica = Recorded.copy(name, this.directory.resolve("replica"));
		Path ours = this.directory.resolve("ours.db");
		Path theirs = this.directory.resolve("theirs.db");
		RealLitestream.get().restore(replica, theirs);
		try (ChildProcess run = jar("restore", "-o", ours.toString(), Recorded.url(replica))) {
			assertThat(run.waitFor()).as("%s", run).isZero();
		}
		assertThat(Files.mismatch(ours, theirs)).isEqualTo(-1);
	}

	@Test
	@EnabledIfRealLitestream
	void listingsHaveTheColumnsOfTheRealLitestream() throws IOException {
		String url = Recorded.url(Recorded.copy("gens", this.directory.resolve("replica")));
		for (String command : List.of("generations", "snapshots", "wal")) {
			List<String> theirs = RealLitestream.get().run(command, url).lines().toList();
			try (ChildProcess run = jar(command, url)) {
				List<String> ours = run.remainingLines();
				assertThat(run.waitFor()).as("%s", run).isZero();
				assertThat(words(ours.get(0))).isEqualTo(words(theirs.get(0)));
				assertThat(ours).hasSameSizeAs(theirs);
			}
		}
	}

	private static List<String> words(String line) {
		return List.of(line.strip().split(" +"));
	}

	@Test
	void jarRestoresFromS3WithTheCredentialsOfLitestream() throws IOException {
		Path replica = Recorded.copy("plain", this.directory.resolve("replica"));
		Path restored = this.directory.resolve("restored.db");
		try (S3TestServer server = S3TestServer.start(this.directory.resolve("s3"))) {
			server.createBucket("backups");
			upload(replica, server.endpoint());
			Map<String, String> credentials = Map.of("LITESTREAM_ACCESS_KEY_ID", S3TestServer.ACCESS_KEY_ID,
					"LITESTREAM_SECRET_ACCESS_KEY", S3TestServer.SECRET_ACCESS_KEY);
			try (ChildProcess run = jar(credentials, "restore", "-endpoint", server.endpoint().toString(), "-o",
					restored.toString(), "s3://backups/app")) {
				assertThat(run.waitFor()).as("%s", run).isZero();
			}
			try (ChildProcess run = jar(
					Map.of("LITESTREAM_ACCESS_KEY_ID", "somebody", "LITESTREAM_SECRET_ACCESS_KEY", "planted-secret"),
					"generations", "-v", "-endpoint", server.endpoint().toString(), "s3://backups/app")) {
				assertThat(run.waitFor()).isEqualTo(1);
				assertThat(run.printed()).contains("s3://backups/app").doesNotContain("planted-secret");
			}
		}
		for (JsonNode restore : Recorded.manifest("plain").get("restores")) {
			if (restore.get("target").isEmpty()) {
				assertThat(Recorded.sha256(restored)).isEqualTo(Recorded.text(restore, "sha256"));
			}
		}
	}

	private static void upload(Path replica, URI endpoint) throws IOException {
		try (S3Client client = S3Clients.create(
				new S3Connection(endpoint, null, null, S3TestServer.ACCESS_KEY_ID, S3TestServer.SECRET_ACCESS_KEY),
				null); Stream<Path> files = Files.walk(replica)) {
			for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
				client.putObject((put) -> put.bucket("backups").key("app/" + replica.relativize(file)),
						RequestBody.fromFile(file));
			}
		}
	}

	@Test
	void jarPrintsNothingButOneSentenceOnFailure() throws IOException {
		String url = RealLitestream.url(this.directory.resolve("none"));
		try (ChildProcess run = jar("restore", "-o", this.directory.resolve("a.db").toString(), url)) {
			assertThat(run.waitFor()).isEqualTo(1);
			assertThat(run.remainingLines()).isEmpty();
			assertThat(run.printed()).isEqualTo(url + " holds no backup: check the url");
		}
	}

	@Test
	void jarThatIsVerboseSaysWhatItDoes() throws IOException {
		Path replica = Recorded.copy("plain", this.directory.resolve("replica"));
		try (ChildProcess run = jar("restore", "-v", "-o", this.directory.resolve("a.db").toString(),
				Recorded.url(replica))) {
			assertThat(run.waitFor()).as("%s", run).isZero();
			assertThat(run.remainingLines()).hasSize(1);
			assertThat(run.printed()).contains("snapshot generations/");
		}
	}

}
