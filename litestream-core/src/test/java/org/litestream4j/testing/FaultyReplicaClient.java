package org.litestream4j.testing;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.replica.ObjectContent;
import org.litestream4j.replica.ReplicaClient;

/**
 * A replica that works, until a test makes it fail, and that notes what was done to it.
 * Thread-safe.
 */
public final class FaultyReplicaClient implements ReplicaClient {

	/** Is asked before or after each operation, and throws where it is to fail. */
	@FunctionalInterface
	public interface Fault {

		/** Fails nothing. */
		Fault NONE = (operation) -> {
		};

		/**
		 * Strikes or not.
		 * @param operation for example {@code list generations}, {@code write} and an
		 * object's name, {@code open} and an object's name, {@code delete}
		 */
		void strike(String operation) throws IOException;

	}

	private final ReplicaClient client;

	private final List<String> attempted = new CopyOnWriteArrayList<>();

	private final List<String> done = new CopyOnWriteArrayList<>();

	private final List<String> stored = new CopyOnWriteArrayList<>();

	private volatile Fault before = Fault.NONE;

	private volatile Fault after = Fault.NONE;

	private volatile boolean closed;

	public FaultyReplicaClient(ReplicaClient client) {
		this.client = client;
	}

	/** Every operation fails from now on, before it has had any effect. */
	public void fail() {
		before((operation) -> {
			throw new IOException("the store is away");
		});
	}

	/** The nth operation from now on fails, before it has had any effect. */
	public void failNth(int number) {
		AtomicInteger left = new AtomicInteger(number);
		before((operation) -> {
			if (left.decrementAndGet() == 0) {
				throw new IOException("operation %d fails: %s".formatted(number, operation));
			}
		});
	}

	/** Every operation that begins from now on does not return before the latch opens. */
	public void hangUntil(CountDownLatch latch) {
		before((operation) -> {
			try {
				latch.await();
			}
			catch (InterruptedException ex) {
				throw new IOException("interrupted", ex);
			}
		});
	}

	/** Asks before each operation. */
	public void before(Fault fault) {
		this.before = fault;
	}

	/** Asks after each operation, which has had its effect then. */
	public void after(Fault fault) {
		this.after = fault;
	}

	/** Works from now on. */
	public void heal() {
		this.before = Fault.NONE;
		this.after = Fault.NONE;
	}

	/** What was begun, in order. */
	public List<String> attempted() {
		return List.copyOf(this.attempted);
	}

	/** What has had its effect, in order. */
	public List<String> done() {
		return List.copyOf(this.done);
	}

	/** Names of the objects that were stored, in order, as often as they were. */
	public List<String> stored() {
		return List.copyOf(this.stored);
	}

	/** Whether it was closed. */
	public boolean isClosed() {
		return this.closed;
	}

	/** Forgets what was noted. */
	public void forget() {
		this.attempted.clear();
		this.done.clear();
		this.stored.clear();
	}

	/** An operation. */
	@FunctionalInterface
	private interface Operation<T> {

		T run() throws IOException;

	}

	private <T> T run(String name, Operation<T> operation) throws IOException {
		this.attempted.add(name);
		this.before.strike(name);
		T result = operation.run();
		this.done.add(name);
		if (name.startsWith("write ")) {
			this.stored.add(name.substring("write ".length()));
		}
		this.after.strike(name);
		return result;
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
	public Optional<Duration> clockOffset() {
		return this.client.clockOffset();
	}

	@Override
	public List<Generation> generations() throws IOException {
		return run("list generations", this.client::generations);
	}

	@Override
	public List<Snapshot> snapshots(Generation generation) throws IOException {
		return run("list snapshots", () -> this.client.snapshots(generation));
	}

	@Override
	public List<WalSegment> walSegments(Generation generation) throws IOException {
		return run("list segments", () -> this.client.walSegments(generation));
	}

	@Override
	public Snapshot writeSnapshot(Generation generation, int index, Instant committedAt, ObjectContent content)
			throws IOException {
		return run("write " + new Snapshot(generation, index, 0, committedAt).objectName(),
				() -> this.client.writeSnapshot(generation, index, committedAt, content));
	}

	@Override
	public WalSegment writeWalSegment(WalPosition start, Instant committedAt, ObjectContent content)
			throws IOException {
		return run("write "
				+ new WalSegment(start.generation(), start.index(), start.offset(), 0, committedAt).objectName(),
				() -> this.client.writeWalSegment(start, committedAt, content));
	}

	@Override
	public InputStream openSnapshot(Snapshot snapshot) throws IOException {
		return run("open " + snapshot.objectName(), () -> this.client.openSnapshot(snapshot));
	}

	@Override
	public InputStream openWalSegment(WalSegment segment) throws IOException {
		return run("open " + segment.objectName(), () -> this.client.openWalSegment(segment));
	}

	@Override
	public void deleteSnapshots(Collection<Snapshot> snapshots) throws IOException {
		run("delete snapshots", () -> {
			this.client.deleteSnapshots(snapshots);
			return List.of();
		});
	}

	@Override
	public void deleteWalSegments(Collection<WalSegment> segments) throws IOException {
		run("delete segments", () -> {
			this.client.deleteWalSegments(segments);
			return List.of();
		});
	}

	@Override
	public void close() {
		this.closed = true;
		this.client.close();
	}

}
