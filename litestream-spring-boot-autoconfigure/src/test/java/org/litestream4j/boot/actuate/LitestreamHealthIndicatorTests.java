package org.litestream4j.boot.actuate;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.boot.Litestream;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replica.FileReplicaClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link LitestreamHealthIndicator}.
 */
class LitestreamHealthIndicatorTests {

	@TempDir
	private Path directory;

	@Test
	void nothingReplicatedIsUnknown() {
		assertThat(health(Map.of(), Duration.ofMinutes(1)).getStatus()).isEqualTo(Status.UNKNOWN);
	}

	@Test
	void replicaThatKeepsUpIsUp() throws Exception {
		try (LitestreamDatabase database = start(this.directory.resolve("replica"))) {
			database.sync(Duration.ofSeconds(30));
			Health health = health(Map.of("app", database), Duration.ofMinutes(1));
			assertThat(health.getStatus()).isEqualTo(Status.UP);
			assertThat(health.getDetails().toString()).contains("app", "file://", "position=");
		}
	}

	@Test
	void replicaThatLagsIsDownAndSaysWhy() throws Exception {
		Files.writeString(this.directory.resolve("replica"), "in the way");
		try (LitestreamDatabase database = start(this.directory.resolve("replica"))) {
			assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> database.sync(Duration.ofSeconds(2)));
			Health health = health(Map.of("app", database), Duration.ofMillis(1));
			assertThat(health.getStatus()).isEqualTo(Status.DOWN);
			assertThat(health.getDetails().toString()).contains("state=failing", "lastError=");
			assertThat(health(Map.of("app", database), Duration.ofHours(1)).getStatus()).isEqualTo(Status.UP);
		}
	}

	private LitestreamDatabase start(Path replica) throws Exception {
		LitestreamOptions defaults = LitestreamOptions.of(this.directory.resolve("app.db"));
		LitestreamOptions options = new LitestreamOptions("app", defaults.database(), defaults.metaDirectory(),
				defaults.monitorInterval(), defaults.checkpointInterval(), defaults.minCheckpointPageCount(),
				defaults.maxCheckpointPageCount(), defaults.truncatePageCount(), defaults.busyTimeout(), Duration.ZERO,
				defaults.maxShadowWalSize(), defaults.minFreeSpace(), defaults.restore(), defaults.creationPragmas());
		return LitestreamDatabase.start(options, List
			.of(new Replica("file", new FileReplicaClient(replica, SystemDisk.ownerOnly()), Replica.Options.DEFAULTS)),
				LitestreamListener.NONE);
	}

	private static Health health(Map<String, LitestreamDatabase> databases, Duration maxLag) {
		Litestream litestream = () -> databases;
		return new LitestreamHealthIndicator(litestream, (name) -> maxLag).health();
	}

}
