package org.litestream4j.boot.actuate;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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

import org.litestream4j.BackupFormat;
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

	/** A whole histogram would be too many series for thousands of databases. */
	private static final Duration[] WAITS = { Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofMillis(50),
			Duration.ofMillis(100), Duration.ofMillis(250), Duration.ofSeconds(1), Duration.ofSeconds(5) };

	private final MeterRegistry registry;

	private final MeterProvider<Counter> walBytes;

	private final MeterProvider<Timer> sync;

	private final MeterProvider<Timer> checkpoint;

	private final MeterProvider<Counter> generations;

	private final MeterProvider<Timer> operations;

	private final MeterProvider<Counter> replicaBytes;

	private final MeterProvider<Timer> snapshot;

	private final MeterProvider<Timer> compaction;

	private final MeterProvider<Timer> validation;

	private final MeterProvider<Timer> restore;

	private final MeterProvider<Counter> retention;

	private final MeterProvider<Counter> takeovers;

	private final MeterProvider<Counter> fencings;

	private final MeterProvider<Timer> commits;

	private final RecentProblems problems;

	/** By database, so that one goes without a search among those of thousands. */
	private final Map<String, Set<Meter>> meters = new ConcurrentHashMap<>();

	/** Databases with a replica whose format is not configured, and not known yet. */
	private final Map<String, LitestreamDatabase> undecided = new ConcurrentHashMap<>();

	/**
	 * Creates meters in a registry, none yet.
	 * @param registry where the meters are kept
	 */
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
		this.compaction = timer("litestream.compaction", "Files of a level that were made of those below");
		this.validation = timer("litestream.validation", "Comparisons of the backup with the database");
		this.restore = timer("litestream.restore", "Restores");
		this.commits = Timer.builder("litestream.replicated.commit")
			.description("Commits that waited for replicas, and how long")
			.serviceLevelObjectives(WAITS)
			.withRegistry(registry);
		this.retention = counter("litestream.retention.deleted", "Objects deleted as they were too old", "objects");
		this.takeovers = counter("litestream.replica.takeovers", "Times that the replica was taken over", "takeovers");
		this.fencings = counter("litestream.replica.fencings", "Times that somebody else took the replica over",
				"fencings");
	}

	private MeterProvider<Counter> counter(String name, String description, String unit) {
		return Counter.builder(name).description(description).baseUnit(unit).withRegistry(this.registry);
	}

	private MeterProvider<Timer> timer(String name, String description) {
		return Timer.builder(name).description(description).withRegistry(this.registry);
	}

	/**
	 * Adds the gauges of a database and of its replicas.
	 * @param database the one to measure
	 */
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
			gauge("litestream.replica.fenced", "1 while the replica is somebody else's; else 0", null, database,
					replicaTags, (status) -> of(status, replica, LitestreamMetrics::fenced));
			if (replica.options().format() == BackupFormat.LTX) {
				transaction(database, replica);
			}
			if (replica.options().format() == null) {
				this.undecided.put(database.options().name(), database);
			}
			gauge("litestream.replica.epoch", "Counts the replica's owners; NaN while unknown, or without fencing",
					null, database, replicaTags, (status) -> of(status, replica, LitestreamMetrics::epoch));
		}
	}

	private void transaction(LitestreamDatabase database, Replica replica) {
		gauge("litestream.txid", "The last transaction in the replica; NaN while unknown", null, database,
				Tags.of("database", database.options().name(), "replica", replica.name()),
				(status) -> of(status, replica, LitestreamMetrics::txid));
	}

	/** Once it is known where a replica stands, it is known in which format it is. */
	private void decide(String name) {
		LitestreamDatabase database = this.undecided.get(name);
		if (database == null) {
			return;
		}
		DatabaseStatus status = database.status();
		boolean all = true;
		for (Replica replica : database.replicas()) {
			ReplicaStatus found = status.replicas().get(replica.name());
			if (replica.options().format() == null && found != null && found.txid() != null) {
				transaction(database, replica);
			}
			all = all && found != null && (found.txid() != null || found.position() != null);
		}
		if (all) {
			this.undecided.remove(name, database);
		}
	}

	private void problems(LitestreamDatabase database, String replica) {
		for (Problem problem : Problem.values()) {
			RecentProblems.Key known = new RecentProblems.Key(database.options().name(), replica, problem);
			noted(known.database(), Gauge
				.builder("litestream.problem", this.problems, (all) -> all.contains(known) ? 1 : 0)
				.description(
						"1 while the backup cannot be relied on for this reason, and for half a minute at least; else 0")
				.tags("database", known.database(), "replica", replica, "problem", LitestreamReport.lower(problem))
				.register(this.registry));
		}
	}

	/**
	 * Removes all meters of a database, which would otherwise show its last state, and
	 * hold it in memory, for ever.
	 * @param database its name
	 */
	public void remove(String database) {
		this.undecided.remove(database);
		this.problems.remove(database);
		Set<Meter> gone = this.meters.remove(database);
		if (gone != null) {
			gone.forEach(this.registry::remove);
		}
	}

	private <T extends Meter> T noted(String database, T meter) {
		this.meters.computeIfAbsent(database, (key) -> ConcurrentHashMap.newKeySet()).add(meter);
		return meter;
	}

	private static double known(long size) {
		Long known = LitestreamReport.known(size);
		return (known != null) ? known : Double.NaN;
	}

	private static double snapshotAge(ReplicaStatus status) {
		Instant takenAt = status.lastSnapshotAt();
		return (takenAt != null) ? Duration.between(takenAt, Instant.now()).toMillis() / 1e3 : Double.NaN;
	}

	static double fenced(ReplicaStatus status) {
		return (status.state() == DatabaseStatus.State.FENCED) ? 1 : 0;
	}

	static double txid(ReplicaStatus status) {
		return (status.txid() != null) ? status.txid().value() : Double.NaN;
	}

	static double epoch(ReplicaStatus status) {
		return (status.ownership().epoch() > 0) ? status.ownership().epoch() : Double.NaN;
	}

	private void seconds(String name, String description, LitestreamDatabase database, Tags tags,
			ToDoubleFunction<DatabaseStatus> value) {
		gauge(name, description, "seconds", database, tags, value);
	}

	private void bytes(String name, String description, LitestreamDatabase database, Tags tags,
			ToDoubleFunction<DatabaseStatus> value) {
		gauge(name, description, BYTES, database, tags, value);
	}

	private void gauge(String name, String description, @Nullable String unit, LitestreamDatabase database, Tags tags,
			ToDoubleFunction<DatabaseStatus> value) {
		noted(database.options().name(),
				Gauge.builder(name, database, (db) -> value.applyAsDouble(db.status()))
					.description(description)
					.baseUnit(unit)
					.tags(tags)
					.strongReference(true)
					.register(this.registry));
	}

	private static double of(DatabaseStatus status, Replica replica, ToDoubleFunction<ReplicaStatus> value) {
		ReplicaStatus found = status.replicas().get(replica.name());
		return (found != null) ? value.applyAsDouble(found) : Double.NaN;
	}

	@Override
	public void generationStarted(String database, WalPosition position, GenerationReason reason, String detail) {
		noted(database, this.generations.withTags("database", database, "reason", LitestreamReport.lower(reason)))
			.increment();
	}

	@Override
	public void synced(String database, long bytes, Duration duration, Outcome outcome) {
		noted(database, this.sync.withTags("database", database, "outcome", LitestreamReport.lower(outcome)))
			.record(duration);
		noted(database, this.walBytes.withTags("database", database)).increment((double) bytes);
		decide(database);
	}

	@Override
	public void commitAwaited(String database, CommitOutcome outcome, Duration duration) {
		noted(database, this.commits.withTags("database", database, "outcome", LitestreamReport.lower(outcome)))
			.record(duration);
	}

	@Override
	public void checkpointed(String database, String mode, CheckpointOutcome outcome, Duration duration) {
		noted(database, this.checkpoint.withTags("database", database, "mode", mode, "outcome",
				LitestreamReport.lower(outcome)))
			.record(duration);
	}

	@Override
	public void replicaOperation(String database, String replica, ReplicaOperation operation, Outcome outcome,
			Duration duration, long bytes) {
		Tags tags = Tags.of("database", database, "replica", replica, "operation", LitestreamReport.lower(operation));
		noted(database, this.operations.withTags(tags.and("outcome", LitestreamReport.lower(outcome))))
			.record(duration);
		noted(database, this.replicaBytes.withTags(tags)).increment((double) bytes);
		decide(database);
	}

	@Override
	public void snapshotTaken(String database, String replica, @Nullable Snapshot snapshot, Duration duration,
			Outcome outcome) {
		record(this.snapshot, database, replica, LitestreamReport.lower(outcome), duration);
	}

	@Override
	public void compacted(String database, String replica, int level, Duration duration, Outcome outcome) {
		noted(database, this.compaction.withTags("database", database, "replica", replica, "level",
				Integer.toString(level), "outcome", LitestreamReport.lower(outcome)))
			.record(duration);
	}

	@Override
	public void validated(String database, String replica, ValidationOutcome outcome, Duration duration,
			String detail) {
		record(this.validation, database, replica, LitestreamReport.lower(outcome), duration);
	}

	@Override
	public void replicaTakenOver(String database, String replica, WalPosition position, long epoch) {
		noted(database, this.takeovers.withTags("database", database, "replica", replica)).increment();
	}

	@Override
	public void replicaFenced(String database, String replica, @Nullable WalPosition position, String detail) {
		noted(database, this.fencings.withTags("database", database, "replica", replica)).increment();
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
		record(this.restore, database, replica, LitestreamReport.lower(outcome), duration);
	}

	@Override
	public void retentionDeleted(String database, String replica, int snapshots, int segments) {
		Tags tags = Tags.of("database", database, "replica", replica);
		noted(database, this.retention.withTags(tags.and("kind", "snapshot"))).increment(snapshots);
		noted(database, this.retention.withTags(tags.and("kind", "wal"))).increment(segments);
	}

	private void record(MeterProvider<Timer> timer, String database, String replica, String outcome,
			Duration duration) {
		noted(database, timer.withTags("database", database, "replica", replica, "outcome", outcome)).record(duration);
	}

}
