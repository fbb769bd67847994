package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

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
	void everyPropertyIsDescribed() throws IOException {
		assertThat(all()).isNotEmpty()
			.allSatisfy((property) -> assertThat(property.description()).as(property.name()).endsWith("."));
	}

	@Test
	void everyPropertyHasADefaultOrSaysWhatHappensWithoutIt() throws IOException {
		List<String> without = List.of("litestream.databases", "litestream.replicas", "litestream.restore.timestamp",
				"litestream.restore.generation", "litestream.restore.index", "litestream.restore.replica", "url",
				"type", "path", "bucket", "secret-access-key", "tags");
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
			.filteredOn((name) -> name.startsWith("litestream.") && !name.equals("litestream.databases"))
			.extracting((name) -> name.substring("litestream.".length()))
			.isSubsetOf(single);
	}

	private static List<Property> all() throws IOException {
		return Stream
			.of(ConfigurationDocument.shared(), ConfigurationDocument.replica(), ConfigurationDocument.database())
			.flatMap(List::stream)
			.toList();
	}

}
