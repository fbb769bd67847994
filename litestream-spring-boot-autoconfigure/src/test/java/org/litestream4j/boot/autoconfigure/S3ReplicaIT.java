package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import io.awspring.cloud.autoconfigure.core.AwsAutoConfiguration;
import io.awspring.cloud.autoconfigure.core.CredentialsProviderAutoConfiguration;
import io.awspring.cloud.autoconfigure.core.RegionProviderAutoConfiguration;
import io.awspring.cloud.autoconfigure.s3.S3AutoConfiguration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;

import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.testsupport.s3.Faults;
import org.litestream4j.testsupport.s3.S3Operation;
import org.litestream4j.testsupport.s3.S3TestServer;

import static org.assertj.core.api.Assertions.assertThat;

/** An application with Spring Cloud AWS, and a replica in S3. */
@ExtendWith(OutputCaptureExtension.class)
class S3ReplicaIT {

	private static final String BUCKET = "my-bucket";

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	@TempDir
	private Path directory;

	private S3TestServer server;

	@BeforeEach
	void startServer() {
		this.server = S3TestServer.start(this.directory.resolve("server"));
		this.server.createBucket(BUCKET);
	}

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	@Test
	void applicationIsRestoredThroughItsOwnClient() {
		application("one").run((context) -> {
			assertThat(context).hasNotFailed();
			write(context, "first");
			context.getBean(Litestream.class).sync(PATIENCE);
			assertThat(this.server.keys(BUCKET)).contains("app/lock.json")
				.filteredOn((key) -> !key.equals("app/lock.json"))
				.isNotEmpty()
				.allMatch((key) -> key.startsWith("app/generations/"));
			write(context, "shipped by closing");
		});
		application("two").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(notes(context)).containsExactly("first", "shipped by closing");
		});
	}

	@Test
	void storeThatCannotBeReadFailsStartUp() {
		this.server.down();
		application("one").run((context) -> {
			assertThat(context).hasFailed();
			assertThat(startupFailure(context).description()).contains("is missing, and was not restored",
					"the endpoint refuses connections");
			assertThat(this.directory.resolve("one.db")).doesNotExist();
		});
	}

	@Test
	void bucketThatDoesNotExistFailsStartUp() {
		application("one").withPropertyValues("litestream.replicas[0].url=s3://another-bucket/app").run((context) -> {
			assertThat(context).hasFailed();
			assertThat(startupFailure(context).description()).contains("bucket 'another-bucket' does not exist");
		});
	}

	@Test
	void storeThatIsDownDoesNotDisturbAnApplicationThatHasItsDatabase() {
		application("one").run((context) -> write(context, "first"));
		this.server.down();
		application("one").withPropertyValues("litestream.shutdown-sync-timeout=100ms").run((context) -> {
			assertThat(context).hasNotFailed();
			write(context, "second");
			assertThat(notes(context)).containsExactly("first", "second");
		});
		this.server.up();
		application("one").run((context) -> context.getBean(Litestream.class).sync(PATIENCE));
		application("two").run((context) -> assertThat(notes(context)).containsExactly("first", "second"));
	}

	@Test
	void replicaWithItsOwnEndpointAndKeysGoesThere(CapturedOutput output) {
		try (S3TestServer other = S3TestServer.start(this.directory.resolve("other"))) {
			other.createBucket("second-home");
			application("one")
				.withPropertyValues("litestream.replicas[0].name=first", "litestream.replicas[1].name=second",
						"litestream.replicas[1].type=s3", "litestream.replicas[1].bucket=second-home",
						"litestream.replicas[1].path=deep/er", "litestream.replicas[1].endpoint=" + other.endpoint(),
						"litestream.replicas[1].access-key-id=" + S3TestServer.ACCESS_KEY_ID,
						"litestream.replicas[1].secret-access-key=" + S3TestServer.SECRET_ACCESS_KEY,
						"litestream.replicas[1].snapshot-storage-class=STANDARD_IA")
				.run((context) -> {
					write(context, "both");
					context.getBean(Litestream.class).sync(PATIENCE);
					assertThat(other.keys("second-home")).contains("deep/er/lock.json")
						.filteredOn((key) -> !key.equals("deep/er/lock.json"))
						.isNotEmpty()
						.allMatch((key) -> key.startsWith("deep/er/generations/"));
					assertThat(other.requests().requests()).filteredOn(Faults.of(S3Operation.PUT))
						.anySatisfy((request) -> assertThat(request.headers()).containsEntry("x-amz-storage-class",
								"STANDARD_IA"));
					assertThat(this.server.keys(BUCKET)).isNotEmpty();
				});
		}
		assertThat(output).doesNotContain(S3TestServer.SECRET_ACCESS_KEY);
	}

	@Test
	void wrongSecretFailsStartUpAndIsNotShown(CapturedOutput output) {
		application("one").withPropertyValues("spring.cloud.aws.credentials.secret-key=planted-wrong-secret")
			.run((context) -> {
				assertThat(context).hasFailed();
				assertThat(startupFailure(context).description())
					.contains("the secret access key does not belong to the access key id")
					.doesNotContain("planted-wrong-secret");
				assertThat(context.getStartupFailure()).hasStackTraceContaining("correct the credentials");
			});
		assertThat(output).doesNotContain("planted-wrong-secret");
	}

	@Test
	void valueThatS3DoesNotKnowFailsStartUp() {
		application("one").withPropertyValues("litestream.replicas[0].server-side-encryption=rot13").run((context) -> {
			assertThat(context).hasFailed();
			assertThat(startupFailure(context).description())
				.contains("server-side-encryption is 'rot13': AES256, aws:kms or aws:kms:dsse is expected");
		});
	}

	private ApplicationContextRunner application(String database) {
		return Contexts.jdbc(this.directory)
			.withConfiguration(
					AutoConfigurations.of(AwsAutoConfiguration.class, CredentialsProviderAutoConfiguration.class,
							RegionProviderAutoConfiguration.class, S3AutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + Contexts.url(this.directory, database + ".db"),
					"spring.cloud.aws.credentials.access-key=" + S3TestServer.ACCESS_KEY_ID,
					"spring.cloud.aws.credentials.secret-key=" + S3TestServer.SECRET_ACCESS_KEY,
					"spring.cloud.aws.region.static=" + S3TestServer.REGION,
					"spring.cloud.aws.s3.endpoint=" + this.server.endpoint(),
					"spring.cloud.aws.s3.path-style-access-enabled=true", "litestream.restore-if-missing=true",
					"litestream.replicas[0].url=s3://%s/app".formatted(BUCKET));
	}

	private static LitestreamStartupException startupFailure(AssertableApplicationContext context) {
		Throwable failure = context.getStartupFailure();
		while (failure != null && !(failure instanceof LitestreamStartupException)) {
			failure = failure.getCause();
		}
		assertThat(failure).isNotNull();
		return (LitestreamStartupException) failure;
	}

	private static void write(AssertableApplicationContext context, String text) {
		JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
		jdbc.execute("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT)");
		jdbc.update("INSERT INTO note(text) VALUES (?)", text);
	}

	private static List<String> notes(AssertableApplicationContext context) {
		return context.getBean(JdbcTemplate.class).queryForList("SELECT text FROM note ORDER BY id", String.class);
	}

}
