package org.litestream4j.boot.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import org.litestream4j.RestoreReport;
import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.autoconfigure.LitestreamAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The documents' examples work, and are what is compiled here.
 */
class ExamplesTests {

	private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

	@TempDir
	Path directory = Path.of("unset");

	@Test
	void everyJavaBlockOfTheDocumentsIsCompiled() throws IOException {
		String sources = words(read(Path.of("src/test/java"), ".java")
				+ read(Path.of("../litestream-store-tck/src/test/java"), ".java")
				+ read(Path.of("../litestream-spring-boot-ui/src/test/java"), ".java"));
		List<String> blocks = new ArrayList<>();
		Matcher matcher = JAVA.matcher(read(Path.of("../docs"), ".md") + Files.readString(Path.of("../README.md")));
		while (matcher.find()) {
			blocks.add(matcher.group(1));
		}
		assertThat(blocks).hasSizeGreaterThan(4)
			.allSatisfy((block) -> assertThat(sources.contains(words(block))).as(block).isTrue());
	}

	private static String read(Path directory, String suffix) throws IOException {
		StringBuilder all = new StringBuilder();
		try (Stream<Path> files = Files.walk(directory)) {
			for (Path file : files.filter((each) -> each.toString().endsWith(suffix)).sorted().toList()) {
				all.append(Files.readString(file)).append('\n');
			}
		}
		return all.toString();
	}

	/** Lines may be broken and indented differently. */
	private static String words(String text) {
		return text.replaceAll("\\s+", " ").strip();
	}

	@Test
	void examplesWork() throws IOException {
		Path vault = this.directory.toRealPath().resolve("vault");
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(LitestreamAutoConfiguration.class, DataSourceAutoConfiguration.class,
							JdbcTemplateAutoConfiguration.class, JdbcClientAutoConfiguration.class))
			.withBean(MeterRegistry.class, SimpleMeterRegistry::new)
			.withUserConfiguration(BackupExtensions.class, BackupAlarm.class, Orders.class, Drill.class)
			.withPropertyValues("spring.datasource.url=jdbc:sqlite:" + this.directory.resolve("app.db"),
					"litestream.replicas[0].type=vault", "litestream.replicas[0].path=" + vault)
			.run((context) -> {
				context.getBean(JdbcClient.class).sql("CREATE TABLE orders(text, paid)").update();
				Orders orders = context.getBean(Orders.class);
				assertThat(orders.accept("one")).isTrue();
				orders.pay("one");
				assertThat(orders.accept("two")).isTrue();
				assertThat(orders.cancel("two")).isTrue();
				assertThat(vault.resolve("generations")).isNotEmptyDirectory();
				context.getBean(Litestream.class).sync(Duration.ofMinutes(2));
				context.getBean(Litestream.class).snapshot();
				RestoreReport report = context.getBean(Drill.class)
					.restoreAsOf(Instant.now().plusSeconds(1), this.directory.resolve("then.db"));
				assertThat(report.outputPath()).exists();
				assertThat(context.getBean(BackupAlarm.class).messages())
					.contains("vault of dataSource has a new snapshot");
			});
	}

	@Test
	void rowsOfAPastTableComeBack() throws Exception {
		Path live = this.directory.resolve("app.db");
		Path past = this.directory.resolve("it's past.db");
		notes(live, 1, 3);
		notes(past, 1, 2, 3, 4);
		DriverManagerDataSource dataSource = new DriverManagerDataSource("jdbc:sqlite:" + live);
		assertThat(new BringBack().bringBack(dataSource, past)).isEqualTo(2);
		assertThat(JdbcClient.create(dataSource).sql("SELECT id FROM notes ORDER BY id").query(Integer.class).list())
			.containsExactly(1, 2, 3, 4);
	}

	private static void notes(Path file, int... ids) {
		JdbcClient jdbc = JdbcClient.create(new DriverManagerDataSource("jdbc:sqlite:" + file));
		jdbc.sql("CREATE TABLE notes(id INTEGER PRIMARY KEY, text, created_at)").update();
		for (int id : ids) {
			jdbc.sql("INSERT INTO notes VALUES (?, 'text', 'today')").param(id).update();
		}
	}

	@Test
	void tenantsAreReplicatedAndRestored() throws IOException {
		Path tenants = Files.createDirectory(this.directory.toRealPath().resolve("tenants"));
		ApplicationContextRunner runner = new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LitestreamAutoConfiguration.class,
					JdbcTemplateAutoConfiguration.class, JdbcClientAutoConfiguration.class))
			.withUserConfiguration(TenantConfiguration.class)
			.withPropertyValues("app.tenants=" + tenants, "litestream.monitor-interval=1h",
					"litestream.replicas[0].url=file://" + this.directory + "/backup/{database}");
		runner.run((context) -> {
			JdbcClient jdbc = context.getBean(JdbcClient.class);
			for (String tenant : List.of("acme", "bolt")) {
				TenantRouter.TENANT.set(tenant);
				jdbc.sql("CREATE TABLE orders(text)").update();
				jdbc.sql("INSERT INTO orders VALUES (?)").param("of " + tenant).update();
			}
			assertThat(context.getBean(Litestream.class).databases()).containsOnlyKeys("acme", "bolt");
		});
		for (String suffix : List.of("", "-wal", "-shm")) {
			Files.deleteIfExists(tenants.resolve("acme.db" + suffix));
		}
		runner.run((context) -> {
			TenantRouter.TENANT.set("acme");
			assertThat(context.getBean(JdbcClient.class).sql("SELECT text FROM orders").query(String.class).list())
				.containsExactly("of acme");
		});
		TenantRouter.TENANT.remove();
	}

}
