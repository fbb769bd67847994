package org.litestream4j.replication;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.format.v03.V03Format;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.lease.Catalog;
import org.litestream4j.lease.ChainEnd;
import org.litestream4j.lease.LogAccess;
import org.litestream4j.live.Continuation;
import org.litestream4j.live.DatabaseView;
import org.litestream4j.live.IndexHeldBackException;
import org.litestream4j.live.LocalLog;
import org.litestream4j.live.ShadowOptions;
import org.litestream4j.live.ShadowWal;
import org.litestream4j.live.WalShadower;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.Restorer;
import org.litestream4j.store.FileStore;
import org.litestream4j.testing.RealLitestream;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A random history of runs that follow each other in one replica: with commits, crashes
 * that leave frames unshipped, fences, moved indexes, bridges, snapshots, retention,
 * machines that are left behind, and writers who do not know that they were. What the
 * database was at each position that was shipped is kept, and every one of them must be
 * restored as it was. Not thread-safe.
 */
final class TakeoverHistory {

	private static final ReplicaLog.SnapshotWatch WATCH = new ReplicaLog.SnapshotWatch() {
		@Override
		public OutputStream watch(OutputStream out) {
			return out;
		}

		@Override
		public void requireStillWanted() {
		}
	};

	private final Path directory;

	private final Path replica;

	private final Random random;

	/** Whether writers keep each other out; else they follow each other in good order. */
	private final boolean fencing;

	/** What the database was when everything before a position was in the replica. */
	private final NavigableMap<Integer, NavigableMap<Long, ByteBuffer>> states = new TreeMap<>();

	/** What the database was at each position that was copied on this machine. */
	private NavigableMap<WalPosition, ByteBuffer> copied = none();

	/** Runs that were paused, and do not know that they are followed by others. */
	private final List<Run> paused = new ArrayList<>();

	private final List<String> told = new ArrayList<>();

	/** The newest snapshot, and up to where it holds everything. */
	private int snapshot = -1;

	private long held;

	@Nullable private ByteBuffer newest;

	private int machine;

	private int generations;

	private long epoch;

	@Nullable private Generation generation;

	TakeoverHistory(Path directory, long seed, boolean fencing) {
		this.directory = directory;
		this.replica = directory.resolve("replica");
		this.random = new Random(seed);
		this.fencing = fencing;
	}

	/** What happened, for whoever looks at a failure. */
	@Override
	public String toString() {
		return String.join("\n", this.told);
	}

	private void tell(String what) {
		this.told.add(what);
	}

	private Path machine() {
		return this.directory.resolve("machine-" + this.machine);
	}

	private Path database() {
		return machine().resolve("app.db");
	}

	private Path meta() {
		return machine().resolve("meta");
	}

	private FileStore store() {
		return new FileStore(this.replica, SystemDisk.ownerOnly());
	}

	private static NavigableMap<WalPosition, ByteBuffer> none() {
		return new TreeMap<>(Comparator.comparingInt(WalPosition::index).thenComparingLong(WalPosition::offset));
	}

	/** Runs, each of which takes over from the one before. */
	void play(int runs) throws Exception {
		for (int i = 0; i < runs; i++) {
			if (i > 0 && this.random.nextInt(4) == 0) {
				moveToAnotherMachine();
			}
			run();
		}
		for (Run run : this.paused) {
			run.close();
		}
	}

	private void moveToAnotherMachine() throws Exception {
		this.machine++;
		this.copied = none();
		Files.createDirectories(machine());
	}

	private void run() throws Exception {
		Files.createDirectories(machine());
		String id = HexFormat.of().toHexDigits(this.random.nextLong());
		Writer writer = this.fencing ? new Writer(id, ++this.epoch) : null;
		LogAccess access = V03Format.INSTANCE.access(store());
		ChainEnd end = takeOver(access, writer);
		LocalLog local = LocalLog.read(SystemDisk.ownerOnly(), meta());
		local.beginRun(id);
		if (end != null) {
			settle(local, end);
		}
		Run run = new Run(database(), meta(), store(), writer);
		try {
			tell("run %s begins at %s, after %s".formatted(id, run.shadow.position(), end));
			begin(run.shadow.requirePosition().generation());
			run.play();
			for (Run other : this.paused) {
				other.requireFenced();
				other.close();
			}
			this.paused.clear();
			run.end();
		}
		catch (Exception | Error ex) {
			run.close();
			throw new AssertionError("%s, after%n%s".formatted(ex, this), ex);
		}
		leave(run);
	}

