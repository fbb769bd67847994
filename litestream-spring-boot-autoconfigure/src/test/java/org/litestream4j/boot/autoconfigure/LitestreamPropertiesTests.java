package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.convert.ApplicationConversionService;

import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.boot.autoconfigure.DatabaseSettings.ReplicaSettings;
import org.litestream4j.format.Generation;
import org.litestream4j.restore.RestoreOptions;
import org.litestream4j.restore.RestoreOptions.IntegrityCheck;
import org.litestream4j.restore.RestoreTarget;

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
		assertThat(settings.restoreTarget()).isEqualTo(RestoreTarget.LATEST);
		assertThat(settings.restoreIfMissing()).isFalse();
		assertThat(settings.maxLag()).isEqualTo(Duration.ofMinutes(1));
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
				Map.entry("litestream.restore.timestamp", "2026-11-22T10:15:30+01:00"),
				Map.entry("litestream.restore.parallelism", "11"),
				Map.entry("litestream.restore.integrity-check", "full"),
				Map.entry("litestream.restore.replica", "file"), Map.entry("litestream.health.max-lag", "12s"),
				Map.entry("litestream.replicas[0].url", "file:///backup/{database}"),
				Map.entry("litestream.replicas[0].snapshot-interval", "13h"),
				Map.entry("litestream.replicas[0].retention", "14h"),
				Map.entry("litestream.replicas[0].retention-check-interval", "15m"),
				Map.entry("litestream.replicas[0].validation-interval", "16h"));
		DatabaseSettings settings = settings("app", properties);
		assertThat(settings.options()).isEqualTo(new LitestreamOptions("app", FILE, Path.of("/meta/app"),
				Duration.ofSeconds(2), Duration.ofMinutes(4), 5, 6, 7, Duration.ofSeconds(8), Duration.ofSeconds(9),
				10 << 20, 7 << 20, new RestoreOptions(11, IntegrityCheck.FULL), Map.of()));
		assertThat(settings.restoreTarget()).isEqualTo(RestoreTarget.asOf(Instant.parse("2026-11-22T09:15:30Z")));
		assertThat(settings.restoreReplica()).isEqualTo("file");
		assertThat(settings.restoreIfMissing()).isTrue();
		assertThat(settings.maxLag()).isEqualTo(Duration.ofSeconds(12));
		assertThat(settings.restoreDirectory()).isEqualTo(Path.of("/meta/app/restores"));
		ReplicaSettings replica = settings.replicas().get(0);
		assertThat(replica.definition().url()).isEqualTo("file:///backup/app");
		assertThat(replica.options()).isEqualTo(new Replica.Options(Duration.ofSeconds(3), Duration.ofHours(13),
				Duration.ofHours(14), Duration.ofMinutes(15), Duration.ofHours(16)));
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
				Map.entry("litestream.databases.app.endpoint.restore-directory", "/restores/{database}"));
		DatabaseSettings app = settings("app", properties);
		assertThat(app.options().monitorInterval()).isEqualTo(Duration.ofSeconds(2));
		assertThat(app.options().busyTimeout()).isEqualTo(Duration.ofSeconds(5));
		assertThat(app.options().restore().parallelism()).isEqualTo(4);
		assertThat(app.restoreIfMissing()).isTrue();
		assertThat(app.restoreTarget()).isEqualTo(new RestoreTarget(new Generation("0123456789abcdef"), 7, null, null));
		assertThat(app.maxLag()).isEqualTo(Duration.ofSeconds(8));
		assertThat(app.restoreDirectory()).isEqualTo(Path.of("/restores/app"));
		assertThat(app.replicas().get(0).options().syncInterval()).isEqualTo(Duration.ofSeconds(6));
		DatabaseSettings other = settings("other", properties);
		assertThat(other.options().busyTimeout()).isEqualTo(Duration.ofSeconds(3));
		assertThat(other.restoreTarget()).isEqualTo(RestoreTarget.LATEST);
		assertThat(other.replicas().get(0).options().syncInterval()).isEqualTo(Duration.ofSeconds(1));
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
