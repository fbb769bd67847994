package org.litestream4j.observe;

import java.time.Duration;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import org.litestream4j.Internal;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;

/**
 * A listener that passes every event on, each in the same way. The one place, beside
 * {@link LitestreamListener} itself, that names them all.
 */
@Internal
public abstract class ForwardingListener implements LitestreamListener {

	/** How often an event happens. */
	protected enum Frequency {

		/** With every look at the WAL, checkpoint, or request to a store. */
		ROUTINE,
		/** Now and then: somebody may have to know. */
		RARE

	}

	/** Creates a listener. */
	protected ForwardingListener() {
	}

	/**
	 * An event has happened.
	 * @param frequency how often it does
	 * @param event reports it to a listener
	 */
	protected abstract void forward(Frequency frequency, Consumer<LitestreamListener> event);

	@Override
	public void replicationStarted(String database, WalPosition position) {
		forward(Frequency.RARE, (listener) -> listener.replicationStarted(database, position));
	}

	@Override
	public void replicationStopped(String database, WalPosition position) {
		forward(Frequency.RARE, (listener) -> listener.replicationStopped(database, position));
	}

	@Override
	public void generationStarted(String database, WalPosition position, GenerationReason reason, String detail) {
		forward(Frequency.RARE, (listener) -> listener.generationStarted(database, position, reason, detail));
	}

	@Override
	public void synced(String database, long bytes, Duration duration, Outcome outcome) {
		forward(Frequency.ROUTINE, (listener) -> listener.synced(database, bytes, duration, outcome));
	}

	@Override
	public void commitAwaited(String database, CommitOutcome outcome, Duration duration) {
		forward(Frequency.ROUTINE, (listener) -> listener.commitAwaited(database, outcome, duration));
	}

	@Override
	public void checkpointed(String database, String mode, CheckpointOutcome outcome, Duration duration) {
		forward(Frequency.ROUTINE, (listener) -> listener.checkpointed(database, mode, outcome, duration));
	}

	@Override
	public void replicaOperation(String database, String replica, ReplicaOperation operation, Outcome outcome,
			Duration duration, long bytes) {
		forward(Frequency.ROUTINE,
				(listener) -> listener.replicaOperation(database, replica, operation, outcome, duration, bytes));
	}

	@Override
	public void snapshotTaken(String database, String replica, @Nullable Snapshot snapshot, Duration duration,
			Outcome outcome) {
		forward(Frequency.RARE, (listener) -> listener.snapshotTaken(database, replica, snapshot, duration, outcome));
	}

	@Override
	public void replicaFailing(String database, String replica, Throwable failure) {
		forward(Frequency.RARE, (listener) -> listener.replicaFailing(database, replica, failure));
	}

	@Override
	public void replicaRecovered(String database, String replica, Duration after) {
		forward(Frequency.RARE, (listener) -> listener.replicaRecovered(database, replica, after));
	}

	@Override
	public void replicaTakenOver(String database, String replica, WalPosition position, long epoch) {
		forward(Frequency.RARE, (listener) -> listener.replicaTakenOver(database, replica, position, epoch));
	}

	@Override
	public void replicaWanted(String database, String replica, String by) {
		forward(Frequency.RARE, (listener) -> listener.replicaWanted(database, replica, by));
	}

	@Override
	public void replicaFenced(String database, String replica, @Nullable WalPosition position, String detail) {
		forward(Frequency.RARE, (listener) -> listener.replicaFenced(database, replica, position, detail));
	}

	@Override
	public void problemFound(String database, @Nullable String replica, Problem problem, String detail) {
		forward(Frequency.RARE, (listener) -> listener.problemFound(database, replica, problem, detail));
	}

	@Override
	public void problemSolved(String database, @Nullable String replica, Problem problem) {
		forward(Frequency.RARE, (listener) -> listener.problemSolved(database, replica, problem));
	}

	@Override
	public void retentionDeleted(String database, String replica, int snapshots, int segments) {
		forward(Frequency.RARE, (listener) -> listener.retentionDeleted(database, replica, snapshots, segments));
	}

	@Override
	public void compacted(String database, String replica, int level, Duration duration, Outcome outcome) {
		forward(Frequency.ROUTINE, (listener) -> listener.compacted(database, replica, level, duration, outcome));
	}

	@Override
	public void validated(String database, String replica, ValidationOutcome outcome, Duration duration,
			String detail) {
		forward(Frequency.RARE, (listener) -> listener.validated(database, replica, outcome, duration, detail));
	}

	@Override
	public void restored(String database, String replica, long bytes, Duration duration, Outcome outcome) {
		forward(Frequency.RARE, (listener) -> listener.restored(database, replica, bytes, duration, outcome));
	}

}
