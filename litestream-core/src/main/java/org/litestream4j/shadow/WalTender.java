package org.litestream4j.shadow;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

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
 * database open: it then closes them, as they keep descriptors, and its thread keeps the
 * class loader.
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

	private final DatabaseFile file;

	private final LeftOpen left;

	private final int mostPages;

	/**
	 * Creates it.
	 * @param left the connections that were left with the file
	 * @param mostPages WAL pages that should not be exceeded
	 */
	WalTender(DatabaseFile file, LeftOpen left, int mostPages) {
		this.file = file;
		this.left = left;
		this.mostPages = mostPages;
	}

	/** Starts one on a thread of its own, which does not keep the JVM alive. */
	static void start(DatabaseFile file, LeftOpen left, int mostPages) {
		left.isLast(); // a class loader that is closed meanwhile loads nothing more
		Thread thread = new Thread(new WalTender(file, left, mostPages), "litestream-wal-tender");
		thread.setDaemon(true);
		thread.setContextClassLoader(null);
		thread.start();
	}

	@Override
	public void run() {
		for (int look = 1; (look < LOOKS_AT_LEAST) ? isOurs() : tend(); look++) {
			boolean first = look <= FIRST_LOOKS;
			boolean census = look >= LOOKS_AT_LEAST && (first || look % LOOKS_PER_CENSUS == 0);
			if (census && this.left.isLast()) {
				close();
				return;
			}
			LockSupport.parkNanos((first ? FIRST_SPACING : SPACING).toNanos());
			// Nobody ends this thread so; left set, parking would not wait
			Thread.interrupted();
		}
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
