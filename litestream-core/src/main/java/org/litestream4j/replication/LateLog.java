package org.litestream4j.replication;

import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.live.DatabaseView;

/**
 * A log that is known only once the replica has been looked at, as what lies there says
 * in which format it is. Until then it is like one that was not looked at yet.
 * Thread-safe as any log is.
 */
public final class LateLog implements ReplicaLog {

	private final Opening opening;

	private final AtomicReference<@Nullable ReplicaLog> log = new AtomicReference<>();

	private final LateUpkeep upkeep = new LateUpkeep();

	/** Opens the log. */
	@FunctionalInterface
	public interface Opening {

		/**
		 * Called until it succeeds, by several threads at once perhaps.
		 * @throws IOException if the replica cannot be read
		 */
		ReplicaLog open() throws IOException;

	}

	/**
	 * Creates it. Does no I/O.
	 * @param opening looks at the replica
	 */
	public LateLog(Opening opening) {
		this.opening = opening;
	}

	private ReplicaLog opened() throws IOException {
		ReplicaLog known = this.log.get();
		if (known != null) {
			return known;
		}
		ReplicaLog opened = this.opening.open();
		if (!this.log.compareAndSet(null, opened)) {
			return known();
		}
		this.upkeep.becomes(opened.upkeep());
		return opened;
	}

	/** What is done to it only after {@link #resume}. */
	private ReplicaLog known() {
		return Objects.requireNonNull(this.log.get(), "the replica was not looked at yet");
	}

	@Override
	public Standing resume(WalPosition local, @Nullable SentSegment acknowledged) throws IOException {
		return opened().resume(local, acknowledged);
	}

	@Override
	public long cut(WalPosition from, long available) throws IOException {
		return known().cut(from, available);
	}

	@Override
	public long append(SentSegment piece, @Nullable Writer writer) throws IOException {
		return known().append(piece, writer);
	}

	@Override
	public void bridge(Generation generation, int from, int to, @Nullable Writer writer) throws IOException {
		known().bridge(generation, from, to, writer);
	}

	@Override
	public Snapshot snapshot(DatabaseView view, SnapshotWatch watch, @Nullable Writer writer) throws IOException {
		return known().snapshot(view, watch, writer);
	}

	@Override
	public boolean isToBegin() {
		ReplicaLog now = this.log.get();
		return now != null && now.isToBegin();
	}

	@Override
	public boolean goesOnWhereListed() {
		ReplicaLog now = this.log.get();
		return now != null && now.goesOnWhereListed();
	}

	@Override
	public void beginAgain() {
		ReplicaLog now = this.log.get();
		if (now != null) {
			now.beginAgain();
		}
	}

	@Override
	public Snapshot begin(DatabaseView view, SnapshotWatch watch, @Nullable Writer writer, Begun begun)
			throws IOException {
		return known().begin(view, watch, writer, begun);
	}

	@Override
	public Upkeep upkeep() {
		return this.upkeep;
	}

	@Override
	public boolean isCompacting() {
		ReplicaLog now = this.log.get();
		return now != null && now.isCompacting();
	}

	@Override
	public Snapshot snapshotOfItself(SnapshotWatch watch) throws IOException {
		return known().snapshotOfItself(watch);
	}

	@Override
	public void stop() {
		ReplicaLog now = this.log.get();
		if (now != null) {
			now.stop();
		}
	}

	@Override
	public @Nullable TransactionId txid() {
		ReplicaLog now = this.log.get();
		return (now != null) ? now.txid() : null;
	}

	@Override
	public void endPieceAt(WalPosition position) {
		ReplicaLog now = this.log.get();
		if (now != null) {
			now.endPieceAt(position);
		}
	}

	@Override
	public Optional<ReplicaPosition> restorableAs(WalPosition position) {
		ReplicaLog now = this.log.get();
		return (now != null) ? now.restorableAs(position) : Optional.empty();
	}

	@Override
	public boolean holdsNothingOf(Generation generation) throws IOException {
		return opened().holdsNothingOf(generation);
	}

	@Override
	public @Nullable Generation generation() {
		ReplicaLog now = this.log.get();
		return (now != null) ? now.generation() : null;
	}

	@Override
	public Audit audit() throws IOException {
		return opened().audit();
	}

	/** Nothing is due before the log is known, nor ever if it does nothing by itself. */
	private static final class LateUpkeep implements Upkeep {

		private @Nullable Upkeep upkeep;

		private Runnable waker = () -> {
		};

		private synchronized void becomes(@Nullable Upkeep known) {
			this.upkeep = known;
			if (known != null) {
				known.wakenBy(this.waker);
			}
		}

		private synchronized @Nullable Upkeep known() {
			return this.upkeep;
		}

		@Override
		public void run(Compacted compacted) throws IOException {
			Upkeep now = known();
			if (now != null) {
				now.run(compacted);
			}
		}

		@Override
		public @Nullable Duration dueIn() {
			Upkeep now = known();
			return (now != null) ? now.dueIn() : null;
		}

		@Override
		public synchronized void wakenBy(Runnable newWaker) {
			this.waker = newWaker;
			if (this.upkeep != null) {
				this.upkeep.wakenBy(newWaker);
			}
		}

	}

}
