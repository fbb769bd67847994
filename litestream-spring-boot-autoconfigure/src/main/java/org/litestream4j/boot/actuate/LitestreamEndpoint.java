package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.Replica;
import org.litestream4j.RestoreRequest;
import org.litestream4j.RestoreTime;
import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.actuate.LitestreamReport.BackedUp;
import org.litestream4j.boot.actuate.LitestreamReport.Database;
import org.litestream4j.boot.actuate.LitestreamReport.Databases;
import org.litestream4j.boot.actuate.LitestreamReport.Log;
import org.litestream4j.boot.actuate.LitestreamReport.Position;
import org.litestream4j.boot.actuate.LitestreamReport.Restored;
import org.litestream4j.boot.actuate.LitestreamReport.RestoredList;
import org.litestream4j.boot.actuate.LitestreamReport.SnapshotEntry;
import org.litestream4j.boot.actuate.LitestreamReport.Snapshots;
import org.litestream4j.boot.actuate.LitestreamReport.Synced;
import org.litestream4j.boot.actuate.LitestreamReport.Validated;

/**
 * How replication stands, what the replicas hold, and the operations that one asks for by
 * hand. Thread-safe.
 */
@Endpoint(id = "litestream")
public class LitestreamEndpoint {

	private static final Duration SYNC_TIMEOUT = Duration.ofSeconds(30);

	/** Of an application: each holds one of the web server's threads. */
	private static final int MAX_WAITING = 64;

	/** Databases that an error names. */
	private static final int LISTED = 10;

	/** Entries in a page. */
	private static final int PAGE = 1000;

	private static final int MAX_PAGE = 10_000;

	private final Litestream litestream;

	private final Function<LitestreamDatabase, EndpointSettings> settings;

	private final @Nullable RestoredFiles restored;

	private final DatabaseDiffs diffs = new DatabaseDiffs();

	private final Semaphore waiting = new Semaphore(MAX_WAITING);

	/** Each takes the space of a database. */
	private final Semaphore restoring = new Semaphore(1);

	/**
	 * Creates an endpoint that hands nothing out.
	 * @param litestream what is replicated
	 * @param settings what is allowed, by database
	 */
	public LitestreamEndpoint(Litestream litestream, Function<LitestreamDatabase, EndpointSettings> settings) {
		this(litestream, settings, null);
	}

	/**
	 * Creates an endpoint.
	 * @param litestream what is replicated
	 * @param settings what is allowed, by database
	 * @param restored remembers what was written, to be fetched or removed over HTTP;
	 * null if it is not to be
	 */
	public LitestreamEndpoint(Litestream litestream, Function<LitestreamDatabase, EndpointSettings> settings,
			@Nullable RestoredFiles restored) {
		this.litestream = litestream;
		this.settings = settings;
		this.restored = restored;
	}

	/**
	 * How all databases stand, in the order of their names.
	 * @param limit how many at most, 1 to 10000; 1000 if not given
	 * @param after where the page begins, as an earlier one answered it in {@code next};
	 * the first if not given
	 * @return one page of them
	 */
	@ReadOperation
	public Databases databases(@Nullable String limit, @Nullable String after) {
		int most = EndpointArguments.of(limit, null).number("limit", PAGE, MAX_PAGE);
		Map<String, Database> page = new LinkedHashMap<>();
		String last = null;
		for (Map.Entry<String, LitestreamDatabase> each : this.litestream.databases().entrySet()) {
			if (after == null || each.getKey().compareTo(after) > 0) {
				if (page.size() == most) {
					return new Databases(page, last);
				}
				last = each.getKey();
				page.put(last, Database.of(each.getValue().status()));
			}
		}
		return new Databases(page, null);
	}

	/**
	 * How one database stands.
	 * @param database its name
	 * @return its status
	 */
	@ReadOperation
	public Database database(@Selector String database) {
		return Database.of(find(database).status());
	}

