package org.litestream4j.replication;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import ch.qos.logback.classic.Level;
import org.junit.jupiter.api.Test;

import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replication.ReplicaHealth.Cause;
import org.litestream4j.testing.CapturedLog;

import static org.assertj.core.api.Assertions.assertThat;

class ReplicaHealthTests {

	private final List<String> events = new ArrayList<>();

	private volatile boolean away;

	private volatile Optional<String> waiting = Optional.empty();

	private final ReplicaHealth health = new ReplicaHealth("app", "one", "file:///backup", new LitestreamListener() {
		@Override
		public void replicaFailing(String database, String replica, Throwable failure) {
			ReplicaHealthTests.this.events.add("failing: " + failure.getMessage());
		}

		@Override
		public void replicaRecovered(String database, String replica, Duration after) {
			ReplicaHealthTests.this.events.add("recovered");
		}
	}, new ReplicaHealth.Look() {
		@Override
		public boolean isAway() {
			return ReplicaHealthTests.this.away;
		}

		@Override
		public Optional<String> waiting() {
			return ReplicaHealthTests.this.waiting;
		}
	});

	@Test
	void manyFailuresAreOneWarningAndOneEvent() {
		try (CapturedLog log = CapturedLog.begin()) {
			for (int i = 1; i <= 100; i++) {
				this.health.failed(Cause.SHIPPING, new IOException("disk full " + i));
			}
			assertThat(log.warnings()).singleElement()
				.asString()
				.contains("'app'", "'one'", "file:///backup", "disk full 1");
			assertThat(this.events).containsExactly("failing: disk full 1");
			assertThat(this.health.error(Cause.SHIPPING)).isEqualTo("disk full 100");
		}
	}

	@Test
	void recoveryIsSaidOnceAndTheNextFailureIsNewsAgain() {
		try (CapturedLog log = CapturedLog.begin()) {
			this.health.succeeded(Cause.SHIPPING);
			assertThat(log.messages(Level.INFO)).isEmpty();
			this.health.failed(Cause.SHIPPING, new IOException("away"));
			this.health.failed(Cause.SHIPPING, new IOException("away"));
			this.health.succeeded(Cause.SHIPPING);
			this.health.succeeded(Cause.SHIPPING);
			assertThat(log.messages(Level.INFO)).singleElement().asString().contains("works again after 2 failure(s)");
			assertThat(this.health.error(Cause.SHIPPING)).isNull();
			this.health.failed(Cause.SHIPPING, new IOException("away"));
			assertThat(log.warnings()).hasSize(2);
			assertThat(log.warnings().get(1)).contains("1 time(s)");
			assertThat(this.events).containsExactly("failing: away", "recovered", "failing: away");
		}
	}

	@Test
	void replicaHasRecoveredWhenNothingFailsAnyMore() {
		try (CapturedLog log = CapturedLog.begin()) {
			this.health.failed(Cause.SHIPPING, new IOException("away"));
			this.health.failed(Cause.SNAPSHOTS, new IOException("no room"));
			this.health.succeeded(Cause.SHIPPING);
			assertThat(this.events).containsExactly("failing: away");
			assertThat(log.messages(Level.INFO)).singleElement()
				.asString()
				.doesNotContain("works again")
				.contains("shipping succeeds again", "still failing at snapshots: no room");
			this.health.succeeded(Cause.SNAPSHOTS);
			assertThat(this.events).containsExactly("failing: away", "recovered");
			assertThat(log.messages(Level.INFO).get(1)).contains("works again");
		}
	}

	@Test
	void retentionThatFailsIsSaidButIsNoFailureOfTheReplica() {
		try (CapturedLog log = CapturedLog.begin()) {
			this.health.failed(Cause.RETENTION, new IOException("no right to"));
			assertThat(log.warnings()).singleElement().asString().contains("retention", "no right to");
			this.health.succeeded(Cause.RETENTION);
			assertThat(log.messages(Level.INFO)).singleElement().asString().contains("retention succeeds again");
			assertThat(this.events).isEmpty();
		}
	}

	@Test
	void errorWithoutAMessageIsNamedByItsKind() {
		this.health.failed(Cause.SHIPPING, new IllegalStateException());
		assertThat(this.health.error(Cause.SHIPPING)).isEqualTo("IllegalStateException");
		this.health.failed(Cause.SHIPPING, new IllegalStateException("odd"));
		assertThat(this.health.error(Cause.SHIPPING)).isEqualTo("IllegalStateException: odd");
	}

	@Test
	void replicaDoesNotWorkAgainWhileARequestHangs() {
		this.health.failed(Cause.SHIPPING, new IOException("refused"));
		this.waiting = Optional.of("a request has been waiting for 11 s");
		this.health.succeeded(Cause.SHIPPING);
		assertThat(this.events).containsExactly("failing: refused");
		assertThat(this.health.shown()).isEqualTo("a request has been waiting for 11 s");
		this.waiting = Optional.empty();
		this.health.succeeded(Cause.ANSWERS);
		assertThat(this.events).containsExactly("failing: refused", "recovered");
		assertThat(this.health.shown()).isNull();
	}

	@Test
	void replicaDoesNotWorkAgainWhileItIsGivenUp() {
		this.away = true;
		this.health.failed(Cause.SNAPSHOTS, new IOException("refused"));
		this.health.succeeded(Cause.SNAPSHOTS);
		assertThat(this.events).containsExactly("failing: refused");
		assertThat(this.health.shown()).contains("unreachable for longer than max-shadow-wal-size");
		this.away = false;
		this.health.succeeded(Cause.SHIPPING);
		assertThat(this.events).containsExactly("failing: refused", "recovered");
		assertThat(this.health.shown()).isNull();
	}

	@Test
	void shownIsWhatMattersMost() {
		this.health.failed(Cause.RETENTION, new IOException("no right to delete"));
		assertThat(this.health.shown()).isEqualTo("no right to delete");
		assertThat(this.health.isFailing()).isFalse();
		this.waiting = Optional.of("hangs");
		assertThat(this.health.shown()).isEqualTo("hangs");
		assertThat(this.health.isFailing()).isTrue();
		this.health.failed(Cause.SNAPSHOTS, new IOException("no room"));
		assertThat(this.health.shown()).isEqualTo("no room");
		this.health.failed(Cause.SHIPPING, new IOException("refused"));
		assertThat(this.health.shown()).isEqualTo("refused");
		this.health.succeeded(Cause.RETENTION);
		assertThat(this.health.shown()).isEqualTo("refused");
	}

}
