package org.litestream4j.lease;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/** Time that passes only while somebody rests, and what happens then. Not thread-safe. */
final class FakeTime implements LongSupplier, Pause {

	/** Something that happens at a time. */
	interface Event {

		void happen() throws Exception;

	}

	private final TreeMap<Long, Event> events = new TreeMap<>();

	private long now = Long.MAX_VALUE - Duration.ofSeconds(5).toNanos(); // overflows soon

	private final long begin = this.now;

	@Override
	public long getAsLong() {
		return this.now;
	}

	/** Since the beginning. */
	Duration passed() {
		return Duration.ofNanos(this.now - this.begin);
	}

	/** Counted from the beginning; at the same time only one thing happens. */
	void at(Duration time, Event event) {
		this.events.put(time.toNanos(), event);
	}

	/** Again and again, from the beginning. */
	void every(Duration interval, Event event) {
		at(passed().plus(interval), new Event() {
			@Override
			public void happen() throws Exception {
				at(passed().plus(interval), this);
				event.happen();
			}
		});
	}

	@Override
	public void rest(Duration duration) {
		long end = passed().plus(duration).toNanos();
		Map.Entry<Long, Event> next = this.events.firstEntry();
		while (next != null && next.getKey() <= end) {
			this.events.remove(next.getKey());
			this.now = this.begin + next.getKey();
			try {
				next.getValue().happen();
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
			next = this.events.firstEntry();
		}
		this.now = this.begin + end;
	}

}
