package org.litestream4j.boot.actuate;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import org.jspecify.annotations.Nullable;

import org.litestream4j.DatabaseStatus;
import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.Replica;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;

/**
 * Meters of the engine: what it tells as counters and timers, how it stands as gauges.
 * Thread-safe.
 */
public class LitestreamMetrics implements LitestreamListener {

	private static final String BYTES = "bytes";

	private final MeterRegistry registry;

	private final MeterProvider<Counter> walBytes;

	private final MeterProvider<Timer> sync;

	private final MeterProvider<Timer> checkpoint;

	private final MeterProvider<Counter> generations;

	private final MeterProvider<Timer> operations;

	private final MeterProvider<Counter> replicaBytes;

	private final MeterProvider<Timer> snapshot;

	private final MeterProvider<Timer> validation;

	private final MeterProvider<Timer> restore;

	private final MeterProvider<Counter> retention;

	private final RecentProblems problems;

	/** Creates meters in a registry, none yet. */
	public LitestreamMetrics(MeterRegistry registry) {
		this(registry, System::nanoTime);
	}

	LitestreamMetrics(MeterRegistry registry, LongSupplier nanoTime) {
		this.registry = registry;
		this.problems = new RecentProblems(nanoTime);
		this.walBytes = counter("litestream.wal.bytes", "Bytes copied from the live WAL", BYTES);
		this.sync = timer("litestream.sync", "Looks at the live WAL");
		this.checkpoint = timer("litestream.checkpoint", "Checkpoints that were tried");
		this.generations = counter("litestream.generations", "Generations that were started", "generations");
		this.operations = timer("litestream.replica.operations", "Objects and listings read and written");
		this.replicaBytes = counter("litestream.replica.bytes", "Bytes read from and written to the replica", BYTES);
		this.snapshot = timer("litestream.snapshot", "Snapshots that were taken");
		this.validation = timer("litestream.validation", "Comparisons of the backup with the database");
		this.restore = timer("litestream.restore", "Restores");
		this.retention = counter("litestream.retention.deleted", "Objects deleted as they were too old", "objects");
	}

	private MeterProvider<Counter> counter(String name, String description, String unit) {
		return Counter.builder(name).description(description).baseUnit(unit).withRegistry(this.registry);
	}

	private MeterProvider<Timer> timer(String name, String description) {
		return Timer.builder(name).description(description).withRegistry(this.registry);
	}

	/** Adds the gauges of a database and of its replicas. */
	public void register(LitestreamDatabase database) {
		Tags tags = Tags.of("database", database.options().name());
		bytes("litestream.database.size", "Size of the database file", database, tags,
				(status) -> known(status.databaseSize()));
		bytes("litestream.wal.size", "Size of the WAL file", database, tags, (status) -> known(status.walSize()));
		bytes("litestream.shadow.wal.size", "Size of the WAL that is kept until every replica has it", database, tags,
				DatabaseStatus::shadowWalSize);
		problems(database, RecentProblems.NO_REPLICA);
		for (Replica replica : database.replicas()) {
			problems(database, replica.name());
			Tags replicaTags = tags.and("replica", replica.name());
			bytes("litestream.replica.lag.bytes", "WAL bytes that the replica lacks", database, replicaTags,
					(status) -> of(status, replica, ReplicaStatus::lagBytes));
			seconds("litestream.replica.lag", "Age of the oldest commit that the replica lacks", database, replicaTags,
					(status) -> of(status, replica, (found) -> found.lag().toNanos() / 1e9));
			seconds("litestream.replica.snapshot.age", "Age of the newest snapshot; NaN while there is none", database,
					replicaTags, (status) -> of(status, replica, LitestreamMetrics::snapshotAge));
		}
	}

	private void problems(LitestreamDatabase database, String replica) {
		for (Problem problem : Problem.values()) {
			RecentProblems.Key known = new RecentProblems.Key(database.options().name(), replica, problem);
			Gauge.builder("litestream.problem", this.problems, (all) -> all.contains(known) ? 1 : 0)
				.description(
						"1 while the backup is not to be relied upon for this reason, and for half a minute at least; else 0")
				.tags("database", known.database(), "replica", replica, "problem", lower(problem))
				.register(this.registry);
		}
	}

