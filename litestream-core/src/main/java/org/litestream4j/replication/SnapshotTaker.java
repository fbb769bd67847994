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

import org.litestream4j.format.Lz4;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.Outcome;
import org.litestream4j.shadow.DatabaseView;
import org.litestream4j.shadow.IndexHeldBackException;
import org.litestream4j.shadow.WalShadower;

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

	/** Keeps snapshots from being taken until it is unlocked. */
	public ReentrantLock lock() {
		return this.lock;
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
			Snapshot newest = this.replicator.newestSnapshot();
			this.shadower.step();
			if (newest != null && newestWillDo.getAsBoolean()) {
				return newest; // also while a reader keeps the WAL from restarting
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
		if (!this.replicator.awaitSegments(now.at(0))) {
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
		this.replicator.stored().sendingSnapshot(view.position().generation(), view.snapshotIndex());
		Snapshot snapshot = this.replicator.client()
			.writeSnapshot(view.position().generation(), view.snapshotIndex(), view.committedAt(), (out) -> {
				this.written.set(0);
				noteOf(view).writeTo(out);
				try (OutputStream compressed = Lz4.compress(new SegmentSource.Unclosed(out), view.size())) {
					view.writeTo(new Watched(compressed, view.position()));
				}
				requireStillWanted(view.position());
			});
		this.replicator.snapshotStored(snapshot);
		return snapshot;
	}

	/** A snapshot of the index after the WAL's holds nothing of its own index. */
	private static ObjectNote noteOf(DatabaseView view) {
		WalPosition position = view.position();
		return new ObjectNote(view.committedAt(),
				(view.snapshotIndex() == position.index()) ? (Long) position.offset() : (Long) 0L);
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
