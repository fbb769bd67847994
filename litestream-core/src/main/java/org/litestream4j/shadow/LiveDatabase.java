package org.litestream4j.shadow;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.DatabaseSession;
import org.litestream4j.database.LeftOpen;
import org.litestream4j.database.ReadLock;
import org.litestream4j.database.WalFile;

/**
 * What is open of a live database while it is followed.
 *
 * @param session checkpoints and takes the write lock
 * @param file the database file
 * @param readers one of them guards the WAL
 * @param backups copies it, whatever has become of its name
 * @param firmPages WAL pages that should not be exceeded
 */
record LiveDatabase(DatabaseSession session, DatabaseFile file, ReaderPair readers, BackupReader backups,
		int firmPages) {

	private static final Logger logger = LoggerFactory.getLogger(LiveDatabase.class);

	/** What is done first, once a read transaction guards the WAL. */
	@FunctionalInterface
	interface Opening<T> {

		T follow(LiveDatabase database) throws IOException;

	}

	/**
	 * Opens a database and guards its WAL. The write lock is not taken: what is there to
	 * be judged and copied can take long, and the guard keeps all of it there.
	 * @param opening goes on; if it fails two connections stay open, as closing the last
	 * one would delete the WAL
	 */
	static <T> T open(ShadowOptions options, Opening<T> opening) throws IOException {
		DatabaseSession session = DatabaseSession.open(options.database(), options.busyTimeout(),
				options.creationPragmas());
		DatabaseFile file = session.file();
		try {
			file.claim();
		}
		catch (IOException ex) {
			session.close();
			throw ex;
		}
		boolean opened = false;
		try {
			T followed = guarded(session, file, options.maxCheckpointPageCount(), opening);
			opened = true;
			return followed;
		}
		finally {
			if (!opened) {
				file.unclaim();
			}
		}
	}

	private static <T> T guarded(DatabaseSession session, DatabaseFile file, int firmPages, Opening<T> opening)
			throws IOException {
		ReaderPair readers = new ReaderPair(session.newReadLock(), session.newReadLock());
		BackupReader backups = null;
		boolean opened = false;
		try {
			backups = new BackupReader(session.newReadLock());
			readers.acquire();
			closeLeft(file);
			T followed = opening.follow(new LiveDatabase(session, file, readers, backups, firmPages));
			opened = true;
			return followed;
		}
		finally {
			if (!opened) {
				if (backups != null) {
					backups.close();
				}
				closeLeft(file);
				leaveOpen(file, session, readers.dissolve(), firmPages);
			}
		}
	}

	/** It proves nothing, as anything may have happened to it or to the files. */
	private static void closeLeft(DatabaseFile file) {
		LeftOpen left = file.takeRetained();
		if (left != null) {
			left.close();
		}
	}

	/**
	 * Ends the transaction, and keeps connections open until the application has closed
	 * its own: closing the last of those would delete the WAL, with which the next start
	 * proves that it goes on.
	 */
	private static void leaveOpen(DatabaseFile file, DatabaseSession session, ReadLock reader, int firmPages) {
		LeftOpen left = new LeftOpen(session, reader);
		try {
			left.unpin();
		}
		catch (IOException ex) {
			logger.debug("The read transaction on {} is still open", file.path(), ex);
		}
		file.retain(left);
		WalTender.start(file, left, firmPages);
	}

	WalFile openWal() throws IOException {
		return WalFile.open(this.file);
	}

	/** Size of the WAL file in bytes; -1 if it cannot be told. */
	long walSize() {
		try {
			return Files.size(this.file.walPath());
		}
		catch (NoSuchFileException ex) {
			return 0;
		}
		catch (IOException ex) {
			return -1;
		}
	}

	/** Closes everything but what keeps the WAL until the application has closed too. */
	void close() {
		this.backups.close();
		leaveOpen(this.file, this.session, this.readers.dissolve(), this.firmPages);
		this.file.unclaim();
	}

}
