package org.litestream4j.shadow;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.database.CheckpointMode;
import org.litestream4j.database.CheckpointResult;
import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.ReadLock;

/**
 * Keeps the WAL from growing for ever after replication has stopped, where the
 * application goes on writing with automatic checkpoints off, as replication wants them.
 * Leaves a small WAL alone, as with it the next start proves that it goes on. Ends when
 * an engine takes the connection over, when the database is gone, or when nobody else in
 * this process has had it open for a minute, as its thread keeps the class loader alive.
 */
final class WalTender implements Runnable {

	private static final Logger logger = LoggerFactory.getLogger(WalTender.class);

	private static final Duration SPACING = Duration.ofMillis(250);

	/** Looking who has the WAL open costs more than looking at the WAL. */
	private static final int LOOKS_PER_CENSUS = 40;

	private static final int LONELY_CENSUSES = 6;

	private final DatabaseFile file;

	private final ReadLock reader;

	private final int mostPages;

	/**
	 * Creates it.
	 * @param reader the connection that was left with the file
	 * @param mostPages WAL pages that should not be exceeded
	 */
	WalTender(DatabaseFile file, ReadLock reader, int mostPages) {
		this.file = file;
		this.reader = reader;
		this.mostPages = mostPages;
	}

	/** Starts one on a thread of its own, which does not keep the JVM alive. */
	static void start(DatabaseFile file, ReadLock reader, int mostPages) {
		Thread thread = new Thread(new WalTender(file, reader, mostPages), "litestream-wal-tender");
		thread.setDaemon(true);
		thread.setContextClassLoader(null);
		thread.start();
	}

	@Override
	public void run() {
		int lonely = 0;
		for (int look = 1; lonely < LONELY_CENSUSES && tend(); look++) {
			LockSupport.parkNanos(SPACING.toNanos());
			// Nobody ends this thread so; left set, parking would not wait
			Thread.interrupted();
			if (look % LOOKS_PER_CENSUS == 0) {
				lonely = isOpenElsewhere() ? 0 : lonely + 1;
			}
		}
	}

	/**
	 * Checkpoints if the WAL has come too far.
	 * @return false once the connection is no longer ours
	 */
	boolean tend() {
		return this.file.isStillAtItsPath() && this.file.withRetained(this.reader, () -> {
			try {
				checkpointIfLong();
			}
			catch (IOException ex) {
				logger.debug("The WAL of {} could not be checkpointed", this.file.path(), ex);
			}
		});
	}

	private void checkpointIfLong() throws IOException {
		this.reader.end();
		CheckpointResult published = this.reader.checkpoint(CheckpointMode.NOOP);
		if (published.log() - published.backfilled() <= this.mostPages) {
			return;
		}
		if (!this.reader.checkpoint(CheckpointMode.PASSIVE).isComplete()) {
			// A writer that never pauses; with the write lock only for what is left
			this.reader.checkpoint(CheckpointMode.RESTART);
		}
	}

	/**
	 * Whether another connection of this process has the WAL open, as far as is known.
	 */
	private boolean isOpenElsewhere() {
		int open = 0;
		try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
			for (Path descriptor : descriptors) {
				open += leadsTo(descriptor, this.file.walPath()) ? 1 : 0;
			}
		}
		catch (IOException | DirectoryIteratorException ex) {
			return true;
		}
		return open > 1;
	}

	private static boolean leadsTo(Path descriptor, Path file) {
		try {
			return Files.readSymbolicLink(descriptor).equals(file);
		}
		catch (IOException ex) {
			return false; // closed meanwhile
		}
	}

}
