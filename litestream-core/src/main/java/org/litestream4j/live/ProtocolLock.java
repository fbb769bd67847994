package org.litestream4j.live;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

import org.litestream4j.format.Durations;

/**
 * The lock of the protocol: makes each of its steps on one database atomic, whatever
 * thread takes it. What is part of a step asserts that it is held. Nothing waits for a
 * replica under it. {@link WalShadower} takes it, nobody else. Reentrant, thread-safe.
 */
final class ProtocolLock {

	/** Fair, so that copying has its turn between two attempts at something else. */
	private final ReentrantLock lock = new ReentrantLock(true);

	/** Waits for it. */
	void lock() {
		this.lock.lock();
	}

	/**
	 * Waits for it, but not for ever.
	 * @return false if it was held by others for all of that time
	 */
	boolean tryLock(Duration timeout) throws InterruptedException {
		return this.lock.tryLock(Durations.nanos(timeout), TimeUnit.NANOSECONDS);
	}

	void unlock() {
		this.lock.unlock();
	}

	/**
	 * Requires that this thread holds it.
	 * @throws IllegalStateException if not, which is a fault of the caller
	 */
	void assertHeld() {
		if (!this.lock.isHeldByCurrentThread()) {
			throw new IllegalStateException(
					"the protocol's lock is not held by thread '%s'".formatted(Thread.currentThread().getName()));
		}
	}

}
