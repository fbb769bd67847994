package org.litestream4j.live;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.database.CheckpointMode;
import org.litestream4j.database.CheckpointResult;
import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.LeftOpen;

/**
 * Keeps the WAL from growing for ever after replication has stopped, where the
 * application goes on writing with automatic checkpoints off, as replication wants them.
 * Leaves a small WAL alone, as with it the next start proves that it goes on. Ends when
 * an engine takes the connections over, or when nobody else in this process has the
 * database open: it then closes them, as they keep descriptors. One thread serves all
 * databases, and ends with the last: it keeps the class loader.
 */
final class WalTender implements Runnable {

	private static final Logger logger = LoggerFactory.getLogger(WalTender.class);

	private static final Duration SPACING = Duration.ofMillis(250);

	/** Looking who has the WAL open costs more than looking at the WAL. */
	private static final int LOOKS_PER_CENSUS = 40;

	/** An engine that starts again at once finds the WAL as it was left. */
	private static final int LOOKS_AT_LEAST = 50;

	/** An application that ends closes its connections soon. */
	private static final int FIRST_LOOKS = 250;

	private static final Duration FIRST_SPACING = Duration.ofMillis(20);

	/** Counting who has what open takes at most this part of the time. */
	private static final int CENSUS_SHARE = 10;

	/** Times of {@link System#nanoTime()} mean something only against each other. */
	private static final long BEGINNING = System.nanoTime();

	/** Those that are tended, the one to look at next first; guarded by itself. */
	private static final PriorityQueue<WalTender> TENDED = new PriorityQueue<>(
			Comparator.comparingLong((tender) -> tender.nextLook - BEGINNING));

	/** Whether all classes are loaded that the thread needs; guarded as the next. */
	private static boolean loaded;

	/** That serves all; guarded by {@link #TENDED}. */
	@Nullable private static Thread thread;

	private final DatabaseFile file;

	private final LeftOpen left;

	private final int mostPages;

	private int look = 1;

	private long nextLook = System.nanoTime();

	/**
	 * Begins nothing yet.
	 * @param left the connections that were left with the file
	 * @param mostPages WAL pages that should not be exceeded
	 */
	WalTender(DatabaseFile file, LeftOpen left, int mostPages) {
		this.file = file;
		this.left = left;
		this.mostPages = mostPages;
	}

	/** Starts one on the thread of all, which does not keep the JVM alive. */
	static void start(DatabaseFile file, LeftOpen left, int mostPages) {
		WalTender tender = new WalTender(file, left, mostPages);
		synchronized (TENDED) {
			if (!loaded) {
				// A class loader that is closed meanwhile loads nothing more
				left.isLast(LeftOpen.census());
				loaded = true;
			}
			TENDED.add(tender);
			if (thread == null) {
				Thread started = new Thread(WalTender::tendAll, "litestream-wal-tender");
				started.setDaemon(true);
				started.setContextClassLoader(null);
				started.start();
				thread = started;
			}
			LockSupport.unpark(thread);
		}
	}

	private static void tendAll() {
		long nextCensus = System.nanoTime();
		List<WalTender> due = due();
		while (!due.isEmpty() || isNeeded()) {
			due.removeIf((tender) -> !tender.isStillTended());
			List<WalTender> last = new ArrayList<>();
			long start = System.nanoTime();
			if (start - nextCensus >= 0 && due.stream().anyMatch(WalTender::needsCensus)) {
				LeftOpen.Census first = LeftOpen.census();
				due.stream().filter((tender) -> tender.needsCensus() && tender.left.isLast(first)).forEach(last::add);
				if (!last.isEmpty()) {
					// The first is of some time ago by now
					LeftOpen.Census second = LeftOpen.census();
					last.removeIf((tender) -> !tender.left.isLast(second));
				}
				last.forEach(WalTender::close);
				long end = System.nanoTime();
				nextCensus = end + CENSUS_SHARE * (end - start);
			}
			due.removeAll(last);
			due.forEach(WalTender::putOff);
			synchronized (TENDED) {
				TENDED.addAll(due);
			}
			pause();
			due = due();
		}
	}

	/** What goes wrong with one must not end the thread of all. */
	private boolean isStillTended() {
		try {
			return (this.look < LOOKS_AT_LEAST) ? isOurs() : tend();
		}
		catch (RuntimeException | Error ex) {
			logger.warn("The WAL of {} is checkpointed no longer by what replication left: {}", this.file.path(),
					ex.toString());
			return false;
		}
	}

	private void putOff() {
		Duration spacing = (this.look <= FIRST_LOOKS) ? FIRST_SPACING : SPACING;
		this.nextLook = System.nanoTime() + spacing.toNanos();
		this.look++;
	}

	/** Takes those out whose time has come. */
	private static List<WalTender> due() {
		List<WalTender> due = new ArrayList<>();
		synchronized (TENDED) {
			long now = System.nanoTime();
			WalTender first = TENDED.peek();
			while (first != null && first.nextLook - now <= 0) {
				due.add(TENDED.remove());
				first = TENDED.peek();
			}
		}
		return due;
	}

	/** Ends the thread if there is nothing left; whoever comes then starts another. */
	private static boolean isNeeded() {
		synchronized (TENDED) {
			if (TENDED.isEmpty()) {
				thread = null;
			}
			return !TENDED.isEmpty();
		}
	}

	private static void pause() {
		long until;
		synchronized (TENDED) {
			WalTender first = TENDED.peek();
			if (first == null) {
				return;
			}
			until = first.nextLook;
		}
		LockSupport.parkNanos(until - System.nanoTime());
		// Nobody ends this thread so; left set, parking would not wait
		Thread.interrupted();
	}

	/** On a thread of its own. */
	@Override
	public void run() {
		while (isStillTended()) {
			if (needsCensus() && this.left.isLast()) {
				close();
				return;
			}
			putOff();
			LockSupport.parkNanos(this.nextLook - System.nanoTime());
			Thread.interrupted();
		}
	}

	private boolean needsCensus() {
		return this.look >= LOOKS_AT_LEAST && (this.look <= FIRST_LOOKS || this.look % LOOKS_PER_CENSUS == 0);
	}

	private boolean isOurs() {
		return this.file.withRetained(this.left, () -> {
		});
	}

	private void close() {
		this.file.withRetained(this.left, () -> {
			this.file.takeRetained();
			this.left.close();
		});
	}

	/**
	 * Checkpoints if the WAL has come too far.
	 * @return false once the connections are no longer ours
	 */
	boolean tend() {
		return this.file.withRetained(this.left, () -> {
			try {
				if (this.file.isStillAtItsPath()) {
					checkpointIfLong();
				}
			}
			catch (IOException ex) {
				logger.debug("The WAL of {} could not be checkpointed", this.file.path(), ex);
			}
		});
	}

	private void checkpointIfLong() throws IOException {
		this.left.unpin();
		CheckpointResult published = this.left.published();
		if (published.log() - published.backfilled() <= this.mostPages) {
			return;
		}
		if (!this.left.checkpoint(CheckpointMode.PASSIVE).isComplete()) {
			// A writer that never pauses; with the write lock only for what is left
			this.left.checkpoint(CheckpointMode.RESTART);
		}
	}

}
