package org.litestream4j.testing;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.StoredObject;

/**
 * A store that works, until a test makes it fail, and that notes what was done to it.
 * Thread-safe.
 */
public final class FaultyStore extends DelegatingStore {

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

	private final List<String> attempted = new CopyOnWriteArrayList<>();

	private final List<String> done = new CopyOnWriteArrayList<>();

	private final List<String> stored = new CopyOnWriteArrayList<>();

	private volatile Fault before = Fault.NONE;

	private volatile Fault after = Fault.NONE;

	private volatile boolean closed;

	public FaultyStore(ObjectStore store) {
		super(store);
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
	public List<String> directories(String directory) throws IOException {
		return run("list " + directory, () -> super.directories(directory));
	}

	@Override
	public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
		if (depth == Depth.TREE) {
			super.list(directory, depth, visitor); // a part of listing generations
			return;
		}
		run(isWal(directory) ? "list segments" : "list snapshots", () -> {
			super.list(directory, depth, visitor);
			return directory;
		});
	}

	@Override
	public StoredObject put(NewObject object, ObjectContent content) throws IOException {
		return run("write " + object.name(), () -> super.put(object, content));
	}

	@Override
	public OpenedObject open(StoredObject object, long from, long to) throws IOException {
		return run("open " + object.name(), () -> super.open(object, from, to));
	}

	@Override
	public void delete(Collection<String> names) throws IOException {
		run(names.stream().anyMatch(DelegatingStore::isWal) ? "delete segments" : "delete snapshots", () -> {
			super.delete(names);
			return names;
		});
	}

	@Override
	public void close() {
		this.closed = true;
		super.close();
	}

}
