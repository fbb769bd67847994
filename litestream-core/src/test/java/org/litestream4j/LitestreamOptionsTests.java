package org.litestream4j;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.litestream4j.io.SystemDisk;
import org.litestream4j.store.FileStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class LitestreamOptionsTests {

	private static final Duration SECOND = Duration.ofSeconds(1);

	/** The options as a test changes them. */
	private static final class Draft {

		private Duration monitor = SECOND;

		private Duration checkpoint = SECOND;

		private int min = 1000;

		private int max = 10_000;

		private int truncate = 100_000;

		private Duration busy = SECOND;

		private Duration shutdown = SECOND;

		private long shadow = 1 << 30;

		private long free = 1 << 20;

		LitestreamOptions build() {
			return LitestreamOptions.builder(Path.of("app.db"))
				.name("app")
				.metaDirectory(Path.of("meta"))
				.monitorInterval(this.monitor)
				.checkpointInterval(this.checkpoint)
				.minCheckpointPageCount(this.min)
				.maxCheckpointPageCount(this.max)
				.truncatePageCount(this.truncate)
				.busyTimeout(this.busy)
				.shutdownSyncTimeout(this.shutdown)
				.maxShadowWalSize(this.shadow)
				.minFreeSpace(this.free)
				.build();
		}

	}

	private static Arguments refused(String message, UnaryOperator<Draft> change) {
		return Arguments.of(Named.of(message, message), change);
	}

	private static Stream<Arguments> refusals() {
		return Stream.of(refused("monitor-interval is 0 s: more than zero is expected", (draft) -> {
			draft.monitor = Duration.ZERO;
			return draft;
		}), refused("checkpoint-interval is -1 s: more than zero is expected", (draft) -> {
			draft.checkpoint = SECOND.negated();
			return draft;
		}), refused("min-checkpoint-page-count is 0: 1 or more is expected", (draft) -> {
			draft.min = 0;
			return draft;
		}), refused("max-checkpoint-page-count is 999: min-checkpoint-page-count (1000) or more is expected",
				(draft) -> {
					draft.max = 999;
					return draft;
				}), refused("truncate-page-count is 9999: max-checkpoint-page-count (10000) or more is expected",
						(draft) -> {
							draft.truncate = 9999;
							return draft;
						}),
				refused("busy-timeout is -1 s: zero or more is expected", (draft) -> {
					draft.busy = SECOND.negated();
					return draft;
				}), refused("shutdown-sync-timeout is -1 s: zero or more is expected", (draft) -> {
					draft.shutdown = SECOND.negated();
					return draft;
				}), refused("max-shadow-wal-size is 1048575: 1MB or more is expected", (draft) -> {
					draft.shadow = (1 << 20) - 1;
					return draft;
				}), refused("min-free-space is -1: zero or more is expected", (draft) -> {
					draft.free = -1;
					return draft;
				}));
	}

	@ParameterizedTest
	@MethodSource("refusals")
	void refusesWhatMakesNoSense(String message, UnaryOperator<Draft> change) {
		assertThatIllegalArgumentException().isThrownBy(() -> change.apply(new Draft()).build()).withMessage(message);
	}

	@Test
	void acceptsTheBounds() {
		Draft draft = new Draft();
		draft.min = 1;
		draft.max = 1;
		draft.truncate = 1;
		draft.busy = Duration.ZERO;
		draft.shutdown = Duration.ZERO;
		draft.shadow = 1 << 20;
		assertThat(draft.build().database()).isAbsolute();
	}

	@Test
	void defaultsAreThoseOfTheContract() {
		LitestreamOptions options = LitestreamOptions.of(Path.of("/data/x/../app.db"));
		assertThat(options.name()).isEqualTo("app.db");
		assertThat(options.database()).isEqualTo(Path.of("/data/app.db"));
		assertThat(options.metaDirectory()).isEqualTo(Path.of("/data/.app.db-litestream"));
		assertThat(options.monitorInterval()).isEqualTo(SECOND);
		assertThat(options.checkpointInterval()).isEqualTo(Duration.ofMinutes(1));
		assertThat(options.minCheckpointPageCount()).isEqualTo(1000);
		assertThat(options.maxCheckpointPageCount()).isEqualTo(10_000);
		assertThat(options.truncatePageCount()).isEqualTo(121_359);
		assertThat(options.busyTimeout()).isEqualTo(SECOND);
		assertThat(options.shutdownSyncTimeout()).isEqualTo(Duration.ofSeconds(30));
		assertThat(options.maxShadowWalSize()).isEqualTo(1 << 30);
		assertThat(options.minFreeSpace()).isEqualTo(64 << 20);
		assertThat(Replica.Options.DEFAULTS).isEqualTo(Replica.Options.builder().syncInterval(SECOND).build());
	}

	@ParameterizedTest
	@MethodSource
	void replicaOptionsRefuseIntervalsThatAreNotPositive(String name, Duration sync, Duration snapshot,
			Duration retention, Duration check, @Nullable Duration validation) {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> Replica.Options.builder()
				.syncInterval(sync)
				.snapshotInterval(snapshot)
				.retention(retention)
				.retentionCheckInterval(check)
				.validationInterval(validation)
				.build())
			.withMessageContaining(name)
			.withMessageContaining("more than zero is expected");
	}

	static Stream<Arguments> replicaOptionsRefuseIntervalsThatAreNotPositive() {
		Duration zero = Duration.ZERO;
		return Stream.of(Arguments.of("sync-interval", zero, SECOND, SECOND, SECOND, null),
				Arguments.of("snapshot-interval", SECOND, SECOND.negated(), SECOND, SECOND, null),
				Arguments.of("retention", SECOND, SECOND, SECOND.negated(), SECOND, null),
				Arguments.of("retention-check-interval", SECOND, SECOND, SECOND, zero, null),
				Arguments.of("validation-interval", SECOND, SECOND, SECOND, SECOND, zero));
	}

	@Test
	void replicaNeedsAName(@TempDir Path directory) {
		assertThatIllegalArgumentException().isThrownBy(
				() -> new Replica(" ", new FileStore(directory, SystemDisk.ownerOnly()), Replica.Options.DEFAULTS));
	}

	@Test
	void builderOfOptionsBeginsWithThem() {
		LitestreamOptions options = LitestreamOptions.builder(Path.of("app.db"))
			.name("other")
			.metaDirectory(Path.of("meta"))
			.monitorInterval(SECOND.multipliedBy(2))
			.checkpointInterval(SECOND.multipliedBy(3))
			.minCheckpointPageCount(4)
			.maxCheckpointPageCount(5)
			.truncatePageCount(6)
			.busyTimeout(SECOND.multipliedBy(7))
			.shutdownSyncTimeout(SECOND.multipliedBy(8))
			.maxShadowWalSize(9 << 20)
			.minFreeSpace(10)
			.restore(RestoreOptions.DEFAULTS.withParallelism(11))
			.creationPragmas(Map.of("page_size", "8192"))
			.build();
		assertThat(options.toBuilder().build()).isEqualTo(options);
		assertThat(options.toBuilder().name("app").build()).isNotEqualTo(options);
		Replica.Options replica = Replica.Options.builder()
			.syncInterval(SECOND.multipliedBy(2))
			.snapshotInterval(SECOND.multipliedBy(3))
			.retention(SECOND.multipliedBy(4))
			.retentionCheckInterval(SECOND.multipliedBy(5))
			.validationInterval(SECOND.multipliedBy(6))
			.build();
		assertThat(replica.toBuilder().build()).isEqualTo(replica);
	}

	@Test
	void defaultsAreTheDocumentedOnes() {
		LitestreamOptions defaults = LitestreamOptions.of(Path.of("app.db"));
		assertThat(defaults.name()).isEqualTo("app.db");
		assertThat(defaults.metaDirectory()).isEqualTo(Path.of(".app.db-litestream").toAbsolutePath());
		assertThat(Replica.Options.DEFAULTS).isEqualTo(Replica.Options.builder().build());
	}

}