	/**
	 * The engine may begin a generation, as after a crash with an empty WAL, which proves
	 * nothing. Its states are another history.
	 */
	private void begin(Generation current) {
		if (this.generation != null && !current.equals(this.generation)) {
			this.generations++;
			this.states.clear();
			this.snapshot = -1;
			this.held = 0;
		}
		this.generation = current;
	}

	/** How many generations the engine began on its own. */
	int generations() {
		return this.generations;
	}

	/** It stops, or crashes, or is paused while another machine goes on. */
	private void leave(Run run) throws Exception {
		int how = this.random.nextInt(6);
		if (how == 0 && this.fencing) {
			tell("it is paused");
			this.paused.add(run);
			moveToAnotherMachine();
			return;
		}
		if (how < 3) {
			tell("it crashes");
			Path kept = this.directory.resolve("kept");
			copy(machine(), kept);
			run.close();
			copy(kept, machine());
			return;
		}
		run.close();
	}

	/** As only another process may: closing a file here would drop locks. */
	private static void copy(Path from, Path to) throws Exception {
		Files.createDirectories(to);
		Process process = new ProcessBuilder("sh", "-c",
				"cd '%s' && rm -rf ./* ./.??* ; cd '%s' && for f in *; do case $f in *-shm) ;; *) if [ -f '%s'/$f ]; then cat $f > '%s'/$f; else cp -rp $f '%s'/; fi;; esac; done"
					.formatted(to, from, to, to, to))
			.inheritIO()
			.start();
		assertThat(process.waitFor()).isZero();
	}

	/**
	 * The chain's end, where nobody else can write any more; null of an empty replica.
	 */
	@Nullable private ChainEnd takeOver(LogAccess access, @Nullable Writer writer) throws IOException {
		Catalog.Log log = access.catalog().chosen(null);
		if (log == null) {
			return null;
		}
		if (writer != null) {
			if (!log.fenced()) {
				assertThat(access.putFence(log.end(), writer)).isTrue();
			}
			WalPosition next = new WalPosition(log.generation(), log.end().index() + 1, 0);
			assertThat(access.putFence(next, writer)).isTrue();
			if (this.random.nextInt(5) == 0) {
				tell("another take-over, which came to nothing");
				return takeOver(access, new Writer(HexFormat.of().toHexDigits(this.random.nextLong()), ++this.epoch));
			}
		}
		return access.end(log.generation()).orElseThrow();
	}

	/**
	 * Brings the local numbers behind the replica's, or what is local to what is there.
	 */
	private void settle(LocalLog local, ChainEnd end) throws Exception {
		Continuation continuation = local.continuationOf(end.dataEnd(), end.writerRun());
		if (continuation instanceof Continuation.At at) {
			int room = Math.max(2, end.nextIndex() - at.position().index());
			int by = room + this.random.nextInt(3);
			int from = local.indexes().isEmpty() ? at.position().index() : local.indexes().get(0);
			tell("indexes from %08x are moved by %d".formatted(from, by));
			local.renumber(from, by);
			NavigableMap<WalPosition, ByteBuffer> moved = none();
			this.copied.forEach((position, state) -> moved
				.put(new WalPosition(position.generation(), position.index() + by, position.offset()), state));
			this.copied = moved;
			return;
		}
		tell("restored on machine %d, as the replica %s".formatted(this.machine, continuation.describe()));
		assertThat(continuation).as("%s", this).isInstanceOf(Continuation.OtherGeneration.class);
		Path database = database();
		Files.deleteIfExists(database);
		restore(RestoreTarget.latest(), database);
		// An unfenced replica may end with a snapshot: its index is used, and not there
		int next = Math.max(end.nextIndex(), end.dataEnd().index() + 1) + this.random.nextInt(3);
		local.adopt(end.dataEnd(), end.writerRun(), next, database);
		assertThat(local.generation()).contains(end.dataEnd().generation());
	}

