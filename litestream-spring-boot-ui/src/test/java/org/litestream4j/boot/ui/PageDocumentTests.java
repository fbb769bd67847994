package org.litestream4j.boot.ui;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** {@code docs/ui.md} against the code. */
class PageDocumentTests {

	private static String page() throws IOException {
		return Files.readString(Path.of("../docs/ui.md"));
	}

	@Test
	void everyPropertyIsOnThePageAsItsMetadataHasIt() throws IOException {
		String page = page();
		for (String name : new String[] { "enabled", "path", "allowed-hosts" }) {
			assertThat(page).contains("| `litestream.ui." + name + "` |");
		}
		Path metadata = Path.of("target/classes/META-INF/spring-configuration-metadata.json");
		assumeTrue(Files.exists(metadata), "compiled without the annotation processor");
		JsonNode properties = JsonMapper.shared().readTree(metadata.toFile()).get("properties");
		assertThat(properties).hasSize(3);
		for (JsonNode property : properties) {
			String type = property.get("type").asString().replaceAll("[a-z]+\\.(?:[a-z0-9]+\\.)*", "");
			String byDefault = property.path("defaultValue").asString("");
			assertThat(page).contains("| `%s` | `%s` | %s | %s |".formatted(property.get("name").asString(), type,
					byDefault.isEmpty() ? "" : "`" + byDefault + "`", property.get("description").asString())
				.replace("|  |", "| |"));
		}
	}

	@Test
	void securityIsAsItIsTested() throws IOException {
		String test = Files.readString(Path.of("src/test/java/org/litestream4j/boot/ui/PageAccessIT.java"));
		String example = page().replaceFirst("(?s).*```java\\R(.*?)```.*", "$1").replaceAll("\\s+", " ").strip();
		assertThat(example).startsWith("@Bean SecurityFilterChain");
		assertThat(test.replaceAll("\\s+", " ")).contains(example);
	}

}
