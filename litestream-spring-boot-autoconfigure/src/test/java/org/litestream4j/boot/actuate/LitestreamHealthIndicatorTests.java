package org.litestream4j.boot.actuate;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

import org.litestream4j.DatabaseStatus;
import org.litestream4j.DatabaseStatus.Ownership;
import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.DatabaseStatus.State;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.boot.Litestream;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener.Problem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			database.sync(Duration.ofMinutes(2));
			Health health = health(Map.of("app", database), Duration.ofMinutes(1));
			assertThat(health.getStatus()).isEqualTo(Status.UP);
			assertThat(health.getDetails().toString()).contains("app", "file://", "position=");
		}
	}

	@Test
	void replicaThatLagsIsDownAndSaysWhy() throws Exception {
		Files.writeString(this.directory.resolve("replica"), "in the way");
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			await().atMost(Duration.ofMinutes(2))
				.until(() -> database.status()
					.replicas()
					.values()
					.stream()
					.allMatch((each) -> each.lastError() != null));
			Health health = health(Map.of("app", database), Duration.ofMillis(1));
			assertThat(health.getStatus()).isEqualTo(Status.DOWN);
			assertThat(health.getDetails().toString()).contains("state=failing", "lastError=");
			assertThat(health(Map.of("app", database), Duration.ofHours(1)).getStatus()).isEqualTo(Status.UP);
		}
	}

	@Test
	void problemIsDownAtOnceWhateverTheLag() {
		Health health = judge(status(null, replica(Duration.ZERO, null, "nothing restores: the snapshot is gone")));
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(health.getDetails()).containsEntry("problems",
				List.of("replica 's3' of database 'app': nothing restores: the snapshot is gone"));
		assertThat(health.getDetails().toString()).contains("status=DOWN, state=replicating");
	}

	@Test
	void problemOfTheDatabaseIsDownThoughItsReplicasAreWell() {
		Health health = judge(status("its file was replaced", replica(Duration.ZERO, true, null)));
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(health.getDetails()).containsEntry("problems", List.of("database 'app': its file was replaced"));
		assertThat(health.getDetails().toString()).contains("status=UP");
	}

	@Test
	void failedValidationIsDownAndSaysWhen() {
		Health health = judge(status(null, replica(Duration.ZERO, false, null)));
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(String.valueOf(health.getDetails().get("problems"))).contains("replica 's3' of database 'app'",
				"the last validation, at 2026-11-26T12:00:00Z");
	}

	@Test
	void replicaThatLagsMostIsNamed() {
		Health health = judge(status(null, replica(Duration.ofSeconds(5), null, null)),
				new DatabaseStatus("other", Path.of("other.db"), State.BEHIND, null, 1, 1, 1,
						Map.of("file", replica(Duration.ofSeconds(90), null, null)), List.of(), null));
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(health.getDetails()).containsEntry("largestLag",
				Map.of("database", "other", "replica", "file", "seconds", 90.0));
		assertThat(health.getDetails()).containsEntry("problems", List
			.of("replica 'file' of database 'other': it lacks commits that are up to 90.0 s old, and 1 min is allowed"));
	}

	@Test
	void ofManyDatabasesTheWorstAreNamedAndTheOthersCounted() {
		List<DatabaseStatus> many = new ArrayList<>();
		for (int i = 0; i < 1000; i++) {
			Duration lag = Duration.ofSeconds((i * 7919L) % 1000);
			many.add(new DatabaseStatus("tenant-%04d".formatted(i), Path.of("app.db"), State.REPLICATING, null, 1, 1, 1,
					Map.of("s3",
							replica((i == 500) ? Duration.ZERO : lag, null, (i == 500) ? "nothing restores" : null)),
					List.of(), null));
		}
		Health.Builder builder = new Health.Builder();
		LitestreamHealthIndicator.judge(builder, many, (name) -> Duration.ofSeconds(996), List.of("directory x"));
		Health health = builder.build();
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(health.getDetails()).containsEntry("databasesDown", 5L).containsEntry("databasesUp", 995L);
		assertThat(health.getDetails().get("databases")).asInstanceOf(InstanceOfAssertFactories.MAP)
			.hasSize(10)
			.containsKey("tenant-0500");
		assertThat(health.getDetails().get("problems")).asInstanceOf(InstanceOfAssertFactories.LIST)
			.hasSize(6)
			.last()
			.isEqualTo("directory x");
	}

	@Test
	void problemsPastAFewAreCounted() {
		Health.Builder builder = new Health.Builder();
		LitestreamHealthIndicator.judge(builder, List.of(), (name) -> Duration.ofMinutes(1),
				IntStream.range(0, 500).mapToObj("database %d is not replicated"::formatted).toList());
		Health health = builder.build();
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(health.getDetails().get("problems")).asInstanceOf(InstanceOfAssertFactories.LIST)
			.hasSize(21)
			.last()
			.isEqualTo("and 480 more");
	}

	@Test
	void fencedReplicaIsDownAndSaysWhoHasItAndWhatItHolds() {
		WalPosition position = new WalPosition(new Generation("0123456789abcdef"), 3, 4152);
		Ownership ownership = new Ownership(true, 8, "node-2:4711", null);
		Health health = judge(
				status(null, replica(State.FENCED, position, Duration.ofHours(1), null, null, ownership)));
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(health.getDetails()).containsEntry("problems",
				List.of("replica 's3' of database 'app': node-2:4711 has taken it over; of what was committed here it"
						+ " holds everything up to 0123456789abcdef/00000003:00001038, and nothing since"));
		assertThat(health.getDetails().toString()).contains("state=fenced", "owner=node-2:4711");
	}

	@Test
	void fencedReplicaOfWhichNothingIsKnownIsDownToo() {
		Health health = judge(status(null, replica(State.FENCED, null, Duration.ZERO, null, null, Ownership.NONE)));
		assertThat(health.getDetails()).containsEntry("problems", List
			.of("replica 's3' of database 'app': somebody else has taken it over; of what was committed here it holds nothing new"));
	}

	@Test
	void replicaThatSomebodyWaitsForIsUpAndSaysWho() {
		Ownership ownership = new Ownership(true, 7, "node-1:12", "node-2:4711");
		Health health = judge(status(null, replica(State.REPLICATING, null, Duration.ZERO, null, null, ownership)));
		assertThat(health.getStatus()).isEqualTo(Status.UP);
		assertThat(health.getDetails().toString()).contains("wantedBy=node-2:4711");
	}

	private static DatabaseStatus status(@Nullable String problem, ReplicaStatus replica) {
		return new DatabaseStatus("app", Path.of("app.db"), State.REPLICATING, null, 1, 1, 1, Map.of("s3", replica),
				List.of(), problem);
	}

	private static ReplicaStatus replica(Duration lag, @Nullable Boolean validated, @Nullable String problem) {
		return replica(State.REPLICATING, null, lag, validated, problem, Ownership.NONE);
	}

	private static ReplicaStatus replica(State state, @Nullable WalPosition position, Duration lag,
			@Nullable Boolean validated, @Nullable String problem, Ownership ownership) {
		Instant at = Instant.parse("2026-11-26T12:00:00Z");
		return new ReplicaStatus("s3://bucket/app", state, position, null, 0, lag, at, at, at, validated, null, problem,
				ownership);
	}

	@Test
	void problemThatHealedAtOnceIsStillShown() {
		LitestreamHealthIndicator indicator = new LitestreamHealthIndicator(Map::of, (name) -> Duration.ofMinutes(1));
		indicator.problemFound("app", "file", Problem.NOT_RESTORABLE, "a segment is missing");
		indicator.problemSolved("app", "file", Problem.NOT_RESTORABLE);
		Health.Builder builder = new Health.Builder();
		LitestreamHealthIndicator.judge(builder, List.of(status(null, replica(Duration.ZERO, true, null))),
				(name) -> Duration.ofMinutes(1), indicator.solvedLately());
		Health health = builder.build();
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(health.getDetails().get("problems")).asString().contains("a segment is missing", "mended");
	}

	private static Health judge(DatabaseStatus... statuses) {
		Health.Builder builder = new Health.Builder();
		LitestreamHealthIndicator.judge(builder, List.of(statuses), (name) -> Duration.ofMinutes(1), List.of());
		return builder.build();
	}

	private static Health health(Map<String, LitestreamDatabase> databases, Duration maxLag) {
		Litestream litestream = () -> databases;
		return new LitestreamHealthIndicator(litestream, (name) -> maxLag).health();
	}

}
