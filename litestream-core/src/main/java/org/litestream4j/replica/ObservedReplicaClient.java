package org.litestream4j.replica;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.Outcome;
import org.litestream4j.observe.LitestreamListener.ReplicaOperation;

/**
 * Reports every operation on a replica to a listener, with how long it took and how many
 * bytes were stored or read. An object that is read is reported when its stream is
 * closed. Thread-safe if the client is.
 */
public final class ObservedReplicaClient implements ReplicaClient {

	private static final Logger logger = LoggerFactory.getLogger(ObservedReplicaClient.class);

	private final ReplicaClient client;

	private final String database;

	private final String replica;

	private final LitestreamListener listener;

	private final LongSupplier nanos;

	private final Set<Pending> pending = ConcurrentHashMap.newKeySet();

	ObservedReplicaClient(ReplicaClient client, String database, String replica, LitestreamListener listener,
			LongSupplier nanos) {
		this.nanos = nanos;
		this.client = client;
		this.database = database;
		this.replica = replica;
		this.listener = listener;
	}

	/**
	 * Observes a client; one that is observed already stays as it is, so that nothing is
	 * reported twice.
	 * @param client the client to observe
	 * @param database the database's name, for the listener
	 * @param replica the replica's name, for the listener
	 * @param listener hears of it; what it throws is logged
	 */
	public static ObservedReplicaClient observe(ReplicaClient client, String database, String replica,
			LitestreamListener listener) {
		return (client instanceof ObservedReplicaClient observed) ? observed
				: new ObservedReplicaClient(client, database, replica, listener, System::nanoTime);
	}

	@Override
	public String type() {
		return this.client.type();
	}

	@Override
	public String url() {
		return this.client.url();
	}

	@Override
	public int concurrentReads() {
		return this.client.concurrentReads();
	}

	@Override
	public Optional<Duration> clockOffset() {
		return this.client.clockOffset();
	}

	@Override
	public List<Generation> generations() throws IOException {
		return report(ReplicaOperation.LIST, (request) -> this.client.generations(), (result) -> 0);
	}

	@Override
	public Optional<ForeignBackup> foreignBackup() throws IOException {
		return report(ReplicaOperation.LIST, (request) -> this.client.foreignBackup(), (result) -> 0);
	}

	@Override
	public List<Generation> generationsAgain() throws IOException {
		return report(ReplicaOperation.LIST, (request) -> this.client.generationsAgain(), (result) -> 0);
	}

	@Override
	public List<Snapshot> snapshots(Generation generation) throws IOException {
		return report(ReplicaOperation.LIST, (request) -> this.client.snapshots(generation), (result) -> 0);
	}

	@Override
	public List<WalSegment> walSegments(Generation generation) throws IOException {
		return report(ReplicaOperation.LIST, (request) -> this.client.walSegments(generation), (result) -> 0);
	}

	@Override
	public void visitWalSegments(Generation generation, Consumer<? super WalSegment> visitor) throws IOException {
		report(ReplicaOperation.LIST, (request) -> {
			this.client.visitWalSegments(generation, (segment) -> {
				request.advanced(0);
				visitor.accept(segment);
			});
			return generation;
		}, (result) -> 0);
	}

	@Override
	public Snapshot writeSnapshot(Generation generation, int index, Instant committedAt, ObjectContent content)
			throws IOException {
		return report(ReplicaOperation.WRITE_SNAPSHOT,
				(request) -> this.client.writeSnapshot(generation, index, committedAt, request.watching(content)),
				Snapshot::size);
	}

	@Override
	public WalSegment writeWalSegment(WalPosition start, Instant committedAt, ObjectContent content)
			throws IOException {
		return report(ReplicaOperation.WRITE_WAL,
				(request) -> this.client.writeWalSegment(start, committedAt, request.watching(content)),
				WalSegment::size);
	}

	@Override
	public InputStream openSnapshot(Snapshot snapshot) throws IOException {
		return open(ReplicaOperation.READ_SNAPSHOT, (request) -> this.client.openSnapshot(snapshot));
	}

	@Override
	public InputStream openWalSegment(WalSegment segment) throws IOException {
		return open(ReplicaOperation.READ_WAL, (request) -> this.client.openWalSegment(segment));
	}

	@Override
	public Instant committedAt(Snapshot snapshot) throws IOException {
		return this.client.committedAt(snapshot);
	}

