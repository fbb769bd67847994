package org.litestream4j.boot.replication;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link EventQueue}.
 */
class EventQueueTests {

	private final EventQueue queue = new EventQueue(3);

	private List<Object> drained() {
		List<Object> events = new ArrayList<>();
		for (Object event = this.queue.poll(); event != null; event = this.queue.poll()) {
			events.add(event);
		}
		return events;
	}

	@Test
	void everythingIsKeptInOrderBelowTheLimit() {
		assertThat(this.queue.add("failing", "replica")).isTrue();
		assertThat(this.queue.add("snapshot", null)).isTrue();
		assertThat(this.queue.add("recovered", "replica")).isTrue();
		assertThat(drained()).containsExactly("failing", "snapshot", "recovered");
	}

	@Test
	void pastTheLimitOnlyWhatHasNoSubjectIsDropped() {
		for (int i = 0; i < 3; i++) {
			this.queue.add("snapshot " + i, null);
		}
		assertThat(this.queue.add("snapshot 3", null)).isFalse();
		assertThat(this.queue.add("mismatch", "validation")).isTrue();
		assertThat(this.queue.add("file replaced", "file")).isTrue();
		assertThat(drained()).containsExactly("snapshot 0", "snapshot 1", "snapshot 2", "mismatch", "file replaced");
	}

	@Test
	void pastTheLimitTheLastStateOfASubjectIsWhatIsHeardLast() {
		for (int i = 0; i < 10_000; i++) {
			this.queue.add("found " + i, "problem");
			this.queue.add("solved " + i, "problem");
		}
		this.queue.add("mismatch", "validation");
		assertThat(this.queue.size()).isLessThanOrEqualTo(4);
		assertThat(drained()).endsWith("solved 9999", "mismatch").doesNotContain("found 9998");
	}

}
