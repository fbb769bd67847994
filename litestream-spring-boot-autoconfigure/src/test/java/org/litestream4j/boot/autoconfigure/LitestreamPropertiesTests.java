package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.convert.ApplicationConversionService;

import org.litestream4j.Fencing;
import org.litestream4j.LeaseOptions;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.OnDivergence;
import org.litestream4j.Replica;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreTarget;
import org.litestream4j.boot.DatabaseDefinition;
import org.litestream4j.boot.OnFenced;
import org.litestream4j.boot.replication.DatabaseSettings;
import org.litestream4j.boot.replication.DatabaseSettings.ReplicaSettings;
import org.litestream4j.format.Generation;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LitestreamProperties} and {@link SettingsResolver}.
 */
class LitestreamPropertiesTests {

	private static final Path FILE = Path.of("/data/app.db");

	private static LitestreamProperties bind(Map<String, String> properties) {
		return new Binder(java.util.List.of(new MapConfigurationPropertySource(properties)), null,
				ApplicationConversionService.getSharedInstance())
			.bindOrCreate("litestream", LitestreamProperties.class);
	}

	private static DatabaseSettings settings(String name, Map<String, String> properties) {
		return new SettingsResolver(bind(properties)).resolve(name, List.of(name), FILE, Map.of());
	}

	@Test
	void defaultsAreTheEngines() {
		DatabaseSettings settings = settings("app.db", Map.of("litestream.replicas[0].url", "file:///backup"));
		assertThat(settings.options()).isEqualTo(LitestreamOptions.of(FILE));
		assertThat(settings.restoreTarget()).isEqualTo(RestoreTarget.latest());
		assertThat(settings.restoreIfMissing()).isFalse();
		assertThat(settings.maxLag()).isEqualTo(Duration.ofMinutes(1));
		assertThat(settings.onFenced()).isEqualTo(OnFenced.KEEP_SERVING);
		assertThat(settings.restoreDirectory()).isEqualTo(Path.of("/data/.app.db-litestream/restores"));
		assertThat(settings.replicas()).singleElement()
			.extracting(ReplicaSettings::options)
			.isEqualTo(Replica.Options.DEFAULTS);
	}

