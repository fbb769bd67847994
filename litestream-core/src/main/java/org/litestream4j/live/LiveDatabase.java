package org.litestream4j.live;

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
import org.litestream4j.io.OnFailure;

/**
 * What is open of a live database while it is followed.
 *
 * @param lock the protocol's, which everybody needs who uses the others
 * @param session checkpoints and takes the write lock
 * @param file the database file
 * @param guard keeps a read transaction open
 * @param backups copies it, whatever has become of its name
 * @param firmPages WAL pages that should not be exceeded
 */
record LiveDatabase(ProtocolLock lock, DatabaseSession session, DatabaseFile file, WalGuard guard, BackupReader backups,
		int firmPages) {

	private static final Logger logger = LoggerFactory.getLogger(LiveDatabase.class);

	/**
	 * Opens a database and guards its WAL. The write lock is not taken: what is there to
	 * be judged and copied can take long, and the guard keeps all of it there.
	 * @param lock is held
	 */
	static LiveDatabase open(ShadowOptions options, ProtocolLock lock) throws IOException {
		lock.assertHeld();
		DatabaseSession session = DatabaseSession.open(options.database(), options.busyTimeout(),
				options.creationPragmas());
		DatabaseFile file = session.file();
		try (OnFailure undo = OnFailure.run(session::close)) {
			file.claim();
			undo.keep();
		}
		try (OnFailure undo = OnFailure.run(file::unclaim)) {
			WalGuard guard = new WalGuard(lock, options.name(), session);
			return undo.keep(guarded(options, lock, session, guard));
		}
	}

	private static LiveDatabase guarded(ShadowOptions options, ProtocolLock lock, DatabaseSession session,
			WalGuard guard) throws IOException {
		DatabaseFile file = session.file();
		int firmPages = options.maxCheckpointPageCount();
		// Two connections stay open: closing the last one would delete the WAL
		try (OnFailure undo = OnFailure.run(() -> {
			closeLeft(file);
			leaveOpen(file, session, guard.dissolve(), firmPages);
		})) {
			guard.acquire();
			closeLeft(file);
			BackupReader backups = new BackupReader(session.newReadLock());
			return undo.keep(new LiveDatabase(lock, session, file, guard, backups, firmPages));
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

	/** Size of the WAL file in bytes; -1 if it is not known. Any thread may ask. */
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
		this.lock.assertHeld();
		this.backups.close();
		leaveOpen(this.file, this.session, this.guard.dissolve(), this.firmPages);
		this.file.unclaim();
	}

}
