package org.litestream4j.store.s3;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.DelegatingS3Client;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Clients that stores of equal configuration share, so that a thousand databases in one
 * bucket have one client, with its connections and threads. Thread-safe.
 */
final class S3SharedClients {

	private final Map<Key, Counted> clients = new ConcurrentHashMap<>();

	/**
	 * What makes two clients equal.
	 *
	 * @param connection how to reach the store
	 * @param base gives what the connection does not; the same, not an equal one
	 * @param terms of who reads the errors
	 */
	private record Key(S3Connection connection, @Nullable S3Client base, S3Terms terms) {
	}

	/**
	 * A client and how many use it.
	 */
	private record Counted(S3Client client, int users) {
	}

	/**
	 * A client for a store.
	 * @return to be closed by the store; the last one to be closed closes what it shares
	 * @throws IllegalArgumentException if no region is to be found
	 */
	S3Client acquire(S3Connection connection, @Nullable S3Client base, S3Terms terms) {
		return acquire(new Key(connection, base, terms), () -> S3Clients.create(connection, base, terms));
	}

	private S3Client acquire(Key key, Supplier<S3Client> creation) {
		Counted counted = this.clients.compute(key, (same, known) -> (known != null)
				? new Counted(known.client(), known.users() + 1) : new Counted(creation.get(), 1));
		return new Shared(counted.client(), () -> release(key));
	}

	private void release(Key key) {
		this.clients.computeIfPresent(key, (same, known) -> {
			if (known.users() > 1) {
				return new Counted(known.client(), known.users() - 1);
			}
			known.client().close();
			return null;
		});
	}

	/** How many clients there are. */
	int size() {
		return this.clients.size();
	}

	/** One user's view of a client. Thread-safe. */
	static final class Shared extends DelegatingS3Client {

		private final Runnable release;

		private final AtomicBoolean closed = new AtomicBoolean();

		Shared(S3Client client, Runnable release) {
			super(client);
			this.release = release;
		}

		@Override
		public void close() {
			if (this.closed.compareAndSet(false, true)) {
				this.release.run();
			}
		}

		/** Whether two share one client. */
		boolean isSharedWith(Shared other) {
			return delegate() == other.delegate();
		}

	}

}
