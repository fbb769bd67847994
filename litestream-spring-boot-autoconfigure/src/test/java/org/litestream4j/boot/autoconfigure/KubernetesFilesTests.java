package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1Secret;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import org.litestream4j.OnDivergence;
import org.litestream4j.boot.OnFenced;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * The manifests in {@code docs/kubernetes} against the schema of Kubernetes, and against
 * the properties.
 */
class KubernetesFilesTests {

	private static final Path DIRECTORY = Path.of("../docs/kubernetes");

	private static final Duration RESTORE = Duration.ofMinutes(5);

	/** A part of a manifest. */
	private record Part(Object value) {

		Part get(String path) {
			Object at = this.value;
			for (String name : path.split("\\.")) {
				at = ((Map<?, ?>) at).get(name);
				assertThat(at).as("%s of %s", name, this.value).isNotNull();
			}
			return new Part(Objects.requireNonNull(at));
		}

		boolean has(String name) {
			return ((Map<?, ?>) this.value).containsKey(name);
		}

		List<Part> list(String path) {
			return ((List<?>) get(path).value()).stream()
				.map((each) -> new Part(Objects.requireNonNull(each)))
				.toList();
		}

		String text(String path) {
			return get(path).value().toString();
		}

		int number(String path) {
			return Integer.parseInt(text(path));
		}

	}

	private static List<Part> read(String file) throws IOException {
		List<Part> parts = new ArrayList<>();
		new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(Files.readString(DIRECTORY.resolve(file)))
			.forEach((each) -> parts.add(new Part(each)));
		return parts;
	}

	private static void validate(Part manifest) throws IOException {
		JsonElement json = new Gson().toJsonTree(manifest.value());
		switch (manifest.text("apiVersion") + " " + manifest.text("kind")) {
			case "apps/v1 Deployment" -> V1Deployment.validateJsonElement(json);
			case "apps/v1 StatefulSet" -> V1StatefulSet.validateJsonElement(json);
			case "v1 Service" -> V1Service.validateJsonElement(json);
			case "v1 Secret" -> V1Secret.validateJsonElement(json);
			default -> throw new IllegalArgumentException(json.toString());
		}
	}

	private static Part pod(String file) throws IOException {
		return read(file).get(0).get("spec.template.spec");
	}

	private static Part container(String file) throws IOException {
		return pod(file).list("containers").get(0);
	}

	private static Map<String, Object> environment(String file) throws IOException {
		Map<String, Object> variables = new LinkedHashMap<>();
		container(file).list("env")
			.forEach(
					(each) -> variables.put(each.text("name"), each.has("value") ? each.text("value") : "from-secret"));
		return variables;
	}

	private static Binder binder(String file) throws IOException {
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources().forEach((each) -> environment.getPropertySources().remove(each.getName()));
		environment.getPropertySources()
			.addFirst(new SystemEnvironmentPropertySource(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
					environment(file)));
		return new Binder(ConfigurationPropertySources.get(environment));
	}

	private static LitestreamProperties properties(String file) throws IOException {
		return binder(file)
			.bind("litestream", Bindable.of(LitestreamProperties.class),
					new NoUnboundElementsBindHandler(BindHandler.DEFAULT))
			.get();
	}

	@Test
	void everyFileIsWhatKubernetesTakes() throws IOException {
		try (Stream<Path> files = Files.list(DIRECTORY)) {
			for (Path file : files.toList()) {
				List<Part> manifests = read(file.getFileName().toString());
				assertThat(manifests).as(file.toString()).isNotEmpty();
				for (Part manifest : manifests) {
					validate(manifest);
				}
			}
		}
	}

