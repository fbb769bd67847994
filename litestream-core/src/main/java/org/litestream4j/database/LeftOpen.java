package org.litestream4j.database;

import java.io.IOException;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What an engine leaves open when it ends: a reader, and a connection that checkpoints.
 * While they are open, closing the application's last connection deletes no WAL; but
 * SQLite then keeps the descriptors too of all connections that were closed before. Not
 * thread-safe.
 */
public final class LeftOpen implements AutoCloseable {

	/** Each connection that has read has a descriptor of the WAL of its own. */
	private static final int WAL_DESCRIPTORS = 2;

	private final DatabaseSession session;

	private final ReadLock reader;

	@Nullable private final FileId wal;

	/** Takes both over. The reader's transaction, if it is held, goes on. */
	public LeftOpen(DatabaseSession session, ReadLock reader) {
		this.session = session;
		this.reader = reader;
		session.closeWriter();
		this.wal = walOf(session.file());
	}

	@Nullable private static FileId walOf(DatabaseFile file) {
		try {
			return FileId.of(file.walPath()).orElse(null);
		}
		catch (IOException ex) {
			return null;
		}
	}

	/**
	 * Whether no other connection of this process uses the WAL, so that leaving these
	 * open serves nothing.
	 */
	public boolean isLast() {
		return this.wal == null || Descriptors.count(this.wal) == WAL_DESCRIPTORS;
	}

	/** The same, as it was when the descriptors were counted. */
	public boolean isLast(Census census) {
		return this.wal == null || census.counts.getOrDefault(this.wal, 0) == WAL_DESCRIPTORS;
	}

	/** Counts the descriptors of this process once for all databases. */
	public static Census census() {
		return new Census(Descriptors.census());
	}

	/** How many descriptors lead to each file. */
	public static final class Census {

		private final Map<FileId, Integer> counts;

		private Census(Map<FileId, Integer> counts) {
			this.counts = counts;
		}

	}

	/** Ends the reader's transaction, so that it does not pin the WAL. */
	public void unpin() throws IOException {
		this.reader.end();
	}

	/** How much of the WAL is in the database. */
	public CheckpointResult published() throws IOException {
		return this.session.published();
	}

	/** Checkpoints. Waits for others 50 ms at most, as writers may have to wait too. */
	public CheckpointResult checkpoint(CheckpointMode mode) throws IOException {
		return this.session.checkpoint(mode, 50);
	}

	/**
	 * Closes both. The reader comes last, as it cannot write, and so leaves the WAL as it
	 * is also if it is the last connection of all.
	 */
	@Override
	public void close() {
		this.session.close();
		this.reader.close();
	}

}
