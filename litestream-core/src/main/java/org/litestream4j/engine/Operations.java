package org.litestream4j.engine;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.litestream4j.DatabaseStatus.OperationStatus;
import org.litestream4j.OperationRunningException;
import org.litestream4j.RestoreProgress;

/**
 * The long operations that run on one database, one of a kind at a time. Thread-safe.
 */
public final class Operations {

	private final String database;

	private final Clock clock;

	private final Map<String, Running> running = new ConcurrentHashMap<>();

	private volatile boolean stopped;

	Operations(String database, Clock clock) {
		this.database = database;
		this.clock = clock;
	}

	/**
	 * Begins an operation.
	 * @throws OperationRunningException if the same one is already running
	 * @throws IllegalStateException after a stop
	 */
	public Running begin(String operation) {
		if (this.stopped) {
			throw new IllegalStateException("replication of database '%s' has stopped".formatted(this.database));
		}
		Running begun = new Running(operation, this.clock.instant());
		if (this.running.putIfAbsent(operation, begun) != null) {
			throw new OperationRunningException("a %s of database '%s' is already running: wait until it has finished"
				.formatted(operation, this.database));
		}
		return begun;
	}

	/**
	 * Asks running operations to stop at their next check, and rejects new ones.
	 * @param patience how long to wait for it
	 */
	public void stop(Duration patience) throws InterruptedException {
		this.stopped = true;
		long deadline = System.nanoTime() + patience.toNanos();
		synchronized (this.running) {
			for (long left = 1; !this.running.isEmpty() && left > 0;) {
				left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
				if (left > 0) {
					this.running.wait(left);
				}
			}
		}
	}

	public List<OperationStatus> running() {
		return this.running.values().stream().map(Running::status).toList();
	}

	/** An operation that runs until it is closed. */
	public final class Running implements AutoCloseable {

		private final String operation;

		private final Instant startedAt;

		private volatile Supplier<@Nullable Double> progress = () -> null;

		Running(String operation, Instant startedAt) {
			this.operation = operation;
			this.startedAt = startedAt;
		}

		public void reportWith(Supplier<@Nullable Double> source) {
			this.progress = source;
		}

		public RestoreProgress reporting(RestoreProgress next) {
			return new RestoreProgress() {
				@Override
				public void advanced(long done, long total) {
					reportWith(() -> (total == 0) ? null : (double) done / total);
					next.advanced(done, total);
				}

				@Override
				public boolean isCancelled() {
					return Operations.this.stopped || next.isCancelled();
				}
			};
		}

		private OperationStatus status() {
			return new OperationStatus(this.operation, this.startedAt, this.progress.get());
		}

		@Override
		public void close() {
			synchronized (Operations.this.running) {
				Operations.this.running.remove(this.operation);
				Operations.this.running.notifyAll();
			}
		}

	}

}
