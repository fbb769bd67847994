package org.litestream4j.boot.autoconfigure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * What a user reads when the application does not start: a description and an action,
 * through Boot's own report.
 */
@ExtendWith(OutputCaptureExtension.class)
class StartupFailureTests {

	@TempDir
	private Path directory;

	static Stream<Arguments> invalid() {
		return Stream.of(arguments("monitor-interval is 0 s: more than zero is expected", "monitor-interval=0s"),
				arguments("monitor-interval is -1 s: more than zero is expected", "monitor-interval=-1s"),
				arguments("sync-interval is 0 s: more than zero is expected", "sync-interval=0s"),
				arguments("max-checkpoint-page-count is 5: min-checkpoint-page-count (1000) or more is expected",
						"max-checkpoint-page-count=5"),
				arguments("parallelism is 0: 1 to 256 is expected", "restore.parallelism=0"),
				arguments("max-lag is 0 s: more than zero is expected", "health.max-lag=0s"),
				arguments("lease.duration is 0 s: 1s or more is expected", "lease.duration=0s"),
				arguments("lease.wait is -1 s: zero or more is expected", "lease.wait=-1s"),
				arguments("'litestream[.databases.other]': lease.duration is 500 ms",
						"databases.other.lease.duration=500ms"),
				arguments("Failed to bind properties under 'litestream.lease.wait'", "lease.wait=never"),
				arguments("Failed to bind properties under 'litestream.on-fenced'", "on-fenced=panic"),
				arguments("Failed to bind properties under 'litestream.on-divergence'", "on-divergence=merge"),
				arguments("Failed to bind properties under 'litestream.replicas[0].fencing'",
						"replicas[0].fencing=maybe"),
				arguments("Property 'litestream.heartbeat.url' is no url of a web server",
						"heartbeat.url=ping.example.com"),
				arguments("Property 'litestream.heartbeat.url' is no url of a web server", "heartbeat.url=https://a b"),
				arguments("Property 'litestream.heartbeat.interval' is 10 ms: 1 s or more is expected",
						"heartbeat.url=http://127.0.0.1:1/", "heartbeat.interval=10ms"),
				arguments("max-shadow-wal-size is 1024: 1MB or more is expected", "max-shadow-wal-size=1KB"),
				arguments("'zz' is not a generation", "restore.generation=zz"),
				arguments("index is given without generation", "restore.index=3"),
				arguments("names a replica 'nope' that is not configured", "restore.replica=nope"),
				arguments("Failed to bind properties under 'litestream.monitor-interval'", "monitor-interval=soon"),
				arguments("Failed to bind properties under 'litestream.max-shadow-wal-size'",
						"max-shadow-wal-size=huge"),
				arguments("Failed to bind properties under 'litestream.restore.integrity-check'",
						"restore.integrity-check=maybe"),
				arguments("Failed to bind properties under 'litestream.restore.timestamp'",
						"restore.timestamp=yesterday"),
				arguments("Both 'litestream.replicas[0].url' and 'litestream.replicas[0].type' are set.",
						"replicas[0].type=file"),
				arguments("Both 'litestream.replicas[0].url' and 'litestream.replicas[0].path' are set.",
						"replicas[0].path=/x"),
				arguments("'litestream.replicas[1].url' asks for a replica of type 'ftp', which nothing here supports",
						"replicas[1].url=ftp://x/y"),
				arguments("'litestream.replicas[1].type' asks for a replica of type 'tape'", "replicas[1].type=tape"),
				arguments("Neither 'litestream.replicas[1].url' nor 'litestream.replicas[1].type' is set",
						"replicas[1].name=x"),
				arguments("Property 'litestream.replicas[1].url' is 'somewhere', which has no scheme",
						"replicas[1].url=somewhere"),
				arguments("Two replicas of one database have the name 'file': 'litestream.replicas[1]' is the second",
						"replicas[1].url=file:///elsewhere"),
				arguments("'litestream.replicas[1].path' is not set: the directory of the replica is expected",
						"replicas[1].type=file", "replicas[1].name=x"),
				arguments("file:///directory, with three slashes", "replicas[1].name=x",
						"replicas[1].url=file://host/x"),
				arguments("retention is -1 s: zero, which keeps everything, or more than zero is expected",
						"replicas[0].retention=-1s"),
				arguments("Property 'litestream.replicas[0].retention' is 'never mind': a duration, or 'off'",
						"replicas[0].retention=never mind"),
				arguments("Invalid value below 'litestream[.databases.other]': busy-timeout is -1 s",
						"databases.other.busy-timeout=-1s"));
	}

