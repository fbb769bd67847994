package org.litestream4j.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Lane}: the clock is the test's.
 */
class LaneTests {

	private static final int MOST = 12;

	private static final long PATIENCE = Duration.ofSeconds(10).toNanos();

	private final WorkerPool pool = new WorkerPool("lanes", MOST, true);

	private final Lane lane = new Lane("store");

	private int busy;

	private long now;

	private ScheduledTask ready(@Nullable Turn turn) {
		ScheduledTask task = new ScheduledTask(this.pool, new TestWork(() -> {
		}), null, this.lane, turn);
		this.lane.add(task);
		return task;
	}

	private List<ScheduledTask> startAll() {
		List<ScheduledTask> started = new ArrayList<>();
		for (ScheduledTask task = next(); task != null; task = next()) {
			this.lane.started(task, this.now);
			this.busy++;
			started.add(task);
		}
		return started;
	}

	@Nullable private ScheduledTask next() {
		return this.lane.next(MOST, this.busy, this.now);
	}

	private void end(ScheduledTask task) {
		this.lane.ended(task, this.now);
		this.busy--;
	}

	private void ready(int tasks) {
		for (int i = 0; i < tasks; i++) {
			ready(null);
		}
	}

	@Test
	void laneTakesHalfOfWhatOthersLeave() {
		ready(100);
		assertThat(startAll()).hasSize(6);
		this.busy = 0;
		Lane other = new Lane("other");
		for (int i = 0; i < 100; i++) {
			other.add(new ScheduledTask(this.pool, new TestWork(() -> {
			}), null, other, null));
		}
		int started = 0;
		for (ScheduledTask task = other.next(MOST, 6 + started, 0); task != null; task = other.next(MOST, 6 + started,
				0)) {
			other.started(task, 0);
			started++;
		}
		assertThat(started).isEqualTo(3);
	}

	@Test
	void laneThatHasNothingMayAlwaysHaveTheLastWorker() {
		ready(3);
		this.busy = MOST - 1;
		assertThat(startAll()).hasSize(1);
	}

	@Test
	void tasksAreStartedInTurn() {
		List<ScheduledTask> tasks = List.of(ready(null), ready(null), ready(null));
		assertThat(startAll()).containsExactlyElementsOf(tasks);
	}

	@Test
	void requestsThatHangAreReplacedByAFewOthers() {
		ready(100);
		startAll();
		this.now += PATIENCE;
		assertThat(startAll()).hasSize(MOST / 4);
		this.now += PATIENCE;
		assertThat(startAll()).isEmpty();
		assertThat(this.busy).isEqualTo(9);
	}

	@Test
	void tasksThatHungTheLastTimeLeaveHalfOfTheLaneToOthers() {
		ready(6);
		List<ScheduledTask> hung = startAll();
		this.now += PATIENCE;
		hung.forEach(this::end);
		hung.forEach(this.lane::add);
		ready(6);
		List<ScheduledTask> started = startAll();
		assertThat(started).hasSize(6);
		assertThat(started.stream().filter(hung::contains)).hasSize(3);
	}

	@Test
	void taskThatIsQuickAgainIsNoSuspect() {
		ScheduledTask task = ready(null);
		startAll();
		this.now += PATIENCE;
		end(task);
		assertThat(task.suspect).isTrue();
		this.lane.add(task);
		startAll();
		end(task);
		assertThat(task.suspect).isFalse();
	}

	@Test
	void taskWaitsForItsTurnUnlessAnotherStoreHangs() {
		Turn turn = new Turn();
		ScheduledTask first = ready(turn);
		ScheduledTask second = ready(turn);
		ScheduledTask unconcerned = ready(null);
		assertThat(startAll()).containsExactly(first, unconcerned);
		this.now += PATIENCE;
		assertThat(startAll()).isEmpty();
		Lane other = new Lane("other");
		ScheduledTask elsewhere = new ScheduledTask(this.pool, new TestWork(() -> {
		}), null, other, turn);
		other.add(elsewhere);
		assertThat(other.next(MOST, this.busy, 0)).isNull();
		assertThat(other.next(MOST, this.busy, this.now)).isSameAs(elsewhere);
		end(first);
		assertThat(startAll()).containsExactly(second);
	}

}