	@Test
	void schemaIsStrict() throws IOException {
		Part deployment = read("deployment.yaml").get(0);
		String json = new Gson().toJson(deployment.value()).replace("periodSeconds", "periodSecond");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> V1Deployment.validateJsonElement(new Gson().fromJson(json, JsonElement.class)))
			.withMessageContaining("periodSecond");
	}

	@ParameterizedTest
	@ValueSource(strings = { "deployment.yaml", "statefulset.yaml" })
	void everyVariableIsAPropertyThatMakesSense(String file) throws IOException {
		LitestreamProperties properties = properties(file);
		new SettingsResolver(properties).check();
		assertThat(properties.restoreIfMissing()).isTrue();
		assertThat(properties.replicas()).singleElement()
			.satisfies((replica) -> assertThat(replica.secretAccessKey()).isEqualTo("from-secret"));
		assertThat(environment(file).keySet()).filteredOn((name) -> !name.startsWith("LITESTREAM_"))
			.containsExactlyInAnyOrder("SPRING_DATASOURCE_URL", "SPRING_LIFECYCLE_TIMEOUTPERSHUTDOWNPHASE",
					"MANAGEMENT_ENDPOINT_HEALTH_PROBES_ENABLED");
		assertThat(binder(file).bind("spring.lifecycle.timeout-per-shutdown-phase", Duration.class).get()).isPositive();
	}

	@ParameterizedTest
	@ValueSource(strings = { "deployment.yaml", "statefulset.yaml" })
	void timesAreLongEnough(String file) throws IOException {
		LitestreamProperties properties = properties(file);
		Duration phase = binder(file).bind("spring.lifecycle.timeout-per-shutdown-phase", Duration.class).get();
		Duration grace = Duration.ofSeconds(pod(file).number("terminationGracePeriodSeconds"));
		Duration preStop = Duration.ofSeconds(container(file).number("lifecycle.preStop.sleep.seconds"));
		assertThat(grace).isGreaterThan(preStop.plus(phase).plus(properties.shutdownSyncTimeout()));
		assertThat(properties.lease().longestWait()).as("the one before is waited for").isGreaterThan(grace);
		Part probe = container(file).get("startupProbe");
		assertThat(Duration.ofSeconds((long) probe.number("periodSeconds") * probe.number("failureThreshold")))
			.isGreaterThan(properties.lease().longestWait().plus(properties.lease().duration()).plus(RESTORE));
	}

	@ParameterizedTest
	@ValueSource(strings = { "deployment.yaml", "statefulset.yaml" })
	void whatIsReferredToIsThere(String file) throws IOException {
		Set<String> volumes = new TreeSet<>();
		pod(file).list("volumes").forEach((each) -> volumes.add(each.text("name")));
		Part spec = read(file).get(0).get("spec");
		if (spec.has("volumeClaimTemplates")) {
			spec.list("volumeClaimTemplates").forEach((each) -> volumes.add(each.text("metadata.name")));
		}
		assertThat(container(file).list("volumeMounts")).extracting((each) -> each.text("name"))
			.containsExactlyInAnyOrderElementsOf(volumes);
		assertThat(container(file).list("volumeMounts")).anyMatch((each) -> environment(file, "SPRING_DATASOURCE_URL")
			.startsWith("jdbc:sqlite:" + each.text("mountPath") + "/"));
		Part secret = read("secret.yaml").get(0);
		for (Part variable : container(file).list("env")) {
			if (variable.has("valueFrom")) {
				Part reference = variable.get("valueFrom.secretKeyRef");
				assertThat(reference.text("name")).isEqualTo(secret.text("metadata.name"));
				assertThat(secret.get("stringData").has(reference.text("key"))).isTrue();
			}
		}
		assertThat(spec.get("selector.matchLabels")).isEqualTo(spec.get("template.metadata.labels"))
			.isEqualTo(read(file).get(1).get("spec.selector"));
	}

	private static String environment(String file, String name) {
		try {
			return String.valueOf(environment(file).get(name));
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** An emptyDir outlives its container, a volume its pod. */
	@Test
	void instanceThatWasFencedIsStartedAgain() throws IOException {
		assertThat(properties("deployment.yaml").onFenced()).isEqualTo(OnFenced.SHUTDOWN);
		assertThat(properties("deployment.yaml").onDivergence()).isEqualTo(OnDivergence.RESTORE);
		assertThat(properties("statefulset.yaml").onFenced()).isEqualTo(OnFenced.SHUTDOWN);
		assertThat(properties("statefulset.yaml").onDivergence()).isEqualTo(OnDivergence.FAIL);
	}

	/** A new one that has to be ready before the old one is stopped waits in vain. */
	@Test
	void nextVersionIsNotWaitedForBeforeTheOldOneStops() throws IOException {
		Part spec = read("deployment.yaml").get(0).get("spec");
		assertThat(spec.number("replicas")).isEqualTo(1);
		assertThat(spec.number("strategy.rollingUpdate.maxSurge")).isZero();
		assertThat(spec.number("strategy.rollingUpdate.maxUnavailable")).isEqualTo(1);
		assertThat(read("statefulset.yaml").get(0).number("spec.replicas")).isEqualTo(1);
	}

}
