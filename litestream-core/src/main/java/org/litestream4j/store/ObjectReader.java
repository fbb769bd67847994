package org.litestream4j.store;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.LongSupplier;

import org.litestream4j.Internal;

/**
 * Reads objects to their end, whatever happens to connections, from any store. This is
 * the only place that tries again to read:
 * <ul>
 * <li>What breaks is opened again where it broke, as the same version of the object.
 * Breaking {@value #TRIES} times with less than 16 KiB in between is a failure. The first
 * pause is 100 ms, and each further one four times as long.
 * <li>A read that gets no byte for 30 seconds is broken off.
 * <li>When less than 16 KiB came in 60 seconds of waiting, it is a failure, however often
 * something broke. So a download that stalls is reported after 90 seconds and the pauses
 * at the latest, if opening an object takes the store no longer than it should.
 * <li>Where not one byte of any object was read, as for a listing, the first failure
 * after 15 seconds counts: nothing is lost, and somebody waits.
 * <li>An object that is gone, was replaced or is in an archive is a failure at once, and
 * so is an interrupt.
 * </ul>
 * A large object is read in several ranges at once where the store
 * {@linkplain StoreCapabilities#reads() gains by it}. Thread-safe; the streams are not.
 */
@Internal
public final class ObjectReader {

	/** Bytes in a range: fewer where the heap is small. */
	public static final int RANGE = (int) Math.max(512 << 10, Math.min(Runtime.getRuntime().maxMemory() / 64, 2 << 20));

	/** What is larger is read in ranges. */
	private static final long LARGE = 2L * RANGE;

	/** How often a connection may break with hardly a byte in between. */
	static final int TRIES = 5;

	/** What each pause is longer than the one before. */
	private static final int LONGER = 4;

	/** How long to go on where nothing was read yet. */
	public static final Duration LONGEST_SILENCE = Duration.ofSeconds(15);

	/** Before the second try. */
	public static final Duration FIRST_PAUSE = Duration.ofMillis(100);

	private final ObjectStore store;

	private final Duration firstPause;

	private final LongSupplier nanoTime;

	private final StallGuard guard;

	private final long startedAt;

	private volatile boolean answered;

	/**
	 * Creates a reader, for objects that are read for one purpose. Does no I/O.
	 * @param store where the objects are
	 */
	public ObjectReader(ObjectStore store) {
		this(store, FIRST_PAUSE, System::nanoTime);
	}

	/**
	 * Creates a reader that is in more of a hurry, or has another clock.
	 * @param store where the objects are
	 * @param firstPause before the second try
	 * @param nanoTime as {@link System#nanoTime()}
	 */
	public ObjectReader(ObjectStore store, Duration firstPause, LongSupplier nanoTime) {
		this(store, firstPause, nanoTime, StallGuard.SHARED);
	}

	ObjectReader(ObjectStore store, Duration firstPause, LongSupplier nanoTime, StallGuard guard) {
		this.store = store;
		this.firstPause = firstPause;
		this.nanoTime = nanoTime;
		this.guard = guard;
		this.startedAt = nanoTime.getAsLong();
	}

	/**
	 * Opens a whole object at once: that it cannot be opened now is for the caller to
	 * know; only what breaks later is read on.
	 * @param object as listed or stored
	 * @return the object's bytes as stored
	 * @throws IOException as {@link ObjectStore#open} has it
	 */
	public InputStream openNow(StoredObject object) throws IOException {
		return open(object, true);
	}

	/**
	 * Opens a whole object. A failure to open it surfaces here or by the first read.
	 * @param object as listed or stored
	 * @return the object's bytes as stored
	 * @throws java.nio.file.NoSuchFileException if it is gone
	 * @throws ObjectReplacedException if it is another one than its tag says; reading
	 * throws it, too
	 * @throws ArchivedObjectException if it has to be brought back first
	 * @throws java.io.InterruptedIOException if this thread is interrupted; reading
	 * throws it, too
	 */
	public InputStream open(StoredObject object) throws IOException {
		return open(object, false);
	}

	/**
	 * Opens a part of an object. A failure to open it surfaces by the first read.
	 * @param object as listed or stored
	 * @param from the first byte, from 0
	 * @param to the byte after the last one
	 * @return the bytes of the part as stored
	 * @throws IOException as {@link #open(StoredObject)} has it
	 */
	public InputStream open(StoredObject object, long from, long to) throws IOException {
		return new ResumingStream(this, object, from, to);
	}

	private InputStream open(StoredObject object, boolean now) throws IOException {
		boolean parallel = this.store.capabilities().reads() != StoreCapabilities.Reads.SEQUENTIAL
				&& object.size() > LARGE;
		ResumingStream stream = new ResumingStream(this, object, 0, parallel ? RANGE : StoredObject.END);
		if (now) {
			stream.connect();
		}
		return parallel ? ParallelStream.of(this, object, stream) : stream;
	}

	ObjectStore store() {
		return this.store;
	}

	StallGuard guard() {
		return this.guard;
	}

	long nanoTime() {
		return this.nanoTime.getAsLong();
	}

	/** Some bytes of some object were read. */
	void answered() {
		if (!this.answered) {
			this.answered = true;
		}
	}

	/**
	 * How long to wait before another try.
	 * @param failures since it last got on, from 1
	 * @return negative to give up
	 */
	long pauseMillis(int failures) {
		boolean silent = !this.answered && nanoTime() - this.startedAt >= LONGEST_SILENCE.toNanos();
		if (failures >= TRIES || silent) {
			return -1;
		}
		long pause = this.firstPause.toMillis();
		for (int i = 1; i < failures; i++) {
			pause *= LONGER;
		}
		return pause;
	}

	String describe(StoredObject object) {
		return "%s of replica %s".formatted(object.name(), this.store.url());
	}

}
