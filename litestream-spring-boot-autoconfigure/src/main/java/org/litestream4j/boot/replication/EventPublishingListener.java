package org.litestream4j.boot.replication;

import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationEventPublisher;

import org.litestream4j.boot.event.GenerationStartedEvent;
import org.litestream4j.boot.event.ProblemFoundEvent;
import org.litestream4j.boot.event.ProblemSolvedEvent;
import org.litestream4j.boot.event.ReplicaFailingEvent;
import org.litestream4j.boot.event.ReplicaFencedEvent;
import org.litestream4j.boot.event.ReplicaRecoveredEvent;
import org.litestream4j.boot.event.ReplicaTakenOverEvent;
import org.litestream4j.boot.event.ReplicaWantedEvent;
import org.litestream4j.boot.event.RestoreFinishedEvent;
import org.litestream4j.boot.event.SnapshotTakenEvent;
import org.litestream4j.boot.event.ValidationFailedEvent;
import org.litestream4j.boot.event.ValidationMismatchEvent;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;

/**
 * Publishes application events, in order, from a thread of its own: an event listener may
 * be slow, or may ask the engine for something. If one hangs, events wait, and what
 * somebody has to know is not dropped: see {@link EventQueue}. Thread-safe.
 */
public class EventPublishingListener implements LitestreamListener, DisposableBean {

	private static final Logger logger = LoggerFactory.getLogger(EventPublishingListener.class);

	/** Events are rare; more than this waiting means that a listener hangs. */
	private static final int MAX_WAITING = 1000;

	private final ApplicationEventPublisher publisher;

	private final EventQueue queue = new EventQueue(MAX_WAITING);

	private final ThreadPoolExecutor executor;

	private final AtomicLong dropped = new AtomicLong();

	public EventPublishingListener(ApplicationEventPublisher publisher) {
		this.publisher = publisher;
		this.executor = new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(1),
				EventPublishingListener::thread, EventPublishingListener::enoughTasks);
		this.executor.allowCoreThreadTimeOut(true);
	}

	private static Thread thread(Runnable task) {
		Thread thread = new Thread(task, "litestream-events");
		thread.setDaemon(true);
		return thread;
	}

	/** A task that waits will publish whatever is in the queue when it runs. */
	private static void enoughTasks(Runnable task, ThreadPoolExecutor executor) {
		if (executor.isShutdown()) {
			logger.debug("The context is closed: nothing more is published");
		}
	}

	/**
	 * What an event is about.
	 *
	 * @param kind of which there is one state at a time
	 */
	private record Subject(String kind, String database, @Nullable String replica) {
	}

	@Override
	public void generationStarted(String database, WalPosition position, GenerationReason reason, String detail) {
		publish(new GenerationStartedEvent(database, position, reason, detail),
				new Subject("generation", database, null));
	}

	@Override
	public void snapshotTaken(String database, String replica, @Nullable Snapshot snapshot, Duration duration,
			Outcome outcome) {
		if (snapshot != null) {
			publish(new SnapshotTakenEvent(database, replica, snapshot, duration), null);
		}
	}

	@Override
	public void replicaFailing(String database, String replica, Throwable failure) {
		publish(new ReplicaFailingEvent(database, replica, failure), new Subject("replica", database, replica));
	}

	@Override
	public void replicaRecovered(String database, String replica, Duration after) {
		publish(new ReplicaRecoveredEvent(database, replica, after), new Subject("replica", database, replica));
	}

	@Override
	public void replicaTakenOver(String database, String replica, WalPosition position, long epoch) {
		publish(new ReplicaTakenOverEvent(database, replica, position, epoch), new Subject("owner", database, replica));
	}

	@Override
	public void replicaWanted(String database, String replica, String by) {
		publish(new ReplicaWantedEvent(database, replica, by), new Subject("wanted", database, replica));
	}

	@Override
	public void replicaFenced(String database, String replica, @Nullable WalPosition position, String detail) {
		publish(new ReplicaFencedEvent(database, replica, position, detail), new Subject("owner", database, replica));
	}

	@Override
	public void problemFound(String database, @Nullable String replica, Problem problem, String detail) {
		publish(new ProblemFoundEvent(database, replica, problem, detail),
				new Subject(problem.name(), database, replica));
	}

	@Override
	public void problemSolved(String database, @Nullable String replica, Problem problem) {
		publish(new ProblemSolvedEvent(database, replica, problem), new Subject(problem.name(), database, replica));
	}

	@Override
	public void validated(String database, String replica, ValidationOutcome outcome, Duration duration,
			String detail) {
		Subject subject = new Subject("validation " + outcome, database, replica);
		switch (outcome) {
			case MISMATCH -> publish(new ValidationMismatchEvent(database, replica, detail), subject);
			case ERROR -> publish(new ValidationFailedEvent(database, replica, detail), subject);
			case OK -> {
				// nobody needs to know
			}
		}
	}

	@Override
	public void restored(String database, String replica, long bytes, Duration duration, Outcome outcome) {
		publish(new RestoreFinishedEvent(database, replica, outcome == Outcome.SUCCESS, bytes, duration), null);
	}

	private void publish(Object event, @Nullable Subject subject) {
		if (!this.queue.add(event, subject) && this.dropped.getAndIncrement() == 0) {
			logger.warn("A listener of application events hangs: {} wait, and further snapshots and restores are"
					+ " not published until it goes on", MAX_WAITING);
		}
		this.executor.execute(this::publishAll);
	}

	private void publishAll() {
		for (Object event = this.queue.poll(); event != null; event = this.queue.poll()) {
			publishNow(event);
			if (this.queue.size() == 0 && this.dropped.get() > 0) {
				logger.warn("The listener of application events goes on; {} were not published",
						this.dropped.getAndSet(0));
			}
		}
	}

	private void publishNow(Object event) {
		try {
			this.publisher.publishEvent(event);
		}
		catch (RuntimeException ex) {
			logger.warn("A listener of {} failed; replication goes on", event.getClass().getSimpleName(), ex);
		}
	}

	@Override
	public void destroy() throws InterruptedException {
		this.executor.shutdown();
		if (!this.executor.awaitTermination(2, TimeUnit.SECONDS)) {
			this.executor.shutdownNow();
			logger.warn("{} application events were not published before the context closed", this.queue.size());
		}
	}

}
