package org.litestream4j.stress;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.TimeUnit;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.replica.ObjectContent;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.testing.DelegatingReplicaClient;

/**
 * A store that is slow now and then, so that much happens while an object is on its way,
 * and that fails: before anything was stored, or after all of it was.
 */
final class UnsteadyReplica extends DelegatingReplicaClient {

	private final Random random;

	private final int failuresInThousand;

	private final int longestPause;

	/**
	 * Creates it.
	 * @param failuresInThousand how many writes fail
	 * @param longestPause milliseconds, for each write and each part of a snapshot
	 */
	UnsteadyReplica(ReplicaClient store, long seed, int failuresInThousand, int longestPause) {
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
	public Snapshot writeSnapshot(Generation generation, int index, Instant committedAt, ObjectContent content)
			throws IOException {
		failSometimes("before the snapshot");
		Snapshot snapshot = this.client.writeSnapshot(generation, index, committedAt,
				(out) -> content.writeTo(new PausingOutput(out)));
		failSometimes("after the snapshot");
		return snapshot;
	}

	@Override
	public WalSegment writeWalSegment(WalPosition start, Instant committedAt, ObjectContent content)
			throws IOException {
		failSometimes("before the segment");
		pause();
		WalSegment segment = this.client.writeWalSegment(start, committedAt, content);
		failSometimes("after the segment");
		return segment;
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
