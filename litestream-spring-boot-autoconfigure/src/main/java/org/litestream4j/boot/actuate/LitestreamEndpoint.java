package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.Replica;
import org.litestream4j.RestoreRequest;
import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.actuate.LitestreamReport.BackedUp;
import org.litestream4j.boot.actuate.LitestreamReport.Database;
import org.litestream4j.boot.actuate.LitestreamReport.Databases;
import org.litestream4j.boot.actuate.LitestreamReport.Position;
import org.litestream4j.boot.actuate.LitestreamReport.Restored;
import org.litestream4j.boot.actuate.LitestreamReport.SnapshotEntry;
import org.litestream4j.boot.actuate.LitestreamReport.Snapshots;
import org.litestream4j.boot.actuate.LitestreamReport.Synced;
import org.litestream4j.boot.actuate.LitestreamReport.Validated;
import org.litestream4j.format.Snapshot;
import org.litestream4j.observe.LitestreamListener;

/**
 * How replication stands, what the replicas hold, and the operations that one asks for by
 * hand. Thread-safe.
 */
@Endpoint(id = "litestream")
public class LitestreamEndpoint {

	private static final Duration SYNC_TIMEOUT = Duration.ofSeconds(30);

	/** Of an application: each holds one of the web server's threads. */
	private static final int MAX_WAITING = 64;

	private static final int SEGMENTS = 1000;

	private static final int MAX_SEGMENTS = 10_000;

	private final Litestream litestream;

	private final Function<LitestreamDatabase, EndpointSettings> settings;

	private final Semaphore waiting = new Semaphore(MAX_WAITING);

	/**
	 * Creates an endpoint.
	 * @param litestream what is replicated
	 * @param settings what is allowed, by database
	 */
	public LitestreamEndpoint(Litestream litestream, Function<LitestreamDatabase, EndpointSettings> settings) {
		this.litestream = litestream;
		this.settings = settings;
	}

	/** How all databases stand. */
	@ReadOperation
	public Databases databases() {
		Map<String, Database> databases = new LinkedHashMap<>();
		this.litestream.databases().forEach((name, database) -> databases.put(name, Database.of(database.status())));
		return new Databases(databases);
	}

	/** How one database stands. */
	@ReadOperation
	public Database database(@Selector String database) {
		return Database.of(find(database).status());
	}

	/**
	 * What the replicas of a database hold.
	 * @param listing {@code generations}, {@code snapshots} or {@code wal}
	 * @param limit for {@code wal}: how many segments at most, 1 to 10000; 1000 if not
	 * given
	 * @param before for {@code wal}: where the page begins, as an earlier one answered it
	 * in {@code next}; the newest if not given
	 */
	@ReadOperation
	public Object list(@Selector String database, @Selector String listing, @Nullable String limit,
			@Nullable String before) throws IOException {
		LitestreamDatabase found = find(database);
		EndpointArguments arguments = EndpointArguments.of(limit, before);
		return switch (listing) {
			case "generations", "snapshots" -> {
				arguments.requireOnly(listing, Set.of());
				yield listing.equals("snapshots") ? ReplicaListings.snapshots(found.replicas())
						: ReplicaListings.generations(found.replicas());
			}
			case "wal" -> SegmentPages.page(found.replicas(), arguments.number("limit", SEGMENTS, MAX_SEGMENTS),
					arguments.position("before"));
			default -> throw EndpointRequestException
				.notFound("'%s' cannot be listed: generations, snapshots and wal can".formatted(listing));
		};
	}

	/**
	 * Runs an operation to its end.
	 * @param operation {@code sync}, {@code snapshot}, {@code restore}, {@code backup} or
	 * {@code validate}; the rest are their arguments
	 */
	@WriteOperation
	public Object run(@Selector String database, @Selector String operation, @Nullable String timeout,
			@Nullable String replica, @Nullable String outputPath, @Nullable String timestamp,
			@Nullable String generation, @Nullable String index, @Nullable String dryRun)
			throws IOException, TimeoutException, InterruptedException {
		return run(database, operation,
				EndpointArguments.of(timeout, replica, outputPath, timestamp, generation, index, dryRun));
	}