	/**
	 * What the replicas of a database hold.
	 * @param database its name
	 * @param listing {@code generations}, {@code snapshots}, {@code wal} or {@code log};
	 * or {@code restored}, what was written by {@code restore} and {@code backup}, where
	 * that may be fetched
	 * @param limit for {@code wal}: how many segments at most, 1 to 10000; 1000 if not
	 * given
	 * @param before for {@code wal}: where the page begins, as an earlier one answered it
	 * in {@code next}; the newest if not given
	 * @param replica for {@code log}: its name; the first one if not given
	 * @param from for {@code log}: no restore point before this time, as people write it
	 * @param to for {@code log}: no restore point after it
	 * @param transactions for {@code log}: {@code false} to fetch nothing but the listing
	 * @param tables for {@code log}: {@code true} to say what was touched, for which the
	 * database is restored to a temporary file
	 * @return what they hold; of {@code wal} and {@code log}, one page
	 * @throws IOException if a replica cannot be read
	 */
	@ReadOperation
	public Object list(@Selector String database, @Selector String listing, @Nullable String limit,
			@Nullable String before, @Nullable String replica, @Nullable String from, @Nullable String to,
			@Nullable String transactions, @Nullable String tables) throws IOException {
		LitestreamDatabase found = find(database);
		EndpointArguments arguments = EndpointArguments.of(limit, before, replica, from, to, transactions, tables);
		return switch (listing) {
			case "generations", "snapshots" -> {
				arguments.requireOnly(listing, Set.of());
				yield listing.equals("snapshots") ? ReplicaListings.snapshots(found.replicas())
						: ReplicaListings.generations(found.replicas());
			}
			case "wal" -> {
				arguments.requireOnly(listing, Set.of("limit", "before"));
				yield SegmentPages.page(found.replicas(), arguments.number("limit", PAGE, MAX_PAGE),
						arguments.position("before"));
			}
			case "log" -> log(found, arguments);
			case "ltx" -> {
				arguments.requireOnly(listing, Set.of("limit"));
				yield ReplicaListings.ltx(found.replicas(), arguments.number("limit", PAGE, MAX_PAGE));
			}
			case "restored" -> {
				arguments.requireOnly(listing, Set.of());
				yield new RestoredList(restoredFiles().list(found.options().name()));
			}
			default -> throw EndpointRequestException
				.notFound("'%s' cannot be listed: generations, snapshots, wal, ltx and log can".formatted(listing));
		};
	}

	private Log log(LitestreamDatabase database, EndpointArguments arguments) throws IOException {
		arguments.requireOnly("log", LogPages.ARGUMENTS);
		LogPages pages = new LogPages(database, replica(database, arguments));
		if (!arguments.flag("tables")) {
			return pages.page(arguments);
		}
		if (!this.restoring.tryAcquire()) {
			throw EndpointRequestException.unavailable(
					"another log with tables is being made, which restores the database: try again when it has ended");
		}
		try {
			return pages.page(arguments, this.settings.apply(database).restoreDirectory());
		}
		finally {
			this.restoring.release();
		}
	}

	private RestoredFiles restoredFiles() {
		if (this.restored == null) {
			throw EndpointRequestException.notFound("restored databases are not handed out: "
					+ "that takes litestream-spring-boot-ui, and litestream.ui.enabled must not be false");
		}
		return this.restored;
	}

	/**
	 * A file that this endpoint has written.
	 * @param database whose state it has
	 * @param listing {@code restored}
	 * @param name as listed
	 */
	Path restored(String database, String listing, String name) throws IOException {
		LitestreamDatabase found = find(database);
		if (!listing.equals("restored")) {
			throw EndpointRequestException.notFound("'%s' has no parts: restored has".formatted(listing));
		}
		Path file = restoredFiles().find(found.options().name(), name)
			.orElseThrow(() -> EndpointRequestException
				.notFound("there is no such restored database: restored lists those since the application started"));
		requireNotLive(file);
		return file;
	}

	/**
	 * Reading a database that is in use through Java would drop the POSIX locks that
	 * SQLite holds on it, and removing it would be worse. A restored one may have been
	 * taken into use.
	 */
	private void requireNotLive(Path file) throws IOException {
		for (LitestreamDatabase live : this.litestream.databases().values()) {
			Path path = live.options().database();
			if (Files.exists(path) && Files.isSameFile(file, path)) {
				throw EndpointRequestException
					.conflict("the file is in use as database '%s'".formatted(live.options().name()));
			}
		}
	}

