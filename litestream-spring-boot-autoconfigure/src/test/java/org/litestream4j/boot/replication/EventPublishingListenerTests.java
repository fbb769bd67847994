package org.litestream4j.boot.replication;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import org.litestream4j.boot.event.ProblemFoundEvent;
import org.litestream4j.boot.event.ProblemSolvedEvent;
import org.litestream4j.boot.event.ReplicaFailingEvent;
import org.litestream4j.boot.event.ReplicaFencedEvent;
import org.litestream4j.boot.event.ReplicaTakenOverEvent;
import org.litestream4j.boot.event.ReplicaWantedEvent;
import org.litestream4j.boot.event.SnapshotTakenEvent;
import org.litestream4j.boot.event.ValidationFailedEvent;
import org.litestream4j.boot.event.ValidationMismatchEvent;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener.Outcome;
import org.litestream4j.observe.LitestreamListener.Problem;
import org.litestream4j.observe.LitestreamListener.ValidationOutcome;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link EventPublishingListener}.
 */
class EventPublishingListenerTests {

	private final List<Object> published = new CopyOnWriteArrayList<>();

	private final List<String> threads = new CopyOnWriteArrayList<>();

	private final CountDownLatch hanging = new CountDownLatch(1);

	private final CountDownLatch last = new CountDownLatch(1);

	private final EventPublishingListener listener = new EventPublishingListener(this::hear);

	private void hear(Object event) {
		try {
			assertThat(this.hanging.await(1, TimeUnit.MINUTES)).isTrue();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		this.threads.add(Thread.currentThread().getName());
		this.published.add(event);
		if (event.equals(new ProblemSolvedEvent("last", null, Problem.NOT_RESTORABLE))) {
			this.last.countDown();
		}
	}

	private List<Object> published() throws InterruptedException {
		this.listener.problemSolved("last", null, Problem.NOT_RESTORABLE);
		this.hanging.countDown();
		assertThat(this.last.await(1, TimeUnit.MINUTES)).isTrue();
		this.listener.destroy();
		return this.published.subList(0, this.published.size() - 1);
	}

	private void snapshots(int count) {
		Snapshot snapshot = new Snapshot(Generation.random(), 0, 1, Instant.EPOCH);
		for (int i = 0; i < count; i++) {
			this.listener.snapshotTaken("app", "s3", snapshot, Duration.ZERO, Outcome.SUCCESS);
		}
	}

	@Test
	void whatSomebodyHasToKnowIsPublishedHoweverManyEventsWait() throws Exception {
		snapshots(5000);
		this.listener.validated("app", "s3", ValidationOutcome.MISMATCH, Duration.ZERO, "differs");
		this.listener.validated("app", "file", ValidationOutcome.ERROR, Duration.ZERO, "nothing restores");
		this.listener.problemFound("app", "s3", Problem.NOT_RESTORABLE, "a hole");
		this.listener.problemFound("app", null, Problem.DATABASE_FILE_REPLACED, "moved");
		this.listener.problemSolved("app", "s3", Problem.NOT_RESTORABLE);
		List<Object> events = published();
		assertThat(events).filteredOn((event) -> !(event instanceof SnapshotTakenEvent))
			.containsExactly(new ValidationMismatchEvent("app", "s3", "differs"),
					new ValidationFailedEvent("app", "file", "nothing restores"),
					new ProblemFoundEvent("app", null, Problem.DATABASE_FILE_REPLACED, "moved"),
					new ProblemSolvedEvent("app", "s3", Problem.NOT_RESTORABLE));
		assertThat(events).hasSizeBetween(1004, 1005);
	}

	@Test
	void ownersAreTold() throws Exception {
		WalPosition position = new WalPosition(Generation.random(), 1, 0);
		this.listener.replicaTakenOver("app", "s3", position, 3);
		this.listener.replicaWanted("app", "s3", "node-2:4711");
		this.listener.replicaFenced("app", "s3", position, "node-2:4711 has taken it over");
		assertThat(published()).containsExactly(new ReplicaTakenOverEvent("app", "s3", position, 3),
				new ReplicaWantedEvent("app", "s3", "node-2:4711"),
				new ReplicaFencedEvent("app", "s3", position, "node-2:4711 has taken it over"));
	}

	@Test
	void ofOwnersTheLastOneCountsHoweverManyEventsWait() throws Exception {
		WalPosition position = new WalPosition(Generation.random(), 1, 0);
		snapshots(5000);
		this.listener.replicaTakenOver("app", "s3", position, 3);
		this.listener.replicaFenced("app", "s3", position, "gone");
		assertThat(published()).filteredOn((event) -> !(event instanceof SnapshotTakenEvent))
			.containsExactly(new ReplicaFencedEvent("app", "s3", position, "gone"));
	}

	@Test
	void eventsComeInOrderFromOneThreadOfTheirOwn() throws Exception {
		IOException failure = new IOException("away");
		this.listener.replicaFailing("app", "s3", failure);
		this.listener.problemFound("app", "s3", Problem.FOREIGN_WRITER, "somebody");
		this.listener.problemSolved("app", "s3", Problem.FOREIGN_WRITER);
		assertThat(published()).containsExactly(new ReplicaFailingEvent("app", "s3", failure),
				new ProblemFoundEvent("app", "s3", Problem.FOREIGN_WRITER, "somebody"),
				new ProblemSolvedEvent("app", "s3", Problem.FOREIGN_WRITER));
		assertThat(this.threads).containsOnly("litestream-events");
	}

}