	Object run(String database, String operation, EndpointArguments arguments)
			throws IOException, TimeoutException, InterruptedException {
		LitestreamDatabase found = find(database);
		return switch (operation) {
			case "sync" -> sync(found, arguments);
			case "snapshot" -> snapshot(found, arguments);
			case "restore" -> restore(found, arguments);
			case "backup" -> backup(found, arguments);
			case "validate" -> validate(found, arguments);
			default -> throw EndpointRequestException.notFound(
					"'%s' is not an operation: sync, snapshot, restore, backup and validate are".formatted(operation));
		};
	}

	private LitestreamDatabase find(String name) {
		Map<String, LitestreamDatabase> databases = this.litestream.databases();
		LitestreamDatabase database = databases.get(name);
		if (database == null) {
			throw EndpointRequestException.notFound("no database '%s' is being replicated: %s".formatted(name,
					databases.isEmpty() ? "none is" : "there is " + String.join(", ", databases.keySet())));
		}
		return database;
	}

	private Synced sync(LitestreamDatabase database, EndpointArguments arguments)
			throws IOException, TimeoutException, InterruptedException {
		arguments.requireOnly("sync", Set.of("timeout"));
		Duration timeout = arguments.duration("timeout", SYNC_TIMEOUT, this.settings.apply(database).maxTimeout());
		if (!this.waiting.tryAcquire()) {
			throw EndpointRequestException.unavailable(
					"%d requests wait for a sync already: try again when they have ended, or wait for fewer at once"
						.formatted(MAX_WAITING));
		}
		try {
			return new Synced(Position.of(database.sync(timeout)));
		}
		finally {
			this.waiting.release();
		}
	}

	private static Snapshots snapshot(LitestreamDatabase database, EndpointArguments arguments)
			throws IOException, InterruptedException {
		arguments.requireOnly("snapshot", Set.of("replica"));
		String only = replica(database, arguments);
		List<SnapshotEntry> taken = new ArrayList<>();
		for (Replica replica : database.replicas()) {
			if (only == null || only.equals(replica.name())) {
				for (Snapshot snapshot : database.snapshot(replica.name())) {
					taken.add(SnapshotEntry.of(replica.name(), snapshot));
				}
			}
		}
		return new Snapshots(taken);
	}

	private static Validated validate(LitestreamDatabase database, EndpointArguments arguments)
			throws IOException, TimeoutException, InterruptedException {
		arguments.requireOnly("validate", Set.of("replica"));
		return Validated.of(database.validate(replica(database, arguments)));
	}

	private Restored restore(LitestreamDatabase database, EndpointArguments arguments) throws IOException {
		arguments.requireOnly("restore", Set.of("outputPath", "timestamp", "replica", "generation", "index", "dryRun"));
		RestorePath path = outputPath(database, arguments);
		RestoreRequest request = new RestoreRequest(path.file(), replica(database, arguments), arguments.target(),
				database.options().restore());
		if (arguments.flag("dryRun")) {
			return Restored
				.of(new LitestreamRestore(database.options().name(), database.replicas(), LitestreamListener.NONE)
					.plan(request));
		}
		return path.write(() -> Restored.of(database.restore(request, path)));
	}

	private BackedUp backup(LitestreamDatabase database, EndpointArguments arguments) throws IOException {
		arguments.requireOnly("backup", Set.of("outputPath"));
		RestorePath path = outputPath(database, arguments);
		return path.write(() -> BackedUp.of(database.backup(path.file(), path)));
	}

	private RestorePath outputPath(LitestreamDatabase database, EndpointArguments arguments) {
		RestorePath path = RestorePath.check(this.settings.apply(database).restoreDirectory(),
				arguments.text("outputPath"));
		this.litestream.databases().values().forEach((live) -> path.requireApartFrom(live.options()));
		return path;
	}

	private static @Nullable String replica(LitestreamDatabase database, EndpointArguments arguments) {
		String name = arguments.text("replica");
		List<String> known = database.replicas().stream().map(Replica::name).toList();
		if (name != null && !known.contains(name)) {
			throw EndpointArguments.invalid("replica", name, "one of " + String.join(", ", known));
		}
		return name;
	}

}