	@Test
	void everySettingReachesTheEngine() {
		Map<String, String> properties = Map.ofEntries(Map.entry("litestream.restore-if-missing", "true"),
				Map.entry("litestream.monitor-interval", "2s"), Map.entry("litestream.sync-interval", "3s"),
				Map.entry("litestream.checkpoint-interval", "4m"),
				Map.entry("litestream.min-checkpoint-page-count", "5"),
				Map.entry("litestream.max-checkpoint-page-count", "6"),
				Map.entry("litestream.truncate-page-count", "7"), Map.entry("litestream.busy-timeout", "8s"),
				Map.entry("litestream.shutdown-sync-timeout", "9s"),
				Map.entry("litestream.meta-directory", "/meta/{database}"),
				Map.entry("litestream.max-shadow-wal-size", "10MB"), Map.entry("litestream.min-free-space", "7MB"),
				Map.entry("litestream.on-divergence", "new-generation"), Map.entry("litestream.on-fenced", "read-only"),
				Map.entry("litestream.lease.enabled", "false"), Map.entry("litestream.lease.duration", "17s"),
				Map.entry("litestream.lease.wait", "18s"),
				Map.entry("litestream.restore.timestamp", "2026-11-22T10:15:30+01:00"),
				Map.entry("litestream.restore.parallelism", "11"),
				Map.entry("litestream.restore.integrity-check", "full"),
				Map.entry("litestream.restore.replica", "file"), Map.entry("litestream.health.max-lag", "12s"),
				Map.entry("litestream.replicas[0].url", "file:///backup/{database}"),
				Map.entry("litestream.replicas[0].snapshot-interval", "13h"),
				Map.entry("litestream.replicas[0].retention", "14h"),
				Map.entry("litestream.replicas[0].retention-check-interval", "15m"),
				Map.entry("litestream.replicas[0].validation-interval", "16h"),
				Map.entry("litestream.replicas[0].fencing", "required"));
		DatabaseSettings settings = settings("app", properties);
		assertThat(settings.options()).isEqualTo(LitestreamOptions.builder(FILE)
			.name("app")
			.metaDirectory(Path.of("/meta/app"))
			.monitorInterval(Duration.ofSeconds(2))
			.checkpointInterval(Duration.ofMinutes(4))
			.minCheckpointPageCount(5)
			.maxCheckpointPageCount(6)
			.truncatePageCount(7)
			.busyTimeout(Duration.ofSeconds(8))
			.shutdownSyncTimeout(Duration.ofSeconds(9))
			.maxShadowWalSize(10 << 20)
			.minFreeSpace(7 << 20)
			.onDivergence(OnDivergence.NEW_GENERATION)
			.lease(new LeaseOptions(false, Duration.ofSeconds(17), Duration.ofSeconds(18)))
			.restore(RestoreOptions.DEFAULTS.withParallelism(11).withIntegrityCheck(IntegrityCheck.FULL))
			.build());
		assertThat(settings.restoreTarget()).isEqualTo(RestoreTarget.asOf(Instant.parse("2026-11-22T09:15:30Z")));
		assertThat(settings.onFenced()).isEqualTo(OnFenced.READ_ONLY);
		assertThat(settings.restoreReplica()).isEqualTo("file");
		assertThat(settings.restoreIfMissing()).isTrue();
		assertThat(settings.maxLag()).isEqualTo(Duration.ofSeconds(12));
		assertThat(settings.restoreDirectory()).isEqualTo(Path.of("/meta/app/restores"));
		ReplicaSettings replica = settings.replicas().get(0);
		assertThat(replica.definition().url()).isEqualTo("file:///backup/app");
		assertThat(replica.options()).isEqualTo(Replica.Options.builder()
			.syncInterval(Duration.ofSeconds(3))
			.snapshotInterval(Duration.ofHours(13))
			.retention(Duration.ofHours(14))
			.retentionCheckInterval(Duration.ofMinutes(15))
			.validationInterval(Duration.ofHours(16))
			.fencing(Fencing.REQUIRED)
			.build());
	}

	/** YAML reads an unquoted off as false. */
	@ParameterizedTest
	@CsvSource({ "off, OFF", "OFF, OFF", "false, OFF", "auto, AUTO", "required, REQUIRED" })
	void fencingIsReadAsYamlGivesIt(String value, Fencing fencing) {
		DatabaseSettings settings = settings("app",
				Map.of("litestream.replicas[0].url", "file:///backup", "litestream.replicas[0].fencing", value));
		assertThat(settings.replicas().get(0).options().fencing()).isEqualTo(fencing);
	}

	@ParameterizedTest
	@ValueSource(strings = { "off", "OFF", "false", "0", "0s", "PT0S" })
	void retentionCanBeOff(String value) {
		DatabaseSettings settings = settings("app",
				Map.of("litestream.replicas[0].url", "file:///backup", "litestream.replicas[0].retention", value));
		assertThat(settings.replicas().get(0).options().retention()).isZero();
	}

