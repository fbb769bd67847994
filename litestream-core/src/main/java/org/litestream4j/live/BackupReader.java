package org.litestream4j.live;

import java.io.IOException;
import java.nio.file.Path;

import org.litestream4j.database.ReadLock;

/**
 * A reader that is opened at the start and kept for backups alone: it goes on reading
 * when the database's files were moved or deleted, when no other could be opened by their
 * names, and whatever else hangs. Thread-safe.
 */
final class BackupReader implements AutoCloseable {

	private final ReadLock reader;

	private boolean busy;

	private boolean closed;

	/** Takes a reader over, which has read once. */
	BackupReader(ReadLock reader) {
		this.reader = reader;
	}

	/** Whether a copy is being made, which pins the WAL. */
	synchronized boolean isBusy() {
		return this.busy;
	}

	/**
	 * Copies the database as it is now.
	 * @throws IllegalStateException if one is being made already
	 */
	void copyTo(Path target, ReadLock.CopyProgress progress) throws IOException {
		begin();
		try {
			this.reader.begin();
			this.reader.copyTo(target, progress);
		}
		finally {
			end();
		}
	}

	private synchronized void begin() throws IOException {
		if (this.closed) {
			throw new IOException("replication has stopped");
		}
		if (this.busy) {
			throw new IllegalStateException("one copy at a time");
		}
		this.busy = true;
	}

	private synchronized void end() throws IOException {
		this.busy = false;
		if (this.closed) {
			this.reader.close();
		}
		else {
			this.reader.end();
		}
	}

	/** Does not wait for a copy: the reader is closed when that has ended. */
	@Override
	public synchronized void close() {
		this.closed = true;
		if (!this.busy) {
			this.reader.close();
		}
	}

}