	private void restore(RestoreTarget target, Path output) throws IOException {
		new Restorer("app", "file", new V03Replica(store())).restore(target, RestoreOutput.newFile(output),
				RestoreOptions.DEFAULTS.withIntegrityCheck(IntegrityCheck.NONE), RestoreProgress.NONE,
				SystemDisk.ownerOnly());
	}

	/** Restores every state. */
	void requireEveryState() throws Exception {
		Generation known = this.generation;
		assertThat(known).isNotNull();
		int restored = 0;
		for (Map.Entry<Integer, NavigableMap<Long, ByteBuffer>> index : this.states.entrySet()) {
			for (Map.Entry<Long, ByteBuffer> state : index.getValue().entrySet()) {
				WalPosition position = new WalPosition(known, index.getKey(), state.getKey());
				assertThat(tryRestored(RestoreTarget.at(position))).as("state at %s of%n%s", position, this)
					.isEqualTo(state.getValue());
				restored++;
			}
			assertThat(restored(RestoreTarget.of(known, index.getKey()))).as("index %08x of%n%s", index.getKey(), this)
				.isEqualTo(index.getValue().lastEntry().getValue());
		}
		assertThat(restored(RestoreTarget.latest())).as("the newest state of%n%s", this).isEqualTo(this.newest);
		System.out.printf("%d states restored%n", restored);
	}

	/** Has the real program restore some states, and the newest. */
	void requireThatTheRealOneRestores(RealLitestream litestream, int sample) throws Exception {
		Generation known = this.generation;
		assertThat(known).isNotNull();
		List<Integer> indexes = new ArrayList<>(this.states.keySet());
		for (int i = 0; i < sample && !indexes.isEmpty(); i++) {
			int index = indexes.get(this.random.nextInt(indexes.size()));
			assertThat(theirs(litestream, "-generation", known.name(), "-index", "%08x".formatted(index)))
				.as("index %08x of%n%s", index, this)
				.isEqualTo(Objects.requireNonNull(this.states.get(index)).lastEntry().getValue());
		}
		assertThat(theirs(litestream)).as("the newest state of%n%s", this).isEqualTo(this.newest);
	}

	private ByteBuffer tryRestored(RestoreTarget target) throws IOException {
		try {
			return restored(target);
		}
		catch (RestoreException ex) {
			throw new AssertionError("%s, after%n%s".formatted(ex.getMessage(), this), ex);
		}
	}