	@Override
	public Instant committedAt(WalSegment segment) throws IOException {
		return this.client.committedAt(segment);
	}

	@Override
	public void deleteSnapshots(Collection<Snapshot> snapshots) throws IOException {
		report(ReplicaOperation.DELETE, (request) -> {
			this.client.deleteSnapshots(snapshots);
			return snapshots;
		}, (deleted) -> 0);
	}

	@Override
	public void deleteWalSegments(Collection<WalSegment> segments) throws IOException {
		report(ReplicaOperation.DELETE, (request) -> {
			this.client.deleteWalSegments(segments);
			return segments;
		}, (deleted) -> 0);
	}

	@Override
	public void close() {
		this.client.close();
	}

	@Override
	public String toString() {
		return this.client.toString();
	}

	private Pending begin(ReplicaOperation operation) {
		Pending request = new Pending(operation, this.nanos);
		this.pending.add(request);
		return request;
	}

	/**
	 * What the replica has kept waiting for longer than usual, in one sentence: nothing
	 * went in or out for ten seconds, and for another one for each MiB that went before
	 * and may still be on its way. Empty if all is well. A listing, which may be of many
	 * pages, has half a minute.
	 */
	public Optional<String> waiting() {
		long now = this.nanos.getAsLong();
		return this.pending.stream()
			.filter((request) -> request.silence(now).compareTo(request.patience()) > 0)
			.max(Comparator.comparing((request) -> request.silence(now)))
			.map((request) -> "a request to %s (%s) has been waiting for an answer for %d s"
				.formatted(this.client.url(), request.describe(), request.silence(now).toSeconds()));
	}

	private <T> T report(ReplicaOperation operation, Call<T> call, ToLongFunction<T> bytes) throws IOException {
		long startedAt = System.nanoTime();
		T result;
		Pending request = begin(operation);
		try {
			result = call.call(request);
		}
		catch (IOException | RuntimeException ex) {
			tell(operation, Outcome.ERROR, startedAt, 0);
			throw ex;
		}
		finally {
			this.pending.remove(request);
		}
		tell(operation, Outcome.SUCCESS, startedAt, bytes.applyAsLong(result));
		return result;
	}

	private InputStream open(ReplicaOperation operation, Call<InputStream> call) throws IOException {
		long startedAt = System.nanoTime();
		Pending request = begin(operation);
		try {
			return new ObservedStream(call.call(request), operation, startedAt);
		}
		catch (IOException | RuntimeException ex) {
			tell(operation, Outcome.ERROR, startedAt, 0);
			throw ex;
		}
		finally {
			this.pending.remove(request);
		}
	}

	private void tell(ReplicaOperation operation, Outcome outcome, long startedAt, long bytes) {
		Duration duration = Duration.ofNanos(System.nanoTime() - startedAt);
		try {
			this.listener.replicaOperation(this.database, this.replica, operation, outcome, duration, bytes);
		}
		catch (RuntimeException ex) {
			logger.warn("A listener failed on {} of replica {}", operation, this.replica, ex);
		}
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

	/** Not thread-safe. */
	private final class ObservedStream extends FilterInputStream {

		private final ReplicaOperation operation;

		private final long startedAt;

		private long bytes;

		private boolean failed;

		private boolean closed;

		ObservedStream(InputStream in, ReplicaOperation operation, long startedAt) {
			super(in);
			this.operation = operation;
			this.startedAt = startedAt;
		}

		@Override
		public int read() throws IOException {
			byte[] one = new byte[1];
			return (read(one, 0, 1) < 0) ? -1 : one[0] & 0xff;
		}

		@Override
		public int read(byte[] target, int offset, int length) throws IOException {
			Pending request = begin(this.operation);
			try {
				int read = this.in.read(target, offset, length);
				this.bytes += Math.max(read, 0);
				return read;
			}
			catch (IOException | RuntimeException ex) {
				this.failed = true;
				throw ex;
			}
			finally {
				ObservedReplicaClient.this.pending.remove(request);
			}
		}

		@Override
		public void close() throws IOException {
			try {
				this.in.close();
			}
			finally {
				if (!this.closed) {
					this.closed = true;
					tell(this.operation, this.failed ? Outcome.ERROR : Outcome.SUCCESS, this.startedAt, this.bytes);
				}
			}
		}

	}

}
