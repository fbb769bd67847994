package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import org.litestream4j.boot.autoconfigure.ConfigurationDocument.Property;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The configuration metadata, and the document made from it.
 */
class ConfigurationDocumentTests {

	@Test
	void documentIsUpToDate() throws IOException {
		Path document = Path.of("../docs/configuration.md");
		if (Boolean.getBoolean("litestream.write-docs")) {
			Files.writeString(document, ConfigurationDocument.render());
		}
		assertThat(document).as("%s is stale: its head says how to make it again", document)
			.content()
			.isEqualTo(ConfigurationDocument.render());
	}

	@Test
	void listInTheEnvironmentReplacesThatOfAFileAndMapsAreMerged() {
		new ApplicationContextRunner().withUserConfiguration(Bound.class)
			.withPropertyValues("litestream.replicas[0].url=file:///a", "litestream.replicas[0].retention=72h",
					"litestream.replicas[1].url=file:///b", "litestream.replicas[1].name=second",
					"litestream.databases.dataSource.busy-timeout=3s")
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new SystemEnvironmentPropertySource("systemEnvironment",
						Map.of("LITESTREAM_REPLICAS_0_URL", "file:///c", "LITESTREAM_DATABASES_DATASOURCE_ENABLED",
								"false"))))
			.run((context) -> {
				LitestreamProperties properties = context.getBean(LitestreamProperties.class);
				assertThat(properties.replicas()).singleElement().satisfies((replica) -> {
					assertThat(replica.url()).isEqualTo("file:///c");
					assertThat(replica.retention()).as("the default").isEqualTo("24h");
				});
				assertThat(properties.databases().get("dataSource")).satisfies((database) -> {
					assertThat(database.enabled()).isFalse();
					assertThat(database.busyTimeout()).isEqualTo(Duration.ofSeconds(3));
				});
			});
	}

	@EnableConfigurationProperties(LitestreamProperties.class)
	static class Bound {

	}

	@Test
	void everyPropertyIsDescribed() throws IOException {
		assertThat(all()).isNotEmpty()
			.allSatisfy((property) -> assertThat(property.description()).as(property.name()).endsWith("."));
	}

	@Test
	void everyPropertyHasADefaultOrSaysWhatHappensWithoutIt() throws IOException {
		List<String> without = List.of("litestream.databases", "litestream.directories", "replicas",
				"litestream.replicas", "litestream.restore.timestamp", "litestream.restore.generation",
				"litestream.restore.index", "litestream.restore.txid", "litestream.restore.replica", "url", "type",
				"path", "bucket", "secret-access-key", "tags");
		assertThat(all()).filteredOn((property) -> !without.contains(property.name()))
			.allSatisfy((property) -> assertThat(property.byDefault() != null
					|| property.description().matches("(?s).*(By default|Overrides|Replaces) .*"))
				.as(property.name())
				.isTrue());
	}

	@Test
	void everyPropertyCanBeSetForASingleDatabase() throws IOException {
		List<String> single = ConfigurationDocument.database().stream().map(Property::name).toList();
		assertThat(ConfigurationDocument.shared()).extracting(Property::name)
			.filteredOn((name) -> name.startsWith("litestream.") && !name.startsWith("litestream.heartbeat.") // of
																												// the
																												// application,
																												// not
																												// of
																												// a
																												// database
					&& !List.of("litestream.databases", "litestream.directories").contains(name))
			.extracting((name) -> name.substring("litestream.".length()))
			.isSubsetOf(single);
	}

	private static List<Property> all() throws IOException {
		return Stream
			.of(ConfigurationDocument.shared(), ConfigurationDocument.replica(), ConfigurationDocument.database(),
					ConfigurationDocument.directory())
			.flatMap(List::stream)
			.toList();
	}

}
