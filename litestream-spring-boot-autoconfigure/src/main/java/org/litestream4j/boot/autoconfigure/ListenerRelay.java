package org.litestream4j.boot.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextRefreshedEvent;

import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;

/**
 * Passes on what the engine tells to all {@link LitestreamListener} beans. Replication
 * starts while {@code DataSource} beans are created, before those listeners can exist, so
 * what is told until the context is ready is kept and passed on then, in order. Of what
 * is told of every sync and request only so much is kept; the rest is rare, and all of it
 * is.
 */
class ListenerRelay implements ApplicationListener<ContextRefreshedEvent> {

	private static final Logger logger = LoggerFactory.getLogger(ListenerRelay.class);

	/** Of what is told all the time, until the context is ready. */
	private static final int MAX_KEPT = 10_000;

	private final ApplicationContext context;

	private final ObjectProvider<LitestreamListener> provider;

	private final List<Consumer<LitestreamListener>> kept = new ArrayList<>();

	/** Guarded by {@code kept}. */
	private int routine;

	private volatile @Nullable List<LitestreamListener> listeners;

	ListenerRelay(ApplicationContext context, ObjectProvider<LitestreamListener> provider) {
		this.context = context;
		this.provider = provider;
	}

	/** What the engine is given. */
	LitestreamListener listener() {
		return new Relay(this);
	}

	@Override
	public void onApplicationEvent(ContextRefreshedEvent event) {
		if (event.getApplicationContext() == this.context && this.listeners == null) {
			open(this.provider.orderedStream().toList());
		}
	}

	/**
	 * Never calls a listener with the lock held: it may wait for the engine, which may be
	 * waiting to tell something.
	 */
	private void open(List<LitestreamListener> found) {
		while (true) {
			List<Consumer<LitestreamListener>> calls;
			synchronized (this.kept) {
				if (this.kept.isEmpty()) {
					this.listeners = found;
					return;
				}
				calls = List.copyOf(this.kept);
				this.kept.clear();
			}
			calls.forEach((call) -> tell(found, call));
		}
	}

	/** What is told all the time. */
	private void tellRoutine(Consumer<LitestreamListener> call) {
		tell(call, true);
	}

	/** What somebody may have to know. */
	private void tell(Consumer<LitestreamListener> call) {
		tell(call, false);
	}

	private void tell(Consumer<LitestreamListener> call, boolean ofRoutine) {
		List<LitestreamListener> present = this.listeners;
		if (present == null) {
			synchronized (this.kept) {
				present = this.listeners;
				if (present == null) {
					keep(call, ofRoutine);
					return;
				}
			}
		}
		tell(present, call);
	}

	private void keep(Consumer<LitestreamListener> call, boolean ofRoutine) {
		if (ofRoutine && this.routine == MAX_KEPT) {
			return;
		}
		this.routine += ofRoutine ? 1 : 0;
		this.kept.add(call);
	}

	private static void tell(List<LitestreamListener> present, Consumer<LitestreamListener> call) {
		for (LitestreamListener listener : present) {
			try {
				call.accept(listener);
			}
			catch (RuntimeException ex) {
				logger.warn("{} failed; replication goes on", listener.getClass().getName(), ex);
			}
		}
	}

	/** One method for each that the engine may call. */
	private record Relay(ListenerRelay relay) implements LitestreamListener {

		@Override
		public void replicationStarted(String database, WalPosition position) {
			this.relay.tell((listener) -> listener.replicationStarted(database, position));
		}

		@Override
		public void replicationStopped(String database, WalPosition position) {
			this.relay.tell((listener) -> listener.replicationStopped(database, position));
		}

		@Override
		public void generationStarted(String database, WalPosition position, GenerationReason reason, String detail) {
			this.relay.tell((listener) -> listener.generationStarted(database, position, reason, detail));
		}

		@Override
		public void synced(String database, long bytes, Duration duration, Outcome outcome) {
			this.relay.tellRoutine((listener) -> listener.synced(database, bytes, duration, outcome));
		}

		@Override
		public void checkpointed(String database, String mode, CheckpointOutcome outcome, Duration duration) {
			this.relay.tellRoutine((listener) -> listener.checkpointed(database, mode, outcome, duration));
		}

		@Override
		public void replicaOperation(String database, String replica, ReplicaOperation operation, Outcome outcome,
				Duration duration, long bytes) {
			this.relay.tellRoutine(
					(listener) -> listener.replicaOperation(database, replica, operation, outcome, duration, bytes));
		}

		@Override
		public void snapshotTaken(String database, String replica, @Nullable Snapshot snapshot, Duration duration,
				Outcome outcome) {
			this.relay.tell((listener) -> listener.snapshotTaken(database, replica, snapshot, duration, outcome));
		}

		@Override
		public void replicaFailing(String database, String replica, Throwable failure) {
			this.relay.tell((listener) -> listener.replicaFailing(database, replica, failure));
		}

		@Override
		public void replicaRecovered(String database, String replica, Duration after) {
			this.relay.tell((listener) -> listener.replicaRecovered(database, replica, after));
		}

		@Override
		public void problemFound(String database, @Nullable String replica, Problem problem, String detail) {
			this.relay.tell((listener) -> listener.problemFound(database, replica, problem, detail));
		}

		@Override
		public void problemSolved(String database, @Nullable String replica, Problem problem) {
			this.relay.tell((listener) -> listener.problemSolved(database, replica, problem));
		}

		@Override
		public void retentionDeleted(String database, String replica, int snapshots, int segments) {
			this.relay.tell((listener) -> listener.retentionDeleted(database, replica, snapshots, segments));
		}

		@Override
		public void validated(String database, String replica, ValidationOutcome outcome, Duration duration,
				String detail) {
			this.relay.tell((listener) -> listener.validated(database, replica, outcome, duration, detail));
		}

		@Override
		public void restored(String database, String replica, long bytes, Duration duration, Outcome outcome) {
			this.relay.tell((listener) -> listener.restored(database, replica, bytes, duration, outcome));
		}

	}

}
