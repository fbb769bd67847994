package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import org.springframework.boot.context.config.ConfigDataEnvironmentPostProcessor;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.DefaultResourceLoader;

import org.litestream4j.boot.OnFenced;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@code docs/compose/compose.yaml} against the schema of the Compose Specification (of
 * {@code github.com/compose-spec/compose-go}, under the Apache License 2.0), and against
 * the properties.
 */
class ComposeFileTests {

	private static final Path FILE = Path.of("../docs/compose/compose.yaml");

	private static final Duration RESTORE = Duration.ofMinutes(5);

	@TempDir
	private Path secrets;

	private static JsonNode file() throws IOException {
		Object value = new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(FILE));
		return JsonMapper.shared().valueToTree(value);
	}

	private static JsonNode app() throws IOException {
		return file().at("/services/app");
	}

	private static JsonSchema schema() throws IOException {
		try (InputStream in = Objects
			.requireNonNull(ComposeFileTests.class.getResourceAsStream("/compose/compose-spec.json"))) {
			return new JsonSchema(JsonMapper.shared().readTree(in));
		}
	}

	private static Duration duration(JsonNode value) {
		return DurationStyle.SIMPLE.parse(value.asString());
	}

	/** What the application sees, with the secrets where the container has them. */
	private Binder binder() throws IOException {
		Map<String, Object> variables = new LinkedHashMap<>();
		app().get("environment").properties().forEach((each) -> {
			String value = each.getValue().asString();
			assertThat(value.replace("$$", "")).as("Compose would fill it in").doesNotContain("$");
			variables.put(each.getKey(), value.replace("$$", "$"));
		});
		String imported = String.valueOf(variables.get("SPRING_CONFIG_IMPORT"));
		assertThat(imported).isEqualTo("configtree:/run/secrets/");
		variables.put("SPRING_CONFIG_IMPORT", "configtree:" + this.secrets + "/");
		for (JsonNode secret : app().get("secrets")) {
			assertThat(file().get("secrets").has(secret.asString())).isTrue();
			Files.writeString(this.secrets.resolve(secret.asString()), "of " + secret.asString() + "\n");
		}
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources().forEach((each) -> environment.getPropertySources().remove(each.getName()));
		environment.getPropertySources()
			.addFirst(new SystemEnvironmentPropertySource(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
					variables));
		ConfigDataEnvironmentPostProcessor.applyTo(environment, new DefaultResourceLoader(), null, List.of());
		ConfigurationPropertySources.attach(environment);
		return Binder.get(environment);
	}

	private LitestreamProperties properties() throws IOException {
		return binder()
			.bind("litestream", Bindable.of(LitestreamProperties.class),
					new NoUnboundElementsBindHandler(BindHandler.DEFAULT))
			.get();
	}

	@Test
	void fileIsWhatComposeTakes() throws IOException {
		assertThat(schema().errors(file())).isEmpty();
	}

	@Test
	void schemaIsStrict() throws IOException {
		Map<String, String> wrong = new HashMap<>();
		wrong.put("stop_grace_periods", "90s");
		wrong.put("volumes", "data");
		wrong.put("read_only", "[1]");
		for (Map.Entry<String, String> each : wrong.entrySet()) {
			JsonNode file = file();
			((ObjectNode) file.at("/services/app")).set(each.getKey(), each.getValue().startsWith("[")
					? JsonMapper.shared().readTree(each.getValue()) : JsonMapper.shared().valueToTree(each.getValue()));
			assertThat(schema().errors(file)).as("%s", each).isNotEmpty();
		}
	}

	@Test
	void everyVariableIsAPropertyAndSecretsAreRead() throws IOException {
		LitestreamProperties properties = properties();
		new SettingsResolver(properties).check();
		assertThat(properties.restoreIfMissing()).isTrue();
		assertThat(properties.onFenced()).isEqualTo(OnFenced.SHUTDOWN);
		assertThat(properties.replicas()).singleElement().satisfies((replica) -> {
			assertThat(replica.accessKeyId()).isEqualTo("of replica-access-key-id");
			assertThat(replica.secretAccessKey()).isEqualTo("of replica-secret-access-key");
		});
	}

	@Test
	void timesAreLongEnough() throws IOException {
		LitestreamProperties properties = properties();
		Duration phase = binder().bind("spring.lifecycle.timeout-per-shutdown-phase", Duration.class).get();
		Duration grace = duration(app().get("stop_grace_period"));
		assertThat(grace).isGreaterThan(phase.plus(properties.shutdownSyncTimeout()));
		assertThat(properties.lease().longestWait()).as("the one before is waited for").isGreaterThan(grace);
		assertThat(duration(app().at("/healthcheck/start_period")))
			.isGreaterThan(properties.lease().longestWait().plus(properties.lease().duration()).plus(RESTORE));
	}

	@Test
	void databaseIsOnTheVolumeAndLibrariesMayBeUnpacked() throws IOException {
		String volume = app().get("volumes").get(0).asString();
		assertThat(app().at("/environment/SPRING_DATASOURCE_URL").asString())
			.startsWith("jdbc:sqlite:" + volume.split(":")[1] + "/");
		assertThat(file().get("volumes").has(volume.split(":")[0])).isTrue();
		assertThat(app().get("tmpfs").get(0).asString()).startsWith("/tmp:exec");
	}

}
