package org.litestream4j;

import java.time.Duration;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;

/**
 * Keeps what a listener throws away from the engine.
 */
final class SafeListener implements LitestreamListener {

	private static final Logger logger = LoggerFactory.getLogger(SafeListener.class);

	private final LitestreamListener listener;

	SafeListener(LitestreamListener listener) {
		this.listener = listener;
	}

	private static void safely(Runnable call) {
		try {
			call.run();
		}
		catch (RuntimeException | Error ex) {
			logger.warn("A listener failed, which changes nothing for replication", ex);
		}
	}

	@Override
	public void replicationStarted(String database, WalPosition position) {
		safely(() -> this.listener.replicationStarted(database, position));
	}

	@Override
	public void replicationStopped(String database, WalPosition position) {
		safely(() -> this.listener.replicationStopped(database, position));
	}

	@Override
	public void generationStarted(String database, WalPosition position, GenerationReason reason, String detail) {
		safely(() -> this.listener.generationStarted(database, position, reason, detail));
	}

	@Override
	public void synced(String database, long bytes, Duration duration, Outcome outcome) {
		safely(() -> this.listener.synced(database, bytes, duration, outcome));
	}

	@Override
	public void checkpointed(String database, String mode, CheckpointOutcome outcome, Duration duration) {
		safely(() -> this.listener.checkpointed(database, mode, outcome, duration));
	}

	@Override
	public void replicaOperation(String database, String replica, ReplicaOperation operation, Outcome outcome,
			Duration duration, long bytes) {
		safely(() -> this.listener.replicaOperation(database, replica, operation, outcome, duration, bytes));
	}

	@Override
	public void snapshotTaken(String database, String replica, @Nullable Snapshot snapshot, Duration duration,
			Outcome outcome) {
		safely(() -> this.listener.snapshotTaken(database, replica, snapshot, duration, outcome));
	}

	@Override
	public void replicaFailing(String database, String replica, Throwable failure) {
		safely(() -> this.listener.replicaFailing(database, replica, failure));
	}

	@Override
	public void replicaRecovered(String database, String replica, Duration after) {
		safely(() -> this.listener.replicaRecovered(database, replica, after));
	}

	@Override
	public void problemFound(String database, @Nullable String replica, Problem problem, String detail) {
		safely(() -> this.listener.problemFound(database, replica, problem, detail));
	}

	@Override
	public void problemSolved(String database, @Nullable String replica, Problem problem) {
		safely(() -> this.listener.problemSolved(database, replica, problem));
	}

	@Override
	public void retentionDeleted(String database, String replica, int snapshots, int segments) {
		safely(() -> this.listener.retentionDeleted(database, replica, snapshots, segments));
	}

	@Override
	public void validated(String database, String replica, ValidationOutcome outcome, Duration duration,
			String detail) {
		safely(() -> this.listener.validated(database, replica, outcome, duration, detail));
	}

	@Override
	public void restored(String database, String replica, long bytes, Duration duration, Outcome outcome) {
		safely(() -> this.listener.restored(database, replica, bytes, duration, outcome));
	}

}
