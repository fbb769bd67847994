package org.litestream4j.replication;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.live.DatabaseView;
import org.litestream4j.live.IndexHeldBackException;
import org.litestream4j.live.WalShadower;
import org.litestream4j.observe.LitestreamListener.Outcome;
import org.litestream4j.observe.LitestreamListener;

/**
 * Puts snapshots into one replica. Thread-safe: one at a time.
 */
public final class SnapshotTaker {

	private static final Logger logger = LoggerFactory.getLogger(SnapshotTaker.class);

	/** How often a view is asked for while others keep the WAL from restarting. */
	private static final int VIEW_ATTEMPTS = 10;

	/** After which a snapshot that takes no more bytes is not waited for. */
	private static final long STALLED_NANOS = Duration.ofMinutes(5).toNanos();

	private final Replicator replicator;

	private final WalShadower shadower;

	private final LitestreamListener listener;

	private final ReentrantLock lock = new ReentrantLock();

	private final AtomicLong written = new AtomicLong();

	@Nullable private volatile WalPosition lastPosition;

	private volatile long expected;

	private volatile long advancedAt;

	private volatile boolean cancelled;

	public SnapshotTaker(Replicator replicator, WalShadower shadower, LitestreamListener listener) {
		this.replicator = replicator;
		this.shadower = shadower;
		this.listener = listener;
	}

