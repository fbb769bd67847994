package org.litestream4j.boot.autoconfigure;

import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationEventPublisher;

import org.litestream4j.boot.event.GenerationStartedEvent;
import org.litestream4j.boot.event.ReplicaFailingEvent;
import org.litestream4j.boot.event.ReplicaRecoveredEvent;
import org.litestream4j.boot.event.RestoreFinishedEvent;
import org.litestream4j.boot.event.SnapshotTakenEvent;
import org.litestream4j.boot.event.ValidationMismatchEvent;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;

/**
 * Publishes application events, in order, from a thread of its own: an event listener may
 * be slow, or may ask the engine for something.
 */
class EventPublishingListener implements LitestreamListener, DisposableBean {

	private static final Logger logger = LoggerFactory.getLogger(EventPublishingListener.class);

	/** Events are rare; more than this waiting means that a listener hangs. */
	private static final int MAX_WAITING = 1000;

	private final ApplicationEventPublisher publisher;

	private final ThreadPoolExecutor executor;

	EventPublishingListener(ApplicationEventPublisher publisher) {
		this.publisher = publisher;
		this.executor = new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MAX_WAITING),
				EventPublishingListener::thread);
		this.executor.allowCoreThreadTimeOut(true);
	}

	private static Thread thread(Runnable task) {
		Thread thread = new Thread(task, "litestream-events");
		thread.setDaemon(true);
		return thread;
	}

	@Override
	public void generationStarted(String database, WalPosition position, GenerationReason reason, String detail) {
		publish(new GenerationStartedEvent(database, position, reason, detail));
	}

	@Override
	public void snapshotTaken(String database, String replica, @Nullable Snapshot snapshot, Duration duration,
			Outcome outcome) {
		if (snapshot != null) {
			publish(new SnapshotTakenEvent(database, replica, snapshot, duration));
		}
	}

	@Override
	public void replicaFailing(String database, String replica, Throwable failure) {
		publish(new ReplicaFailingEvent(database, replica, failure));
	}

	@Override
	public void replicaRecovered(String database, String replica, Duration after) {
		publish(new ReplicaRecoveredEvent(database, replica, after));
	}

	@Override
	public void validated(String database, String replica, ValidationOutcome outcome, Duration duration,
			String detail) {
		if (outcome == ValidationOutcome.MISMATCH) {
			publish(new ValidationMismatchEvent(database, replica, detail));
		}
	}

	@Override
	public void restored(String database, String replica, long bytes, Duration duration, Outcome outcome) {
		publish(new RestoreFinishedEvent(database, replica, outcome == Outcome.SUCCESS, bytes, duration));
	}

	private void publish(Object event) {
		try {
			this.executor.execute(() -> publishNow(event));
		}
		catch (RejectedExecutionException ex) {
			logger.debug("Not published: {}", event, ex);
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
		}
	}

}
