package org.litestream4j.store;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

import org.litestream4j.Internal;
import org.litestream4j.observe.GuardedListener;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.Outcome;
import org.litestream4j.observe.LitestreamListener.ReplicaOperation;

/**
 * Reports every operation on a store to a listener, with how long it took and how many
 * bytes were stored or read. An object that is read is reported when its stream is
 * closed. Thread-safe if the store is.
 */
@Internal
public final class ObservedStore extends ForwardingStore {

	private final String database;

	private final String replica;

	private final Predicate<String> snapshots;

	private final LitestreamListener listener;

	private final LongSupplier nanos;

	private final Set<Pending> pending;

	ObservedStore(ObjectStore store, String database, String replica, Predicate<String> snapshots,
			LitestreamListener listener, LongSupplier nanos) {
		this(store, database, replica, snapshots, listener, nanos, ConcurrentHashMap.newKeySet());
	}

	private ObservedStore(ObjectStore store, String database, String replica, Predicate<String> snapshots,
			LitestreamListener listener, LongSupplier nanos, Set<Pending> pending) {
		super(store);
		this.database = database;
		this.replica = replica;
		this.snapshots = snapshots;
		this.listener = GuardedListener.of(listener);
		this.nanos = nanos;
		this.pending = pending;
	}

	/**
	 * Observes a store; one that is observed already stays as it is, so that nothing is
	 * reported twice.
	 * @param store the store to observe
	 * @param database the database's name, for the listener
	 * @param replica the replica's name, for the listener
	 * @param snapshots which names are those of snapshots
	 * @param listener hears of it; what it throws is logged
	 * @return the store to use in its place
	 */
	public static ObservedStore observe(ObjectStore store, String database, String replica, Predicate<String> snapshots,
			LitestreamListener listener) {
		return (store instanceof ObservedStore observed) ? observed
				: new ObservedStore(store, database, replica, snapshots, listener, System::nanoTime);
	}

	@Override
	public ObjectStore afresh() {
		return new ObservedStore(store().afresh(), this.database, this.replica, this.snapshots, this.listener,
				this.nanos, this.pending);
	}

	@Override
	public List<String> directories(String directory) throws IOException {
		return report(ReplicaOperation.LIST, (request) -> store().directories(directory), (result) -> 0);
	}