	/**
	 * Does work while no snapshot is taken: waits for one that runs, and keeps others
	 * waiting meanwhile.
	 * @param work must not ask for a snapshot of another replica
	 * @return what the work gives
	 */
	public <T> T whileNoneIsTaken(QuietWork<T> work) throws IOException, InterruptedException {
		this.lock.lockInterruptibly();
		try {
			return work.run();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Work that is not done while a snapshot is taken.
	 *
	 * @param <T> what it gives
	 */
	@FunctionalInterface
	public interface QuietWork<T> {

		/** Does it. */
		T run() throws IOException;

	}

	/** How far the running snapshot is, from 0 to 1; null if none runs. */
	@Nullable public Double progress() {
		long total = this.expected;
		return (total == 0) ? null : Math.min(1.0, (double) this.written.get() / total);
	}

	/** Whether one is being written, and has not stood still for long. */
	boolean isAdvancing() {
		return this.expected != 0 && System.nanoTime() - this.advancedAt < STALLED_NANOS;
	}

	/** Whether something was committed since the newest snapshot was taken here. */
	boolean hasChanges() {
		return !this.shadower.shadowWal().requirePosition().equals(this.lastPosition);
	}

	/**
	 * Takes a snapshot of the database as it is now. If nothing has changed since the
	 * newest one was taken here, that is the answer.
	 * @throws IOException if it failed; the replica is as it was
	 */
	public Snapshot take() throws IOException, InterruptedException {
		return take(null, () -> !hasChanges());
	}

	/**
	 * Takes a snapshot if the replica, once its listing was read, has none of the
	 * generation: one that an earlier process has stored will do.
	 * @throws IOException if it failed; the replica is as it was
	 */
	Snapshot takeFirst() throws IOException, InterruptedException {
		return take(null, () -> true);
	}

	/**
	 * Takes a snapshot of the database as it is now, changed or not.
	 * @param above the highest index that it must not be stored under; -1 for any. One
	 * that exists is replaced
	 * @throws IndexHeldBackException if there is no higher index now, as others read or
	 * write
	 * @throws IOException if it failed; the replica is as it was
	 */
	Snapshot takeAbove(int above) throws IOException, InterruptedException {
		return take(above, () -> false);
	}

	/**
	 * Takes one.
	 * @param newestWillDo asked if there is one already
	 */
	private Snapshot take(@Nullable Integer above, BooleanSupplier newestWillDo)
			throws IOException, InterruptedException {
		this.lock.lockInterruptibly();
		long start = System.nanoTime();
		Snapshot taken = null;
		try {
			awaitResumed();
			if (above != null) {
				this.replicator.log().beginAgain();
			}
			Snapshot newest = this.replicator.newestSnapshot();
			this.shadower.step();
			if (this.replicator.log().isToBegin()) {
				taken = begin();
				report(taken, start);
				return taken;
			}
			if (newest != null && newestWillDo.getAsBoolean()) {
				return newest; // also while a reader keeps the WAL from restarting
			}
			WalPosition now = this.shadower.shadowWal().requirePosition();
			taken = ofItself(now);
			if (taken != null) {
				this.lastPosition = now;
				report(taken, start);
				return taken;
			}
			int least = (newest != null) ? newest.index() : -1;
			try (DatabaseView view = openView((above != null) ? above : least)) {
				taken = store(view);
				this.lastPosition = view.position();
			}
			report(taken, start);
			return taken;
		}
		catch (IOException | RuntimeException ex) {
			this.listener.snapshotTaken(this.replicator.options().database(), this.replicator.options().name(), null,
					Duration.ofNanos(System.nanoTime() - start), Outcome.ERROR);
			throw ex;
		}
		finally {
			this.expected = 0;
			this.lock.unlock();
		}
	}

	/**
	 * Begins the log, which then goes on while the same is stored once more as a snapshot
	 * of its own: what needs the database as it was then should need nothing else.
	 */
	private Snapshot begin() throws IOException {
		try (DatabaseView view = this.shadower.openView(-1)) {
			this.advancedAt = System.nanoTime();
			this.expected = view.size() * 2;
			this.written.set(0);
			Watch watch = new Watch(view.position());
			Snapshot first = this.replicator.begin(view, watch);
			this.lastPosition = view.position();
			try {
				Snapshot taken = this.replicator.log().snapshot(view, watch, null);
				this.replicator.snapshotStored(taken);
				return taken;
			}
			catch (IOException ex) {
				logger.debug("The log has begun without a snapshot of its own", ex);
				return first;
			}
		}
	}

	/** What the replica can do without the database; null if that is not enough. */
	@Nullable private Snapshot ofItself(WalPosition now) throws IOException, InterruptedException {
		ReplicaLog log = this.replicator.log();
		if (!log.isCompacting()) {
			return null;
		}
		this.replicator.hurry();
		if (!this.replicator.awaitSegments(now)) {
			throw new IOException("the snapshot was given up: " + describeFailure());
		}
		this.advancedAt = System.nanoTime();
		Snapshot taken = log.snapshotOfItself(new Watch(now));
		this.replicator.snapshotStored(taken);
		return taken;
	}

	/** Waits a while for those who keep the WAL from restarting. */
	private DatabaseView openView(int newestSnapshot) throws IOException {
		int attempt = 1;
		while (true) {
			try {
				return this.shadower.openView(newestSnapshot);
			}
			catch (IndexHeldBackException ex) {
				if (attempt++ == VIEW_ATTEMPTS || this.cancelled) {
					throw ex;
				}
			}
		}
	}

	/** Which snapshots exist is known only then. */
	private void awaitResumed() throws IOException, InterruptedException {
		WalPosition now = this.shadower.shadowWal().requirePosition();
		this.replicator.hurry();
		boolean resumed = this.replicator.awaitResumed(now.generation())
				&& (this.replicator.log().isToBegin() || this.replicator.awaitSegments(now.at(0)));
		if (!resumed) {
			throw new IOException(
					"replica '%s' is not ready: %s".formatted(this.replicator.options().name(), describeFailure()));
		}
	}

	private String describeFailure() {
		String error = this.replicator.lastError();
		return (error != null) ? error : "the generation changed, or replication stops";
	}

	private Snapshot store(DatabaseView view) throws IOException, InterruptedException {
		this.replicator.hurry();
		// A snapshot without the WAL up to it restores to a mix of old and new pages
		if (!this.replicator.awaitSegments(view.position())) {
			throw new IOException("the snapshot was given up: " + describeFailure());
		}
		this.advancedAt = System.nanoTime();
		this.expected = view.size();
		Snapshot snapshot = this.replicator.log().snapshot(view, new Watch(view.position()), null);
		this.replicator.snapshotStored(snapshot);
		return snapshot;
	}

	private void requireStillWanted(WalPosition position) throws IOException {
		if (!this.shadower.shadowWal().requirePosition().generation().equals(position.generation())) {
			throw new IOException("the snapshot was given up, as the generation changed meanwhile");
		}
		if (this.cancelled) {
			throw new IOException("the snapshot was given up, as replication stops");
		}
	}

	private void report(Snapshot snapshot, long start) {
		Duration duration = Duration.ofNanos(System.nanoTime() - start);
		ReplicatorOptions options = this.replicator.options();
		logger.info("Database '{}': snapshot {}/{} written to replica '{}', {} bytes stored in {} ms",
				options.database(), snapshot.generation(), "%08x".formatted(snapshot.index()), options.name(),
				snapshot.size(), duration.toMillis());
		this.listener.snapshotTaken(options.database(), options.name(), snapshot, duration, Outcome.SUCCESS);
	}

	/** Ends a snapshot that runs, and every later one. */
	public void cancel() {
		this.cancelled = true;
	}

	/** What the format is given to write through. */
	private final class Watch implements ReplicaLog.SnapshotWatch {

		private final WalPosition position;

		Watch(WalPosition position) {
			this.position = position;
		}

		@Override
		public OutputStream watch(OutputStream out) {
			SnapshotTaker.this.written.set(0);
			return new Watched(out, this.position);
		}

		@Override
		public void requireStillWanted() throws IOException {
			SnapshotTaker.this.requireStillWanted(this.position);
		}

	}

	/** Counts, and ends a snapshot that is wanted no longer. */
	private final class Watched extends OutputStream {

		private final OutputStream out;

		private final WalPosition position;

		Watched(OutputStream out, WalPosition position) {
			this.out = out;
			this.position = position;
		}

		@Override
		public void write(int value) throws IOException {
			this.out.write(value);
		}

		@Override
		public void write(byte[] bytes, int offset, int length) throws IOException {
			requireStillWanted(this.position);
			this.out.write(bytes, offset, length);
			SnapshotTaker.this.written.addAndGet(length);
			SnapshotTaker.this.advancedAt = System.nanoTime();
		}

	}

}