	/**
	 * Removes all meters of a database, which would otherwise show its last state, and
	 * hold it in memory, for ever.
	 */
	public void remove(String database) {
		this.problems.remove(database);
		for (Meter meter : this.registry.getMeters()) {
			if (meter.getId().getName().startsWith("litestream.")
					&& database.equals(meter.getId().getTag("database"))) {
				this.registry.remove(meter);
			}
		}
	}

	private static double known(long size) {
		return (size >= 0) ? size : Double.NaN;
	}

	private static double snapshotAge(ReplicaStatus status) {
		Instant takenAt = status.lastSnapshotAt();
		return (takenAt != null) ? Duration.between(takenAt, Instant.now()).toMillis() / 1e3 : Double.NaN;
	}

	private void seconds(String name, String description, LitestreamDatabase database, Tags tags,
			ToDoubleFunction<DatabaseStatus> value) {
		gauge(name, description, "seconds", database, tags, value);
	}

	private void bytes(String name, String description, LitestreamDatabase database, Tags tags,
			ToDoubleFunction<DatabaseStatus> value) {
		gauge(name, description, BYTES, database, tags, value);
	}

	private void gauge(String name, String description, String unit, LitestreamDatabase database, Tags tags,
			ToDoubleFunction<DatabaseStatus> value) {
		Gauge.builder(name, database, (db) -> value.applyAsDouble(db.status()))
			.description(description)
			.baseUnit(unit)
			.tags(tags)
			.strongReference(true)
			.register(this.registry);
	}

	private static double of(DatabaseStatus status, Replica replica, ToDoubleFunction<ReplicaStatus> value) {
		ReplicaStatus found = status.replicas().get(replica.name());
		return (found != null) ? value.applyAsDouble(found) : Double.NaN;
	}

	@Override
	public void generationStarted(String database, WalPosition position, GenerationReason reason, String detail) {
		this.generations.withTags("database", database, "reason", lower(reason)).increment();
	}

	@Override
	public void synced(String database, long bytes, Duration duration, Outcome outcome) {
		this.sync.withTags("database", database, "outcome", lower(outcome)).record(duration);
		this.walBytes.withTags("database", database).increment((double) bytes);
	}

	@Override
	public void checkpointed(String database, String mode, CheckpointOutcome outcome, Duration duration) {
		this.checkpoint.withTags("database", database, "mode", mode, "outcome", lower(outcome)).record(duration);
	}

	@Override
	public void replicaOperation(String database, String replica, ReplicaOperation operation, Outcome outcome,
			Duration duration, long bytes) {
		Tags tags = Tags.of("database", database, "replica", replica, "operation", lower(operation));
		this.operations.withTags(tags.and("outcome", lower(outcome))).record(duration);
		this.replicaBytes.withTags(tags).increment((double) bytes);
	}

	@Override
	public void snapshotTaken(String database, String replica, @Nullable Snapshot snapshot, Duration duration,
			Outcome outcome) {
		record(this.snapshot, database, replica, lower(outcome), duration);
	}

	@Override
	public void validated(String database, String replica, ValidationOutcome outcome, Duration duration,
			String detail) {
		record(this.validation, database, replica, lower(outcome), duration);
	}

	@Override
	public void problemFound(String database, @Nullable String replica, Problem problem, String detail) {
		this.problems.found(RecentProblems.Key.of(database, replica, problem), detail);
	}

	@Override
	public void problemSolved(String database, @Nullable String replica, Problem problem) {
		this.problems.solved(RecentProblems.Key.of(database, replica, problem));
	}

	@Override
	public void restored(String database, String replica, long bytes, Duration duration, Outcome outcome) {
		record(this.restore, database, replica, lower(outcome), duration);
	}

	@Override
	public void retentionDeleted(String database, String replica, int snapshots, int segments) {
		Tags tags = Tags.of("database", database, "replica", replica);
		this.retention.withTags(tags.and("kind", "snapshot")).increment(snapshots);
		this.retention.withTags(tags.and("kind", "wal")).increment(segments);
	}

	private static void record(MeterProvider<Timer> timer, String database, String replica, String outcome,
			Duration duration) {
		timer.withTags("database", database, "replica", replica, "outcome", outcome).record(duration);
	}

	private static String lower(Enum<?> value) {
		return value.name().toLowerCase(Locale.ROOT);
	}

}
