package org.litestream4j.stress;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.DelegatingStore;

/**
 * A store behind a network that delays requests and answers, loses them, and brings
 * requests about that their sender has given up. Thread-safe.
 */
final class LateStore extends DelegatingStore {

	private final Random random;

	private final int faultsPerThousand;

	private final int longest;

	private final ScheduledExecutorService later = Executors.newScheduledThreadPool(2, (task) -> {
		Thread thread = new Thread(task, "late-requests");
		thread.setDaemon(true);
		return thread;
	});

	/**
	 * Creates one.
	 * @param faultsPerThousand of a thousand requests, to how many something happens
	 * @param longest how many milliseconds late anything is at most
	 */
	LateStore(ObjectStore store, long seed, int faultsPerThousand, int longest) {
		super(store);
		this.random = new Random(seed);
		this.faultsPerThousand = faultsPerThousand;
		this.longest = longest;
	}

	/** A request. */
	@FunctionalInterface
	private interface Work<T> {

		T run() throws IOException;

	}

	private <T> T run(String name, Work<T> work) throws IOException {
		int kind = -1;
		int late = 0;
		synchronized (this.random) {
			if (this.random.nextInt(1000) < this.faultsPerThousand) {
				kind = this.random.nextInt(5);
				late = 1 + this.random.nextInt(this.longest);
			}
		}
		switch (kind) {
			case 0 -> pause(late);
			case 1 -> throw new IOException(name + ": the request was lost");
			case 2 -> {
				// Nobody waits for it any more, whatever comes of it
				ScheduledFuture<?> unused = this.later.schedule(() -> {
					try {
						work.run();
					}
					catch (IOException ex) {
						// As its sender was told
					}
				}, late, TimeUnit.MILLISECONDS);
				throw new IOException(name + ": the request is under way still");
			}
			default -> {
			}
		}
		T result = work.run();
		if (kind == 3) {
			pause(late);
		}
		if (kind == 4) {
			throw new IOException(name + ": the answer was lost");
		}
		return result;
	}

	private static void pause(int millis) throws IOException {
		try {
			TimeUnit.MILLISECONDS.sleep(millis);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException("interrupted", ex);
		}
	}

	@Override
	public StoredObject put(NewObject object, ObjectContent content) throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		content.writeTo(bytes);
		return run("put " + object.name(), () -> super.put(object, bytes::writeTo));
	}

	@Override
	public List<String> directories(String directory) throws IOException {
		return run("list " + directory, () -> super.directories(directory));
	}

	@Override
	public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
		run("list " + directory, () -> List.of());
		super.list(directory, depth, visitor);
	}

	@Override
	public OpenedObject open(StoredObject object, long from, long to) throws IOException {
		run("open " + object.name(), () -> List.of());
		return super.open(object, from, to);
	}

	@Override
	public Optional<StoredObject> stat(String name) throws IOException {
		return run("stat " + name, () -> super.stat(name));
	}

	@Override
	public void delete(Collection<String> names) throws IOException {
		List<String> copy = List.copyOf(names);
		run("delete", () -> {
			super.delete(copy);
			return copy;
		});
	}

	@Override
	public void close() {
		this.later.shutdown();
		super.close();
	}

}
