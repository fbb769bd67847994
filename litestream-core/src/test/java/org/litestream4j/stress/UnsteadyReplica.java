package org.litestream4j.stress;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Random;
import java.util.concurrent.TimeUnit;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.DelegatingStore;

/**
 * A store that is slow now and then, so that much happens while an object is on its way,
 * and that fails: before anything was stored, or after all of it was.
 */
final class UnsteadyReplica extends DelegatingStore {

	private final Random random;

	private final int failuresInThousand;

	private final int longestPause;

	/**
	 * Creates it.
	 * @param failuresInThousand how many writes fail
	 * @param longestPause milliseconds, for each write and each part of a snapshot
	 */
	UnsteadyReplica(ObjectStore store, long seed, int failuresInThousand, int longestPause) {
		super(store);
		this.random = new Random(seed);
		this.failuresInThousand = failuresInThousand;
		this.longestPause = longestPause;
	}

	private synchronized boolean fails() {
		return this.random.nextInt(2000) < this.failuresInThousand;
	}

	private void pause() throws IOException {
		int milliseconds;
		synchronized (this) {
			milliseconds = (this.longestPause == 0) ? 0 : this.random.nextInt(this.longestPause);
			if (this.random.nextInt(8) == 0) {
				milliseconds *= 10; // so that one thing overtakes another
			}
		}
		try {
			TimeUnit.MILLISECONDS.sleep(milliseconds);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException("interrupted", ex);
		}
	}

	private void failSometimes(String when) throws IOException {
		if (fails()) {
			throw new IOException("the store fails " + when);
		}
	}

	@Override
	public StoredObject put(NewObject object, ObjectContent content) throws IOException {
		boolean snapshot = isSnapshots(object.name());
		failSometimes(snapshot ? "before the snapshot" : "before the segment");
		if (!snapshot) {
			pause();
		}
		StoredObject stored = super.put(object, snapshot ? (out) -> content.writeTo(new PausingOutput(out)) : content);
		failSometimes(snapshot ? "after the snapshot" : "after the segment");
		return stored;
	}

	/** Stops before each block. */
	private final class PausingOutput extends OutputStream {

		private final OutputStream out;

		PausingOutput(OutputStream out) {
			this.out = out;
		}

		@Override
		public void write(int value) throws IOException {
			this.out.write(value);
		}

		@Override
		public void write(byte[] bytes, int offset, int length) throws IOException {
			for (int i = 0; i < 5 && length > 1000; i++) {
				pause();
			}
			this.out.write(bytes, offset, length);
		}

	}

}
