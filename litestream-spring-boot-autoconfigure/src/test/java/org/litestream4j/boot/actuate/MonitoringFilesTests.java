package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener.CheckpointOutcome;
import org.litestream4j.observe.LitestreamListener.CommitOutcome;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.observe.LitestreamListener.Outcome;
import org.litestream4j.observe.LitestreamListener.Problem;
import org.litestream4j.observe.LitestreamListener.ReplicaOperation;
import org.litestream4j.observe.LitestreamListener.ValidationOutcome;
import org.litestream4j.store.FileStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The dashboard and the alert rules in {@code docs} against the names, labels and label
 * values that Prometheus really sees.
 */
class MonitoringFilesTests {

	private static final Path DOCS = Path.of("../docs").toAbsolutePath().normalize();

	private static final Path ALERTS = DOCS.resolve("prometheus/alerts.yml");

	private static final Path DASHBOARD = DOCS.resolve("grafana/litestream.json");

	private static final Set<String> FROM_PROMETHEUS = Set.of("job", "instance");

	/** A metric and, perhaps, its selector. */
	private static final Pattern USE = Pattern.compile("\\b(litestream_[a-z_]+)(?:\\{([^}]*)\\})?");

	private static final Pattern MATCHER = Pattern.compile("(\\w+)\\s*(=~|=)\\s*\\\\?\"([^\"\\\\]*)\\\\?\"");

	private static final Pattern SAMPLE = Pattern.compile("(?m)^(litestream_[a-z_]+)\\{([^}]*)\\} ");

	@TempDir
	private Path directory;

	/** By metric, by label, the values. */
	private Map<String, Map<String, Set<String>>> exported() throws IOException {
		PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
		LitestreamMetrics metrics = new LitestreamMetrics(registry);
		Path file = this.directory.resolve("app.db");
		Replica replica = new Replica("file", new FileStore(this.directory.resolve("replica"), SystemDisk.ownerOnly()),
				Replica.Options.DEFAULTS);
		try (LitestreamDatabase database = LitestreamDatabase.start(LitestreamOptions.of(file), List.of(replica),
				metrics)) {
			metrics.register(database);
			tellAll(metrics);
			return parse(registry.scrape());
		}
	}

	static void tellAll(LitestreamMetrics metrics) {
		WalPosition position = new WalPosition(Generation.random(), 0, 0);
		for (GenerationReason reason : GenerationReason.values()) {
			metrics.generationStarted("app.db", position, reason, "");
		}
		for (CheckpointOutcome outcome : CheckpointOutcome.values()) {
			metrics.checkpointed("app.db", "gentle", outcome, Duration.ofMillis(1));
		}
		for (CommitOutcome outcome : CommitOutcome.values()) {
			metrics.commitAwaited("app.db", outcome, Duration.ofMillis(1));
		}
		for (ValidationOutcome outcome : ValidationOutcome.values()) {
			metrics.validated("app.db", "file", outcome, Duration.ofMillis(1), "");
		}
		for (Outcome outcome : Outcome.values()) {
			metrics.synced("app.db", 1, Duration.ofMillis(1), outcome);
			metrics.snapshotTaken("app.db", "file", new Snapshot(position.generation(), 0, 1, Instant.now()),
					Duration.ofMillis(1), outcome);
			metrics.restored("app.db", "file", 1, Duration.ofMillis(1), outcome);
			for (ReplicaOperation operation : ReplicaOperation.values()) {
				metrics.replicaOperation("app.db", "file", operation, outcome, Duration.ofMillis(1), 1);
			}
		}
		for (Problem problem : Problem.values()) {
			metrics.problemFound("app.db", "file", problem, "");
		}
		metrics.compacted("app.db", "file", 1, Duration.ofMillis(1), Outcome.SUCCESS);
		metrics.retentionDeleted("app.db", "file", 1, 1);
		metrics.replicaTakenOver("app.db", "file", position, 1);
		metrics.replicaFenced("app.db", "file", position, "");
	}