	@Test
	void singleDatabaseOverridesAndInherits() {
		Map<String, String> properties = Map.ofEntries(Map.entry("litestream.monitor-interval", "2s"),
				Map.entry("litestream.busy-timeout", "3s"), Map.entry("litestream.replicas[0].url", "file:///backup"),
				Map.entry("litestream.restore.parallelism", "4"),
				Map.entry("litestream.databases.app.busy-timeout", "5s"),
				Map.entry("litestream.databases.app.sync-interval", "6s"),
				Map.entry("litestream.databases.app.restore-if-missing", "true"),
				Map.entry("litestream.databases.app.restore.generation", "0123456789abcdef"),
				Map.entry("litestream.databases.app.restore.index", "7"),
				Map.entry("litestream.databases.app.health.max-lag", "8s"),
				Map.entry("litestream.lease.duration", "9s"), Map.entry("litestream.databases.app.lease.wait", "10s"),
				Map.entry("litestream.databases.app.on-fenced", "shutdown"),
				Map.entry("litestream.databases.app.on-divergence", "restore"),
				Map.entry("litestream.databases.app.endpoint.restore-directory", "/restores/{database}"));
		DatabaseSettings app = settings("app", properties);
		assertThat(app.options().monitorInterval()).isEqualTo(Duration.ofSeconds(2));
		assertThat(app.options().busyTimeout()).isEqualTo(Duration.ofSeconds(5));
		assertThat(app.options().restore().parallelism()).isEqualTo(4);
		assertThat(app.restoreIfMissing()).isTrue();
		assertThat(app.restoreTarget()).isEqualTo(RestoreTarget.of(new Generation("0123456789abcdef"), 7));
		assertThat(app.maxLag()).isEqualTo(Duration.ofSeconds(8));
		assertThat(app.restoreDirectory()).isEqualTo(Path.of("/restores/app"));
		assertThat(app.replicas().get(0).options().syncInterval()).isEqualTo(Duration.ofSeconds(6));
		assertThat(app.options().lease())
			.isEqualTo(new LeaseOptions(true, Duration.ofSeconds(9), Duration.ofSeconds(10)));
		assertThat(app.onFenced()).isEqualTo(OnFenced.SHUTDOWN);
		assertThat(app.options().onDivergence()).isEqualTo(OnDivergence.RESTORE);
		DatabaseSettings other = settings("other", properties);
		assertThat(other.options().lease())
			.isEqualTo(new LeaseOptions(true, Duration.ofSeconds(9), Duration.ofSeconds(60)));
		assertThat(other.onFenced()).isEqualTo(OnFenced.KEEP_SERVING);
		assertThat(other.options().busyTimeout()).isEqualTo(Duration.ofSeconds(3));
		assertThat(other.restoreTarget()).isEqualTo(RestoreTarget.latest());
		assertThat(other.replicas().get(0).options().syncInterval()).isEqualTo(Duration.ofSeconds(1));
	}

	@Test
	void definitionSaysWhoOwnsAndWhatThen() {
		DatabaseDefinition definition = DatabaseDefinition.builder("app", FILE)
			.property("on-fenced", OnFenced.SHUTDOWN)
			.property("on-divergence", "restore")
			.property("lease.enabled", false)
			.property("lease.wait", Duration.ofSeconds(3))
			.replica("file:///backup")
			.property("replicas[0].fencing", "off")
			.build();
		DatabaseSettings settings = new SettingsResolver(
				bind(Map.of("litestream.databases.app.lease.duration", "4s", "litestream.on-fenced", "read-only")))
			.resolve(definition, "app", FILE, Map.of());
		assertThat(settings.onFenced()).isEqualTo(OnFenced.SHUTDOWN);
		assertThat(settings.options().onDivergence()).isEqualTo(OnDivergence.RESTORE);
		assertThat(settings.options().lease())
			.isEqualTo(new LeaseOptions(false, Duration.ofSeconds(4), Duration.ofSeconds(3)));
		assertThat(settings.replicas().get(0).options().fencing()).isEqualTo(Fencing.OFF);
	}

	@Test
	void textOfReplicasHasNoCredentials() {
		Map<String, String> properties = Map.of("litestream.replicas[0].type", "s3", "litestream.replicas[0].bucket",
				"my-bucket", "litestream.replicas[0].access-key-id", "PLANTED1",
				"litestream.replicas[0].secret-access-key", "PLANTED2");
		assertThat(bind(properties).toString()).contains("my-bucket").doesNotContain("PLANTED");
		assertThat(settings("app", properties).toString()).contains("type=s3").doesNotContain("PLANTED");
	}

}
