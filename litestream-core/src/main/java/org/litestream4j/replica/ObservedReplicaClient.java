package org.litestream4j.replica;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
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

	private ObservedReplicaClient(ReplicaClient client, String database, String replica, LitestreamListener listener) {
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
	public static ReplicaClient observe(ReplicaClient client, String database, String replica,
			LitestreamListener listener) {
		return (client instanceof ObservedReplicaClient) ? client
				: new ObservedReplicaClient(client, database, replica, listener);
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
		return report(ReplicaOperation.LIST, this.client::generations, (result) -> 0);
	}

	@Override
	public List<Snapshot> snapshots(Generation generation) throws IOException {
		return report(ReplicaOperation.LIST, () -> this.client.snapshots(generation), (result) -> 0);
	}

	@Override
	public List<WalSegment> walSegments(Generation generation) throws IOException {
		return report(ReplicaOperation.LIST, () -> this.client.walSegments(generation), (result) -> 0);
	}

	@Override
	public void visitWalSegments(Generation generation, Consumer<? super WalSegment> visitor) throws IOException {
		report(ReplicaOperation.LIST, () -> {
			this.client.visitWalSegments(generation, visitor);
			return generation;
		}, (result) -> 0);
	}

	@Override
	public Snapshot writeSnapshot(Generation generation, int index, Instant committedAt, ObjectContent content)
			throws IOException {
		return report(ReplicaOperation.WRITE_SNAPSHOT,
				() -> this.client.writeSnapshot(generation, index, committedAt, content), Snapshot::size);
	}

	@Override
	public WalSegment writeWalSegment(WalPosition start, Instant committedAt, ObjectContent content)
			throws IOException {
		return report(ReplicaOperation.WRITE_WAL, () -> this.client.writeWalSegment(start, committedAt, content),
				WalSegment::size);
	}

	@Override
	public InputStream openSnapshot(Snapshot snapshot) throws IOException {
		return open(ReplicaOperation.READ_SNAPSHOT, () -> this.client.openSnapshot(snapshot));
	}

	@Override
	public InputStream openWalSegment(WalSegment segment) throws IOException {
		return open(ReplicaOperation.READ_WAL, () -> this.client.openWalSegment(segment));
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
		report(ReplicaOperation.DELETE, () -> {
			this.client.deleteSnapshots(snapshots);
			return snapshots;
		}, (deleted) -> 0);
	}

	@Override
	public void deleteWalSegments(Collection<WalSegment> segments) throws IOException {
		report(ReplicaOperation.DELETE, () -> {
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

	private <T> T report(ReplicaOperation operation, Call<T> call, ToLongFunction<T> bytes) throws IOException {
		long startedAt = System.nanoTime();
		T result;
		try {
			result = call.call();
		}
		catch (IOException | RuntimeException ex) {
			tell(operation, Outcome.ERROR, startedAt, 0);
			throw ex;
		}
		tell(operation, Outcome.SUCCESS, startedAt, bytes.applyAsLong(result));
		return result;
	}

	private InputStream open(ReplicaOperation operation, Call<InputStream> call) throws IOException {
		long startedAt = System.nanoTime();
		try {
			return new ObservedStream(call.call(), operation, startedAt);
		}
		catch (IOException | RuntimeException ex) {
			tell(operation, Outcome.ERROR, startedAt, 0);
			throw ex;
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

	private interface Call<T> {

		T call() throws IOException;

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
			try {
				int read = this.in.read(target, offset, length);
				this.bytes += Math.max(read, 0);
				return read;
			}
			catch (IOException | RuntimeException ex) {
				this.failed = true;
				throw ex;
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
