package org.litestream4j.stress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantReadWriteLock;

import org.jspecify.annotations.Nullable;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.RestoreException;
import org.litestream4j.ValidationReport;
import org.litestream4j.format.WalPosition;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.testing.Sqlite3;

/**
 * One run: everything at once for some seconds, with restores in between that must be
 * committed states, and at the end one that must be the database byte for byte.
 */
final class StressRun {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	private final StressPlan plan;

	private final Path directory;

	private final Path database;

	private final Path replica;

	private final Restores restores;

	private final Engine engine = new Engine();

	/** Shut while a file is compared byte for byte. */
	private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();

	private final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());

	private final List<Ledger.State> seen = new ArrayList<>();

	/** What the database was at positions, to be restored at the end. */
	private final Map<WalPosition, Image> images = new LinkedHashMap<>();

	private final List<StressWriter> writers = new ArrayList<>();

	private final ForeignProcesses foreign;

	private final Random random;

	/** What was in the replica at a time. */
	private final NavigableMap<Instant, Integer> acknowledgements = new TreeMap<>();

	private int imaged;

	private int restored;

	private int compared;

	private int snapshots;

	private int validated;

	private int commits;

	private int acknowledged;

	private int restarts;

	private int generationsAtRestarts;

	private volatile boolean running = true;

	@Nullable private volatile LitestreamDatabase litestream;

	StressRun(StressPlan plan, Path directory) throws IOException {
		this.plan = plan;
		this.directory = Files.createDirectories(directory);
		this.database = directory.resolve("app.db");
		this.replica = directory.resolve("replica");
		this.restores = new Restores(this.replica, directory.resolve("restored"));
		this.random = new Random(plan.seed());
		this.foreign = new ForeignProcesses(this);
	}

	StressPlan plan() {
		return this.plan;
	}

	Path database() {
		return this.database;
	}

	ReentrantReadWriteLock gate() {
		return this.gate;
	}

	boolean isRunning() {
		return this.running;
	}

	Connection connect() throws SQLException {
		return StressWriter.connect(this.database, this.plan.application().synchronous(),
				this.plan.application().autoCheckpoint());
	}

	void changed() {
		LitestreamDatabase current = this.litestream;
		if (current != null) {
			current.changed();
		}
	}

	void failed(String who, Throwable failure) {
		this.failures.add(new AssertionError("%s, seed %d: %s".formatted(who, this.plan.seed(), failure), failure));
		this.running = false;
	}

	/**
	 * Runs.
	 * @return figures
	 * @throws AssertionError if anything is not as it has to be
	 */
	String run(Duration duration) throws Exception {
		Sqlite3.run(this.database, "PRAGMA page_size=%d;".formatted(this.plan.database().pageSize()),
				"PRAGMA auto_vacuum=%d;".formatted(this.plan.database().autoVacuum()), "PRAGMA journal_mode=WAL;",
				Ledger.SCHEMA, fill());
		start();
		List<Thread> threads = startThreads();
		long end = System.nanoTime() + duration.toNanos();
		try {
			while (this.running && System.nanoTime() < end) {
				operate();
			}
		}
		catch (Exception | Error ex) {
			failed("operator", ex);
		}
		this.running = false;
		for (Thread thread : threads) {
			thread.join(PATIENCE.toMillis());
			if (thread.isAlive()) {
				failed(thread.getName(), new AssertionError("does not end"));
			}
		}
		try {
			if (this.failures.isEmpty()) {
				finish();
			}
		}
		finally {
			stop();
		}
		if (!this.failures.isEmpty()) {
			AssertionError all = new AssertionError("seed %d: %s".formatted(this.plan.seed(), this.plan));
			this.failures.forEach(all::addSuppressed);
			throw all;
		}
		return figures();
	}

	private String fill() {
		int rows = this.plan.database().fillRows();
		return (rows == 0) ? "" : Ledger.insert(rows, 1, 300);
	}

	private List<Thread> startThreads() {
		List<Thread> threads = new ArrayList<>();
		for (int i = 1; i <= this.plan.application().writers(); i++) {
			StressWriter writer = new StressWriter(this, i);
			this.writers.add(writer);
			threads.add(new Thread(writer, "writer " + i));
		}
		if (this.plan.application().reader()) {
			threads.add(new Thread(this::readForLong, "reader"));
		}
		if (this.plan.foreign()) {
			threads.add(new Thread(this.foreign, "foreign"));
		}
		threads.forEach(Thread::start);
		return threads;
	}

	/**
	 * Others may checkpoint and go on in a restarted WAL while nobody replicates. Only
	 * then, and only for that reason, may another generation begin.
	 */
	private void restart() throws Exception {
		stop();
		TimeUnit.MILLISECONDS.sleep(this.random.nextInt(300));
		int before = this.engine.generations().size();
		start();
		this.restarts++;
		List<String> generations = this.engine.generations();
		if (generations.size() == before + 1 && generations.get(before).startsWith("WAL_DOES_NOT_CONTINUE: ")) {
			this.generationsAtRestarts++;
			litestream().sync(PATIENCE); // the real one restores nothing of it before
		}
	}

	private void start() throws IOException {
		StressPlan.Store store = this.plan.store();
		ObjectStore unsteady = new UnsteadyReplica(Engine.files(this.replica), this.random.nextLong(),
				store.failuresInThousand(), store.longestPause());
		this.litestream = Engine.start(this.database, unsteady, this.plan.thresholds(), this.engine);
	}

	private void stop() {
		LitestreamDatabase current = this.litestream;
		this.litestream = null;
		if (current != null) {
			current.close();
		}
	}

	private LitestreamDatabase litestream() {
		LitestreamDatabase current = this.litestream;
		if (current == null) {
			throw new IllegalStateException("not started");
		}
		return current;
	}

	private void operate() throws Exception {
		TimeUnit.MILLISECONDS.sleep(this.random.nextInt(200));
		int kind = this.random.nextInt(20);
		if (kind < 3) {
			restoreWhileOthersWrite(true);
		}
		else if (kind < 6) {
			restoreWhileOthersWrite(false);
		}
		else if (kind < 10) {
			compareWhileAllIsStill();
		}
		else if (kind < 13) {
			snapshot();
		}
		else if (kind < 15) {
			validate();
		}
		else if (kind == 15 && this.plan.restarts()) {
			restart();
		}
		else {
			litestream().sync(PATIENCE);
		}
	}

	private void restoreWhileOthersWrite(boolean syncBefore) throws Exception {
		if (syncBefore || this.acknowledged == 0) {
			int newest;
			try (Connection connection = connect()) {
				newest = Ledger.newest(connection);
			}
			litestream().sync(PATIENCE);
			acknowledge(newest);
		}
		Path file = newestRestored();
		Ledger.State state = Restores.check(file);
		if (state.newest() < this.acknowledged) {
			throw new AssertionError("%s: commit %d was acknowledged, only %d is there".formatted(file,
					this.acknowledged, state.newest()));
		}
		this.seen.add(state);
		this.restored++;
		Restores.delete(file);
	}

	private void acknowledge(int newest) {
		this.acknowledged = newest;
		this.acknowledgements.put(Instant.now(), newest);
	}

	/** The real one does not look again when what it restores is deleted meanwhile. */
	private Path newestRestored() throws IOException {
		return this.plan.store().forgets() ? this.restores.restore() : this.restores.restoreWithEither();
	}

	private void compareWhileAllIsStill() throws IOException, TimeoutException, InterruptedException, SQLException {
		// Not by the number of images: one position may be met twice, and counts once
		Path image = this.directory.resolve("image-%d.db".formatted(this.imaged++));
		this.gate.writeLock().lock();
		try {
			WalPosition position = litestream().sync(PATIENCE);
			LiveImage.write(this.database, image);
			this.images.put(position, new Image(image, System.nanoTime()));
			compare(newestRestored(), image);
		}
		finally {
			this.gate.writeLock().unlock();
		}
	}

	private void compare(Path file, Path image) throws IOException, SQLException {
		Restores.requireSame(file, image);
		this.seen.add(Restores.check(file));
		this.compared++;
		Restores.delete(file);
	}

	private void validate() throws Exception {
		for (ValidationReport report : litestream().validate()) {
			if (!report.valid()) {
				throw new AssertionError(report);
			}
		}
		this.validated++;
	}

	private void snapshot() throws Exception {
		try {
			litestream().snapshot();
			this.snapshots++;
			restoreWhileOthersWrite(false); // the WAL in the replica is behind now
		}
		catch (IOException ex) {
			// the WAL cannot be restarted while a reader holds it
			String message = String.valueOf(ex.getMessage());
			if (!message.contains("cannot be restarted now") && !message.contains("the store fails")) {
				throw new AssertionError(ex);
			}
		}
	}

	/** A reader that keeps its transaction for long, or never ends it. */
	private void readForLong() {
		Random chance = new Random(this.plan.seed() + 1);
		try (Connection leaked = connect()) {
			while (this.running) {
				boolean leak = chance.nextInt(20) == 0;
				TimeUnit.MILLISECONDS.sleep(chance.nextInt(1000));
				StressWriter.execute(leaked, "BEGIN");
				try (Statement statement = leaked.createStatement();
						ResultSet rows = statement.executeQuery("SELECT count(*) FROM ledger")) {
					rows.next();
				}
				for (int i = 0; i < (leak ? 40 : chance.nextInt(8)) && this.running; i++) {
					TimeUnit.MILLISECONDS.sleep(100);
				}
				StressWriter.execute(leaked, "ROLLBACK");
			}
		}
		catch (SQLException | InterruptedException | RuntimeException ex) {
			failed("reader", ex);
		}
	}

	private void finish() throws Exception {
		Sqlite3.run(this.database,
				"BEGIN IMMEDIATE; " + Ledger.insert(1, 1, 1) + Ledger.record(1_000_000, 1) + " COMMIT;");
		litestream().sync(PATIENCE);
		stop();
		Path image = this.directory.resolve("final.db");
		LiveImage.write(this.database, image);
		compare(this.restores.restore(), image);
		for (Map.Entry<WalPosition, Image> earlier : this.images.entrySet()) {
			if (isRestorable(earlier.getValue())) {
				compare(restoreEarlier(earlier.getKey()), earlier.getValue().file);
			}
		}
		restoreEarlierTimes();
		requireOneHistory(Restores.check(image));
	}

	/**
	 * The end of an index that was closed is part of the snapshot of the next one, for
	 * which retention may have deleted it.
	 */
	private Path restoreEarlier(WalPosition position) throws IOException {
		try {
			return this.restores.restore(position);
		}
		catch (RestoreException ex) {
			if (!this.plan.store().forgets()) {
				throw ex;
			}
			return this.restores.restore(new WalPosition(position.generation(), position.index() + 1, 0));
		}
	}

	private void restoreEarlierTimes() throws IOException, SQLException {
		Instant oldest = this.plan.store().forgets() ? Instant.now().minus(this.plan.store().retention()) : Instant.MIN;
		for (Map.Entry<Instant, Integer> earlier : this.acknowledgements.tailMap(oldest).entrySet()) {
			Path file = this.restores.restore(earlier.getKey());
			Ledger.State state = Restores.check(file);
			if (state.newest() < earlier.getValue()) {
				throw new AssertionError("%s: commit %d was acknowledged at %s, only %d is there".formatted(file,
						earlier.getValue(), earlier.getKey(), state.newest()));
			}
			this.seen.add(state);
			this.restored++;
			Restores.delete(file);
		}
	}

	private boolean isRestorable(Image image) {
		Duration retention = this.plan.store().retention();
		return retention.isZero() || System.nanoTime() - image.takenAt < retention.toNanos();
	}

	/** What the database was, and when. */
	private record Image(Path file, long takenAt) {
	}

	private void requireOneHistory(Ledger.State last) {
		this.commits = last.newest();
		for (Ledger.State state : this.seen) {
			if (state.hashes()[state.newest()] != last.hashes()[state.newest()]) {
				throw new AssertionError(
						"a restore at commit %d held what was never committed".formatted(state.newest()));
			}
		}
		List<String> generations = this.engine.generations();
		if (generations.size() != 1 + this.generationsAtRestarts) {
			throw new AssertionError("generations: " + generations);
		}
		if (this.plan.store().failuresInThousand() == 0 && !this.engine.failures().isEmpty()) {
			throw new AssertionError("failures: " + this.engine.failures());
		}
	}

	private String figures() {
		int own = this.writers.stream().mapToInt(StressWriter::committed).sum();
		return ("%s: %d commits (%d here, %d by others), %d rollbacks, %d VACUUMs, %d foreign sessions, %d killed,"
				+ " %d restores, %d compared byte for byte, %d snapshots, %d validations,"
				+ " %d restarts, %d generations at them, %d segments")
			.formatted(this.plan, this.commits, own, this.commits - own,
					this.writers.stream().mapToInt(StressWriter::rolledBack).sum(),
					this.writers.stream().mapToInt(StressWriter::vacuums).sum(), this.foreign.sessions(),
					this.foreign.killed(), this.restored, this.compared, this.snapshots, this.validated, this.restarts,
					this.generationsAtRestarts, segments());
	}

	private long segments() {
		try (java.util.stream.Stream<Path> files = Files.walk(this.replica)) {
			return files.filter((file) -> file.toString().endsWith(".wal.lz4")).count();
		}
		catch (IOException ex) {
			return -1;
		}
	}

}