	/**
	 * Runs an operation to its end.
	 * @param database its name
	 * @param operation {@code sync}, {@code snapshot}, {@code restore}, {@code backup},
	 * {@code validate} or {@code diff}; the rest are their arguments
	 * @param timeout for {@code sync}: how long to wait, for example {@code 10s}; if not
	 * given 30 s, or the longest that is allowed; for {@code diff}: how long it may take
	 * @param replica its name
	 * @param outputPath the file to create
	 * @param timestamp the time to restore as of, as people write it
	 * @param generation the generation to restore
	 * @param index the WAL index up to and including which is restored; needs a
	 * generation
	 * @param txid the transaction of an LTX replica up to and including which is
	 * restored: a number, or 16 hexadecimal digits
	 * @param dryRun {@code true} to plan a restore only
	 * @param from for {@code diff}: the first state, a time, a position, an index or a
	 * generation
	 * @param to for {@code diff}: the second state, or {@code database} for the live one;
	 * the newest if not given
	 * @param tables for {@code restore}: restore only these, names with commas between
	 * them, in double quotes where one has a comma itself
	 * @return what was done, as a record of {@link LitestreamReport}
	 * @throws IOException if a replica or the database cannot be read, or the operation
	 * failed
	 * @throws TimeoutException if a replica did not reach the position in time
	 * @throws InterruptedException if the thread is interrupted meanwhile
	 */
	@WriteOperation
	public Object run(@Selector String database, @Selector String operation, @Nullable String timeout,
			@Nullable String replica, @Nullable String outputPath, @Nullable String timestamp,
			@Nullable String generation, @Nullable String index, @Nullable String txid, @Nullable String dryRun,
			@Nullable String from, @Nullable String to, @Nullable String tables)
			throws IOException, TimeoutException, InterruptedException {
		return run(database, operation, EndpointArguments.of(timeout, replica, outputPath, timestamp, generation, index,
				txid, dryRun, from, to, tables));
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
			case "diff" -> diff(found, arguments);
			default -> throw EndpointRequestException
				.notFound("'%s' is not an operation: sync, snapshot, restore, backup, validate and diff are"
					.formatted(operation));
		};
	}

	private LitestreamDatabase find(String name) {
		Map<String, LitestreamDatabase> databases = this.litestream.databases();
		LitestreamDatabase database = databases.get(name);
		if (database == null) {
			throw EndpointRequestException.notFound("no database '%s' is being replicated: %s".formatted(name,
					databases.isEmpty() ? "none is" : "there is " + listed(databases)));
		}
		return database;
	}

	private static String listed(Map<String, LitestreamDatabase> databases) {
		String first = databases.keySet().stream().limit(LISTED).collect(Collectors.joining(", "));
		return (databases.size() > LISTED) ? "%s and %d others".formatted(first, databases.size() - LISTED) : first;
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
				taken.add(SnapshotEntry.of(replica.name(), database.snapshot(replica.name())));
			}
		}
		return new Snapshots(taken);
	}

	private static Validated validate(LitestreamDatabase database, EndpointArguments arguments)
			throws IOException, TimeoutException, InterruptedException {
		arguments.requireOnly("validate", Set.of("replica"));
		String only = replica(database, arguments);
		return Validated.of((only != null) ? List.of(database.validate(only)) : database.validate());
	}

	private Object restore(LitestreamDatabase database, EndpointArguments arguments) throws IOException {
		arguments.requireOnly("restore",
				Set.of("outputPath", "timestamp", "replica", "generation", "index", "txid", "dryRun", "tables"));
		List<String> tables = arguments.names("tables");
		RestorePath path = outputPath(database, arguments);
		RestoreTime timestamp = arguments.time("timestamp");
		RestoreRequest request = RestoreRequest.latest(path.file())
			.withReplica(replica(database, arguments))
			.withTarget(arguments.target(timestamp))
			.withOptions(database.options().restore());
		if (!tables.isEmpty()) {
			if (arguments.flag("dryRun")) {
				throw EndpointRequestException.badRequest(
						"dryRun is not for tables, as what is in them is known only when they are restored: leave one of them out");
			}
			return path.write(
					() -> remembered(database, path, new TableFiles(database, path).write(request, tables, timestamp)));
		}
		if (arguments.flag("dryRun")) {
			return Restored.of(path.file(), database.plan(request), timestamp);
		}
		return path.write(() -> remembered(database, path, Restored.of(database.restore(request, path), timestamp)));
	}

	private LitestreamDiffReport diff(LitestreamDatabase database, EndpointArguments arguments)
			throws IOException, TimeoutException {
		EndpointSettings allowed = this.settings.apply(database);
		return this.diffs.diff(database, arguments, replica(database, arguments), allowed.restoreDirectory(),
				allowed.maxTimeout());
	}

	private BackedUp backup(LitestreamDatabase database, EndpointArguments arguments) throws IOException {
		arguments.requireOnly("backup", Set.of("outputPath"));
		RestorePath path = outputPath(database, arguments);
		return path.write(() -> remembered(database, path, BackedUp.of(database.backup(path.file(), path))));
	}

	private <T> T remembered(LitestreamDatabase database, RestorePath path, T report) throws IOException {
		if (this.restored != null) {
			this.restored.add(database.options().name(), path.root(), path.file());
		}
		return report;
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
