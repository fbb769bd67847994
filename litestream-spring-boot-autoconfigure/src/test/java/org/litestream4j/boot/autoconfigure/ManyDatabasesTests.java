package org.litestream4j.boot.autoconfigure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.actuate.LitestreamEndpoint;
import org.litestream4j.boot.actuate.LitestreamHealthIndicator;
import org.litestream4j.boot.actuate.LitestreamReport.Databases;
import org.litestream4j.boot.replication.DirectoryDatabases;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Hundreds of databases in one application.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ManyDatabasesTests {

	private static final int MANY = 300;

	@TempDir
	private Path directory;

	@Test
	void hundredsComeAndGo() throws Exception {
		Path tenants = Files.createDirectory(this.directory.toRealPath().resolve("tenants"));
		Path template = this.directory.resolve("template.db");
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + template);
				Statement statement = connection.createStatement()) {
			statement.execute("CREATE TABLE note(text)");
		}
		for (int i = 0; i < MANY; i++) {
			Files.copy(template, tenants.resolve("tenant-%03d.db".formatted(i)));
		}
		Contexts.litestream()
			.withConfiguration(AutoConfigurations.of(LitestreamMetricsAutoConfiguration.class,
					LitestreamHealthAutoConfiguration.class, LitestreamEndpointAutoConfiguration.class))
			.withBean(MeterRegistry.class, SimpleMeterRegistry::new)
			.withPropertyValues("litestream.directories[0].path=" + tenants, "litestream.directories[0].interval=1h",
					"litestream.directories[0].url=file://" + this.directory + "/replica/{database}",
					"management.endpoints.web.exposure.include=litestream")
			.run((context) -> {
				Litestream litestream = context.getBean(Litestream.class);
				assertThat(litestream.databases()).hasSize(MANY);
				assertPages(context.getBean(LitestreamEndpoint.class));
				assertNamesFew(context.getBean(LitestreamHealthIndicator.class).health());
				assertThat(gauges(context.getBean(MeterRegistry.class))).isEqualTo(MANY);
				for (int i = 0; i < MANY / 2; i++) {
					Files.delete(tenants.resolve("tenant-%03d.db".formatted(i)));
				}
				context.getBean(DirectoryDatabases.class).scan();
				assertThat(litestream.databases()).hasSize(MANY / 2);
				assertThat(gauges(context.getBean(MeterRegistry.class))).isEqualTo(MANY / 2);
			});
	}

	private static void assertPages(LitestreamEndpoint endpoint) {
		assertThat(endpoint.databases(null, null)).satisfies((all) -> {
			assertThat(all.databases()).hasSize(MANY);
			assertThat(all.next()).as("there is no other page").isNull();
		});
		List<String> names = new ArrayList<>();
		String after = null;
		int pages = 0;
		do {
			Databases page = endpoint.databases("70", after);
			names.addAll(page.databases().keySet());
			after = page.next();
			pages++;
		}
		while (after != null);
		assertThat(pages).isEqualTo(5);
		assertThat(names).hasSize(MANY).isSorted().doesNotHaveDuplicates();
		assertThat(endpoint.databases("300", null).next()).isNull();
	}

	private static void assertNamesFew(Health health) {
		assertThat(health.getStatus()).isEqualTo(Status.UP);
		assertThat((Map<?, ?>) health.getDetails().get("databases")).hasSize(10);
		assertThat(health.getDetails()).containsEntry("databasesUp", (long) MANY).containsEntry("databasesDown", 0L);
	}

	private static long gauges(MeterRegistry registry) {
		return registry.find("litestream.database.size").gauges().size();
	}

}
