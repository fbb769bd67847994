package org.litestream4j.replication;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import ch.qos.logback.classic.Level;
import org.junit.jupiter.api.Test;

import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.testing.CapturedLog;

import static org.assertj.core.api.Assertions.assertThat;

class ReplicaHealthTests {

	private final List<String> events = new ArrayList<>();

	private final ReplicaHealth health = new ReplicaHealth("app", "one", "file:///backup", new LitestreamListener() {
		@Override
		public void replicaFailing(String database, String replica, Throwable failure) {
			ReplicaHealthTests.this.events.add("failing: " + failure.getMessage());
		}

		@Override
		public void replicaRecovered(String database, String replica, Duration after) {
			ReplicaHealthTests.this.events.add("recovered");
		}
	});

	@Test
	void manyFailuresAreOneWarningAndOneEvent() {
		try (CapturedLog log = CapturedLog.begin()) {
			for (int i = 1; i <= 100; i++) {
				this.health.failed(new IOException("disk full " + i));
			}
			assertThat(log.warnings()).singleElement()
				.asString()
				.contains("'app'", "'one'", "file:///backup", "disk full 1");
			assertThat(this.events).containsExactly("failing: disk full 1");
			assertThat(this.health.lastError()).isEqualTo("disk full 100");
		}
	}

	@Test
	void recoveryIsSaidOnceAndTheNextFailureIsNewsAgain() {
		try (CapturedLog log = CapturedLog.begin()) {
			this.health.succeeded();
			assertThat(log.messages(Level.INFO)).isEmpty();
			this.health.failed(new IOException("away"));
			this.health.failed(new IOException("away"));
			this.health.succeeded();
			this.health.succeeded();
			assertThat(log.messages(Level.INFO)).singleElement().asString().contains("works again after 2 failure(s)");
			assertThat(this.health.lastError()).isNull();
			this.health.failed(new IOException("away"));
			assertThat(log.warnings()).hasSize(2);
			assertThat(log.warnings().get(1)).contains("1 time(s)");
			assertThat(this.events).containsExactly("failing: away", "recovered", "failing: away");
		}
	}

	@Test
	void replicaHasRecoveredWhenNothingFailsAnyMore() {
		ReplicaHealth snapshots = this.health.of(ReplicaHealth.Part.SNAPSHOTS);
		try (CapturedLog log = CapturedLog.begin()) {
			this.health.failed(new IOException("away"));
			snapshots.failed(new IOException("no room"));
			this.health.succeeded();
			assertThat(this.events).containsExactly("failing: away");
			assertThat(log.messages(Level.INFO)).singleElement()
				.asString()
				.doesNotContain("works again")
				.contains("shipping succeeds again", "still failing at snapshots: no room");
			snapshots.succeeded();
			assertThat(this.events).containsExactly("failing: away", "recovered");
			assertThat(log.messages(Level.INFO).get(1)).contains("works again");
		}
	}

	@Test
	void retentionThatFailsIsSaidButIsNoFailureOfTheReplica() {
		ReplicaHealth retention = this.health.of(ReplicaHealth.Part.RETENTION);
		try (CapturedLog log = CapturedLog.begin()) {
			retention.failed(new IOException("no right to"));
			assertThat(log.warnings()).singleElement().asString().contains("retention", "no right to");
			retention.succeeded();
			assertThat(log.messages(Level.INFO)).singleElement().asString().contains("retention succeeds again");
			assertThat(this.events).isEmpty();
		}
	}

	@Test
	void errorWithoutAMessageIsNamedByItsKind() {
		this.health.failed(new IllegalStateException());
		assertThat(this.health.lastError()).isEqualTo("IllegalStateException");
		this.health.failed(new IllegalStateException("odd"));
		assertThat(this.health.lastError()).isEqualTo("IllegalStateException: odd");
	}

}
