package org.litestream4j.boot.replication;

import java.util.ArrayDeque;
import java.util.Deque;

import org.jspecify.annotations.Nullable;

/**
 * Events that wait to be published, in order. However many wait, what somebody has to
 * know is not lost: past the limit an event takes the place of an older one on the same
 * subject, whose news it is, and only events without a subject are dropped. Thread-safe.
 */
final class EventQueue {

	private final int limit;

	private final Deque<Waiting> waiting = new ArrayDeque<>();

	private record Waiting(Object event, @Nullable Object subject) {
	}

	/**
	 * An empty queue.
	 * @param limit past which events are merged or dropped
	 */
	EventQueue(int limit) {
		this.limit = limit;
	}

	/**
	 * Adds an event.
	 * @param subject what it is about, of which only the last event counts; null if the
	 * event may be dropped
	 * @return false if it was dropped
	 */
	synchronized boolean add(Object event, @Nullable Object subject) {
		if (this.waiting.size() >= this.limit) {
			if (subject == null) {
				return false;
			}
			this.waiting.removeIf((older) -> subject.equals(older.subject()));
		}
		this.waiting.add(new Waiting(event, subject));
		return true;
	}

	/** Takes the oldest event; null if none waits. */
	synchronized @Nullable Object poll() {
		Waiting next = this.waiting.poll();
		return (next != null) ? next.event() : null;
	}

	synchronized int size() {
		return this.waiting.size();
	}

}