	private static Arguments arguments(String expected, String... properties) {
		return Arguments.of(expected, List.of(properties));
	}

	@ParameterizedTest(name = "{1}")
	@MethodSource("invalid")
	void invalidPropertyFailsWithDescriptionAndAction(String expected, List<String> properties, CapturedOutput output) {
		assertThat(start(output, properties.stream().map("litestream."::concat).toList())).contains(expected);
		assertThat(this.directory).isEmptyDirectory();
	}

	@Test
	void twoReplicasInOnePlaceFail(CapturedOutput output) {
		String same = "litestream.replicas[1].url=file:" + this.directory + "/../" + this.directory.getFileName()
				+ "/replica";
		assertThat(start(output, List.of(same, "litestream.replicas[1].name=second")))
			.contains("The replicas 'file' and 'second' of database 'dataSource' are in one place: file:///");
	}

	@Test
	void journalModeInUrlFails(CapturedOutput output) {
		assertThat(start(output,
				List.of("spring.datasource.url=jdbc:sqlite:" + this.directory + "/app.db?journal_mode=DELETE")))
			.contains("DataSource 'dataSource' is configured with journal_mode=DELETE, but replication reads the WAL")
			.contains("litestream.databases.dataSource.enabled=false");
	}

	/** A lone surrogate is to any locale what other letters are to the locale C. */
	@Test
	void charactersThatTheLocaleLacksAreBlamedOnTheLocale(CapturedOutput output) {
		String locale = "locale lacks some of its characters; start it with LC_ALL=C.UTF-8";
		assertThat(start(output, List.of("spring.datasource.url=jdbc:sqlite:" + this.directory + "/a\ud800.db")))
			.contains(
					"The name of the database file of DataSource 'dataSource' is not a path: this process's " + locale)
			.contains("litestream.databases.dataSource.enabled=false");
	}

	@ParameterizedTest
	@ValueSource(strings = { "meta-directory", "databases.other.path", "endpoint.restore-directory",
			"replicas[1].type=file|replicas[1].name=second|replicas[1].path" })
	void propertyWithCharactersThatTheLocaleLacksIsNamed(String property, CapturedOutput output) {
		List<String> properties = new ArrayList<>();
		for (String name : property.split("\\|")) {
			properties.add("litestream." + name + (name.contains("=") ? "" : "=/tmp/a\ud800"));
		}
		String name = properties.get(properties.size() - 1).replaceAll("=.*", "");
		assertThat(start(output, properties)).contains("'%s' is not a path: this process's locale".formatted(name))
			.contains("start it with LC_ALL=C.UTF-8");
		assertThat(this.directory).isEmptyDirectory();
	}

	@Test
	void fileThatIsNoDatabaseFails(CapturedOutput output) throws Exception {
		Files.writeString(this.directory.resolve("app.db"), "This is a letter, and no database at all. ".repeat(100));
		assertThat(start(output, List.of()))
			.contains("Replication of the database " + this.directory.toRealPath() + "/app.db")
			.contains("cannot start");
	}