	private static Map<String, Map<String, Set<String>>> parse(String scraped) {
		Map<String, Map<String, Set<String>>> metrics = new TreeMap<>();
		Matcher sample = SAMPLE.matcher(scraped);
		while (sample.find()) {
			Map<String, Set<String>> labels = metrics.computeIfAbsent(sample.group(1), (name) -> new TreeMap<>());
			Matcher label = MATCHER.matcher(sample.group(2));
			while (label.find()) {
				labels.computeIfAbsent(label.group(1), (name) -> new TreeSet<>()).add(label.group(3));
			}
		}
		return metrics;
	}

	@Test
	void everyNameLabelAndValueInTheFilesIsExported() throws IOException {
		Map<String, Map<String, Set<String>>> exported = exported();
		assertThat(exported).containsKeys("litestream_replica_lag_seconds", "litestream_wal_bytes_total");
		for (Path file : List.of(ALERTS, DASHBOARD)) {
			Matcher use = USE.matcher(Files.readString(file).replace("\\\"", "\""));
			int uses = 0;
			while (use.find()) {
				uses++;
				String where = "%s in %s".formatted(use.group(), file.getFileName());
				assertThat(exported).as(where).containsKey(use.group(1));
				checkSelector(where, use.group(2), Objects.requireNonNull(exported.get(use.group(1))));
			}
			assertThat(uses).as("metrics used in %s", file).isGreaterThan(7);
		}
	}

	private static void checkSelector(String where, @Nullable String selector, Map<String, Set<String>> labels) {
		Matcher matcher = MATCHER.matcher((selector != null) ? selector : "");
		while (matcher.find()) {
			if (FROM_PROMETHEUS.contains(matcher.group(1))) {
				continue;
			}
			assertThat(labels).as(where).containsKey(matcher.group(1));
			if (matcher.group(2).equals("=")) {
				assertThat(labels.get(matcher.group(1))).as(where).contains(matcher.group(3));
			}
		}
	}

	@Test
	void everyMeterIsOnTheDashboard() throws IOException {
		String dashboard = Files.readString(DASHBOARD);
		Set<String> meters = new TreeSet<>();
		exported().keySet().forEach((name) -> meters.add(name.replaceFirst("_seconds_(count|sum|max)$", "_seconds")));
		assertThat(meters).hasSizeGreaterThan(10).allMatch(dashboard::contains);
	}

	@Test
	void everyAlertIsExplainedInOperations() throws IOException {
		Set<String> anchors = new TreeSet<>();
		Files.readString(DOCS.resolve("operations.md"))
			.lines()
			.filter((line) -> line.startsWith("#"))
			.forEach((line) -> anchors.add(line.replaceFirst("^#+ *", "").toLowerCase(Locale.ROOT)));
		Matcher alert = Pattern.compile("alert: (\\w+)").matcher(Files.readString(ALERTS));
		int count = 0;
		while (alert.find()) {
			count++;
			String anchor = alert.group(1).toLowerCase(Locale.ROOT);
			assertThat(anchors).contains(anchor);
			assertThat(Files.readString(ALERTS)).contains("docs/operations.md#" + anchor);
		}
		assertThat(count).isGreaterThanOrEqualTo(5);
	}

	@ParameterizedTest
	@ValueSource(strings = { "check rules alerts.yml", "test rules alerts-test.yml" })
	void promtoolAcceptsTheRules(String arguments) throws IOException, InterruptedException {
		Path promtool = promtool();
		List<String> command = new ArrayList<>(List.of(promtool.toString()));
		command.addAll(List.of(arguments.split(" ")));
		Process process = new ProcessBuilder(command).directory(DOCS.resolve("prometheus").toFile())
			.redirectErrorStream(true)
			.start();
		try {
			String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
			assertThat(process.exitValue()).as(printed).isZero();
			assertThat(printed).contains("SUCCESS");
		}
		finally {
			process.destroyForcibly();
		}
	}

	private static Path promtool() {
		Optional<Path> found = Arrays.stream(Objects.requireNonNullElse(System.getenv("PATH"), "").split(":"))
			.map((directory) -> Path.of(directory, "promtool"))
			.filter(Files::isExecutable)
			.findFirst();
		if (found.isEmpty() && "true".equals(System.getenv("CI"))) {
			throw new IllegalStateException("promtool is missing: apt-get install prometheus");
		}
		Assumptions.assumeTrue(found.isPresent(), "promtool is missing: apt-get install prometheus");
		return found.orElseThrow();
	}

}