	@Override
	public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
		report(ReplicaOperation.LIST, (request) -> {
			store().list(directory, depth, (object) -> {
				request.advanced(0);
				return visitor.visit(object);
			});
			return directory;
		}, (result) -> 0);
	}

	@Override
	public StoredObject put(NewObject object, ObjectContent content) throws IOException {
		boolean snapshot = this.snapshots.test(object.name());
		return report(snapshot ? ReplicaOperation.WRITE_SNAPSHOT : ReplicaOperation.WRITE_WAL,
				(request) -> store().put(object, request.watching(content)), StoredObject::size);
	}

	@Override
	public OpenedObject open(StoredObject object, long from, long to) throws IOException {
		ReplicaOperation operation = this.snapshots.test(object.name()) ? ReplicaOperation.READ_SNAPSHOT
				: ReplicaOperation.READ_WAL;
		long startedAt = System.nanoTime();
		Pending request = begin(operation);
		try {
			return new ObservedObject(store().open(object, from, to), operation, startedAt);
		}
		catch (IOException | RuntimeException ex) {
			reportEnd(operation, Outcome.ERROR, startedAt, 0);
			throw ex;
		}
		finally {
			this.pending.remove(request);
		}
	}

	@Override
	public void delete(Collection<String> names) throws IOException {
		report(ReplicaOperation.DELETE, (request) -> {
			store().delete(names);
			return names;
		}, (deleted) -> 0);
	}

	/** Not reported, as nobody waits for what it does, but seen when it hangs. */
	@Override
	public void discardUnfinished(String directory, Predicate<String> own) {
		Pending request = begin(ReplicaOperation.LIST);
		try {
			store().discardUnfinished(directory, own);
		}
		finally {
			this.pending.remove(request);
		}
	}

	private Pending begin(ReplicaOperation operation) {
		Pending request = new Pending(operation, this.nanos);
		this.pending.add(request);
		return request;
	}

	/**
	 * What the replica has kept waiting for longer than usual: nothing went in or out for
	 * ten seconds, and for another one for each MiB that went before and may still be on
	 * its way. A listing, which may be of many pages, has half a minute.
	 * @return one sentence on what waits; empty if all is well
	 */
	public Optional<String> waiting() {
		long now = this.nanos.getAsLong();
		return this.pending.stream()
			.filter((request) -> request.silence(now).compareTo(request.patience()) > 0)
			.max(Comparator.comparing((request) -> request.silence(now)))
			.map((request) -> "a request to %s (%s) has been waiting for an answer for %d s".formatted(url(),
					request.describe(), request.silence(now).toSeconds()));
	}

	private <T> T report(ReplicaOperation operation, Call<T> call, ToLongFunction<T> bytes) throws IOException {
		long startedAt = System.nanoTime();
		T result;
		Pending request = begin(operation);
		try {
			result = call.call(request);
		}
		catch (IOException | RuntimeException ex) {
			reportEnd(operation, Outcome.ERROR, startedAt, 0);
			throw ex;
		}
		finally {
			this.pending.remove(request);
		}
		reportEnd(operation, Outcome.SUCCESS, startedAt, bytes.applyAsLong(result));
		return result;
	}

	private void reportEnd(ReplicaOperation operation, Outcome outcome, long startedAt, long bytes) {
		this.listener.replicaOperation(this.database, this.replica, operation, outcome,
				Duration.ofNanos(System.nanoTime() - startedAt), bytes);
	}

	/** A request that has no answer yet. One thread writes, others read. */
	private static final class Pending {

		private static final Duration USUAL = Duration.ofSeconds(10);

		private static final Duration LISTING = Duration.ofSeconds(30);

		private static final Duration LONGEST = Duration.ofMinutes(2);

		private final ReplicaOperation operation;

		private final LongSupplier nanos;

		private volatile long lastAdvance;

		private volatile long bytes;

		Pending(ReplicaOperation operation, LongSupplier nanos) {
			this.operation = operation;
			this.nanos = nanos;
			this.lastAdvance = nanos.getAsLong();
		}

		@SuppressWarnings("NonAtomicVolatileUpdate") // by one thread only
		void advanced(int count) {
			this.bytes += count;
			this.lastAdvance = this.nanos.getAsLong();
		}

		Duration silence(long now) {
			return Duration.ofNanos(now - this.lastAdvance);
		}

		Duration patience() {
			if (this.operation == ReplicaOperation.LIST || this.operation == ReplicaOperation.DELETE) {
				return LISTING;
			}
			Duration patience = USUAL.plusSeconds(this.bytes >> 20);
			return (patience.compareTo(LONGEST) < 0) ? patience : LONGEST;
		}

		String describe() {
			return this.operation.name().toLowerCase(Locale.ROOT).replace('_', ' ');
		}

		ObjectContent watching(ObjectContent content) {
			return (out) -> content.writeTo(new FilterOutputStream(out) {
				@Override
				public void write(byte[] source, int offset, int length) throws IOException {
					this.out.write(source, offset, length);
					advanced(length);
				}
			});
		}

	}

	private interface Call<T> {

		T call(Pending request) throws IOException;

	}

	/** Read by one thread; may be closed by another. */
	private final class ObservedObject extends OpenedObject {

		private final ReplicaOperation operation;

		private final long startedAt;

		private volatile long bytes;

		/** A read is under way, or has failed: what is closed now was not read well. */
		private volatile boolean failed;

		private boolean closed;

		ObservedObject(OpenedObject opened, ReplicaOperation operation, long startedAt) {
			super(opened, opened.object());
			this.operation = operation;
			this.startedAt = startedAt;
		}

		@Override
		public int read() throws IOException {
			byte[] one = new byte[1];
			return (read(one, 0, 1) < 0) ? -1 : one[0] & 0xff;
		}

		@Override
		@SuppressWarnings("NonAtomicVolatileUpdate") // by one thread only
		public int read(byte[] target, int offset, int length) throws IOException {
			Pending request = begin(this.operation);
			this.failed = true;
			try {
				int read = this.in.read(target, offset, length);
				this.bytes += Math.max(read, 0);
				this.failed = false;
				return read;
			}
			finally {
				ObservedStore.this.pending.remove(request);
			}
		}

		@Override
		public void close() throws IOException {
			try {
				this.in.close();
			}
			finally {
				if (isFirst()) {
					reportEnd(this.operation, this.failed ? Outcome.ERROR : Outcome.SUCCESS, this.startedAt,
							this.bytes);
				}
			}
		}

		private synchronized boolean isFirst() {
			boolean first = !this.closed;
			this.closed = true;
			return first;
		}

	}

}