	@Test
	void s3WithoutSdkNamesTheStarter(CapturedOutput output) {
		assertThat(startWithout("software.amazon.awssdk", output, "litestream.replicas[0].url=s3://my-bucket/app"))
			.contains("'litestream.replicas[0].url' asks for a replica in S3")
			.contains("io.awspring.cloud:spring-cloud-aws-starter-s3");
	}

	@Test
	void sftpWithoutItsModuleNamesTheModule(CapturedOutput output) {
		assertThat(startWithout("org.litestream4j.store.sftp", output,
				"litestream.replicas[0].url=sftp://user@example.com/backup"))
			.contains("'litestream.replicas[0].url' asks for a replica that is reached by SFTP")
			.contains("org.litestream4j:litestream-store-sftp");
	}

	/**
	 * The module finds itself, and reads properties of its own, which are not repeated.
	 */
	@Test
	void sftpWithAPropertyThatItDoesNotKnowNamesThoseThatItKnows(CapturedOutput output) {
		assertThat(start(output,
				List.of("litestream.replicas[0].url=sftp://user@example.com/backup",
						"litestream.replicas[0].properties.passwort=secret-word")))
			.contains("'litestream.replicas[0].properties.passwort' is not known to a replica of type 'sftp'")
			.contains("known-hosts, password, path")
			.doesNotContain("secret-word");
	}

	private String startWithout(String packageName, CapturedOutput output, String property) {
		Thread thread = Thread.currentThread();
		ClassLoader before = thread.getContextClassLoader();
		thread.setContextClassLoader(new FilteredClassLoader(packageName));
		try {
			return start(output, List.of(property));
		}
		finally {
			thread.setContextClassLoader(before);
		}
	}

	@Test
	void secretsAreNotShown(CapturedOutput output) {
		String report = start(output, List.of("litestream.replicas[1].type=tape",
				"litestream.replicas[1].access-key-id=PLANTED1", "litestream.replicas[1].secret-access-key=PLANTED2"));
		assertThat(report).doesNotContain("PLANTED");
	}

	@Test
	void propertyThatTheStoreDoesNotKnowIsNamedWithThoseItKnows(CapturedOutput output) {
		assertThat(start(output, List.of("litestream.replicas[0].properties.passwort=PLANTED")))
			.contains("'litestream.replicas[0].properties.passwort' is not known to a replica of type 'file', which"
					+ " knows path")
			.doesNotContain("PLANTED");
	}

	@Test
	void propertyThatIsSetTwiceIsNamed(CapturedOutput output) {
		assertThat(start(output,
				List.of("litestream.replicas[0].url=s3://bucket/app", "litestream.replicas[0].region=here",
						"litestream.replicas[0].properties.region=there")))
			.contains("Both 'litestream.replicas[0].region' and 'litestream.replicas[0].properties.region' are set");
	}

	/** Fails to start, and returns Boot's report of that. */
	private String start(CapturedOutput output, List<String> properties) {
		SpringApplication application = new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
			.bannerMode(org.springframework.boot.Banner.Mode.OFF)
			.build();
		String replica = Contexts.replica(this.directory);
		List<String> all = new ArrayList<>(properties);
		for (String byDefault : List.of("spring.datasource.url=" + Contexts.url(this.directory, "app.db"), replica)) {
			String name = byDefault.substring(0, byDefault.indexOf('=') + 1);
			if (properties.stream().noneMatch((property) -> property.startsWith(name))) {
				all.add(byDefault);
			}
		}
		String[] arguments = all.stream().map("--"::concat).toArray(String[]::new);
		assertThatException().isThrownBy(() -> application.run(arguments).close());
		assertThat(output).contains("APPLICATION FAILED TO START", "Description:", "Action:");
		assertThat(output).doesNotContain("\tat org.litestream4j");
		return output.toString().substring(output.toString().indexOf("APPLICATION FAILED TO START"));
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ DataSourceAutoConfiguration.class, LitestreamAutoConfiguration.class })
	static class Application {

	}

}