	private ByteBuffer restored(RestoreTarget target) throws IOException {
		Path output = this.directory.resolve("restored.db");
		restore(target, output);
		ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(output));
		Files.delete(output);
		return bytes;
	}

	private ByteBuffer theirs(RealLitestream litestream, String... options) throws IOException {
		Path output = this.directory.resolve("theirs.db");
		litestream.restore(RealLitestream.url(this.replica), output, options);
		ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(output));
		Files.delete(output);
		return bytes;
	}

	private void forgetWhatWasPruned() {
		this.states.headMap(this.snapshot, false).clear();
		NavigableMap<Long, ByteBuffer> same = this.states.get(this.snapshot);
		if (same != null) {
			same.headMap(this.held, false).clear();
			if (same.isEmpty()) {
				this.states.remove(this.snapshot);
			}
		}
	}

	/** One run: an engine without its threads. */
	private final class Run implements AutoCloseable {

		private final WalShadower shadower;

		private final ShadowWal shadow;

		private final TestDatabase database;

		private final ReplicaLog log;

		@Nullable private final Writer writer;

		@Nullable private WalPosition at;

		private long reach;

		private int newestSnapshot = -1;

		Run(Path database, Path meta, FileStore store, @Nullable Writer writer) throws IOException, SQLException {
			ShadowOptions options = new ShadowOptions("app", database, meta, Duration.ofSeconds(1),
					Duration.ofMinutes(1), 1000, 10_000, 121_359, WalPosition.MAX_OFFSET, 0, Map.of());
			this.shadower = WalShadower.start(options, SystemDisk.ownerOnly(), new LitestreamListener() {
				@Override
				public void generationStarted(String name, WalPosition position, GenerationReason reason,
						String detail) {
					tell("generation %s starts: %s, %s".formatted(position, reason, detail));
				}
			}, Clock.systemUTC(), () -> {
			});
			this.shadow = this.shadower.shadowWal();
			this.database = TestDatabase.open(database);
			this.database.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v BLOB)");
			this.shadower.step();
			this.log = V03Format.INSTANCE.log(store, this.shadow, this.shadower.databaseFile());
			this.writer = writer;
		}

		void play() throws Exception {
			note();
			ship(Integer.MAX_VALUE);
			while (this.newestSnapshot < 0) {
				snapshotIfPossible();
			}
			int steps = 1 + TakeoverHistory.this.random.nextInt(8);
			for (int i = 0; i < steps; i++) {
				step();
			}
		}

		/** It ends with commits that no replica has, or without. */
		void end() throws Exception {
			if (TakeoverHistory.this.random.nextInt(3) > 0) {
				// Not shipped
				commit();
				commit();
				tell("ends with %s at %s".formatted(this.shadow.position(), this.at));
			}
			else {
				ship(Integer.MAX_VALUE);
				tell("ends, all shipped, at %s".formatted(this.at));
			}
		}

		private void noteSnapshot(Snapshot stored, DatabaseView view) {
			if (stored.index() >= TakeoverHistory.this.snapshot) {
				TakeoverHistory.this.snapshot = stored.index();
				TakeoverHistory.this.held = (stored.index() == view.position().index()) ? view.position().offset() : 0;
			}
		}

		/** It was followed by another run, and goes on as if it was not. */
		void requireFenced() throws Exception {
			int index = this.shadow.requirePosition().index();
			WalPosition wanted = this.shadow.requirePosition();
			if (wanted.equals(this.at) && index > this.newestSnapshot) {
				// Late, and still true
				try (DatabaseView view = this.shadower.openView(this.newestSnapshot)) {
					noteSnapshot(this.log.snapshot(view, WATCH, this.writer), view);
					tell("the paused run stores a snapshot, %08x at %s".formatted(view.snapshotIndex(),
							view.position()));
				}
				catch (IndexHeldBackException ex) {
					tell(ex.toString());
				}
			}
			if (TakeoverHistory.this.random.nextBoolean()) {
				try {
					this.shadower.openView(index).close();
				}
				catch (IndexHeldBackException ex) {
					tell(ex.toString());
				}
			}
			this.database.execute("INSERT INTO t (v) VALUES (randomblob(100))");
			this.shadower.step();
			SentSegment piece = next();
			assertThatExceptionOfType(FencedException.class).as("%s", TakeoverHistory.this)
				.isThrownBy(() -> this.log.append(piece, this.writer));
		}

		private SentSegment next() throws IOException {
			WalPosition from = Objects.requireNonNull(this.at);
			long end = this.shadow.end(from.generation(), from.index());
			if (end == from.offset()) {
				from = new WalPosition(from.generation(), this.shadow.indexAfter(from.generation(), from.index()), 0);
				end = this.shadow.end(from.generation(), from.index());
			}
			return SentSegment.unanswered(from, end, Instant.now());
		}

		private void step() throws Exception {
			try {
				tryStep();
			}
			catch (IndexHeldBackException ex) {
				tell(ex.toString());
			}
		}

		private void tryStep() throws Exception {
			switch (TakeoverHistory.this.random.nextInt(8)) {
				case 0 -> {
					this.shadower.openView(this.shadow.requirePosition().index()).close();
					commit();
					tell("index %08x begins".formatted(this.shadow.requirePosition().index()));
				}
				case 1 -> snapshot();
				case 2 -> prune();
				case 3 -> ship(1);
				case 4 -> {
					commit();
					commit();
					ship(Integer.MAX_VALUE);
					audit();
				}
				default -> {
					commit();
					ship(Integer.MAX_VALUE);
				}
			}
		}

		private void commit() throws Exception {
			int bytes = TakeoverHistory.this.random.nextInt(6000);
			switch (TakeoverHistory.this.random.nextInt(8)) {
				case 0 -> this.database.execute("DELETE FROM t WHERE id % 3 = 0");
				case 1 -> this.database.execute("UPDATE t SET v = randomblob(%d) WHERE id %% 4 = 1".formatted(bytes));
				default -> this.database.execute("INSERT INTO t (v) VALUES (randomblob(%d))".formatted(bytes));
			}
			this.shadower.step();
			note();
		}

		private void note() throws SQLException {
			TakeoverHistory.this.copied.put(this.shadow.requirePosition(),
					ByteBuffer.wrap(this.database.connection().unwrap(SQLiteConnection.class).serialize("main")));
		}

		private void ship(int most) throws IOException {
			WalPosition wanted = this.shadow.requirePosition();
			if (this.at == null || TakeoverHistory.this.random.nextInt(6) == 0) {
				resume(wanted);
			}
			WalPosition from = Objects.requireNonNull(this.at);
			int shipped = 0;
			while (wanted.isAfter(from) && shipped < most) {
				long end = (from.index() == wanted.index()) ? wanted.offset()
						: this.shadow.end(from.generation(), from.index());
				if (from.offset() == end) {
					from = new WalPosition(from.generation(), this.shadow.indexAfter(from.generation(), from.index()),
							0);
					continue;
				}
				long cut = cut(from, end);
				SentSegment piece = SentSegment.unanswered(from, cut, Instant.now());
				this.log.append(piece, this.writer);
				if (TakeoverHistory.this.random.nextInt(6) == 0) {
					// The answer was lost
					this.log.append(piece, this.writer);
				}
				from = piece.position();
				this.reach = 0;
				ByteBuffer state = TakeoverHistory.this.copied.get(from);
				TakeoverHistory.this.newest = state;
				if (state != null) {
					TakeoverHistory.this.states.computeIfAbsent(from.index(), (index) -> new TreeMap<>())
						.put(from.offset(), state);
				}
				shipped++;
			}
			this.at = from;
		}

		/** As far as a commit that was noted, and never before what is repeated. */
		private long cut(WalPosition from, long end) {
			for (WalPosition noted : TakeoverHistory.this.copied.keySet()) {
				if (noted.index() == from.index() && noted.offset() > from.offset() && noted.offset() >= this.reach
						&& noted.offset() <= end) {
					return noted.offset();
				}
			}
			return end;
		}

		private void resume(WalPosition wanted) throws IOException {
			ReplicaLog.Standing standing = this.log.resume(wanted, null);
			tell("stands at %s, reach %d, bridge from %08x".formatted(standing.position(), standing.reach(),
					standing.bridgeFrom()));
			assertThat(standing.bridgeFrom()).isLessThanOrEqualTo(standing.position().index());
			this.log.bridge(standing.position().generation(), standing.bridgeFrom(), standing.position().index(),
					this.writer);
			this.at = standing.position();
			this.reach = standing.reach();
			this.newestSnapshot = (standing.newestSnapshot() != null) ? standing.newestSnapshot().index() : -1;
		}

		private void snapshotIfPossible() throws Exception {
			try {
				snapshot();
			}
			catch (IndexHeldBackException ex) {
				tell(ex.toString());
			}
		}

		private void snapshot() throws Exception {
			try (DatabaseView view = this.shadower.openView(this.newestSnapshot)) {
				note();
				ship(Integer.MAX_VALUE);
				if (view.position().isAfter(Objects.requireNonNull(this.at))) {
					return;
				}
				Snapshot stored = this.log.snapshot(view, WATCH, this.writer);
				this.newestSnapshot = stored.index();
				noteSnapshot(stored, view);
				TakeoverHistory.this.newest = TakeoverHistory.this.copied.get(view.position());
				tell("snapshot %08x at %s".formatted(stored.index(), view.position()));
			}
		}

		/**
		 * Deletes all that it may. Not while somebody is paused: retention deletes
		 * fences, so that it must be longer than a writer can be away without looking
		 * whose the replica is.
		 */
		private void prune() throws Exception {
			if (!TakeoverHistory.this.paused.isEmpty()) {
				return;
			}
			ReplicaLog.Pruned pruned = this.log.audit()
				.prune(this.shadow.requirePosition().generation(), Instant.now().plusSeconds(1));
			tell("pruned %s, snapshot %08x stays".formatted(pruned, this.newestSnapshot));
			forgetWhatWasPruned();
		}

		private void audit() throws Exception {
			assertThat(this.log.audit().findings(Objects.requireNonNull(this.at), false))
				.as("findings of%n%s", TakeoverHistory.this)
				.isEmpty();
		}

		@Override
		public void close() throws IOException, SQLException {
			this.database.close();
			this.shadower.close();
		}

	}

}
