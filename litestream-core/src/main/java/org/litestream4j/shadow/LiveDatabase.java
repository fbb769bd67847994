package org.litestream4j.shadow;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.DatabaseSession;
import org.litestream4j.database.ReadLock;
import org.litestream4j.database.WalFile;

/**
 * What is open of a live database while it is followed.
 *
 * @param session checkpoints and takes the write lock
 * @param file the database file
 * @param readers one of them guards the WAL
 * @param backups copies it, whatever has become of its name
 * @param covered whether the guard was there before, left by an earlier engine of this
 * process
 * @param quiet whether nobody else can commit while it is being opened
 */
record LiveDatabase(DatabaseSession session, DatabaseFile file, ReaderPair readers, BackupReader backups,
		boolean covered, boolean quiet) {

	/** What is done first, while nobody else can commit. */
	@FunctionalInterface
	interface Opening<T> {

		T follow(LiveDatabase database) throws IOException;

	}

	/**
	 * Opens a database, guards its WAL and goes on under the write lock, if that can be
	 * had: nobody commits then while continuity is judged.
	 * @param opening goes on; if it fails everything is closed but one reader, as closing
	 * the last connection would delete the WAL
	 */
	static <T> T open(ShadowOptions options, Opening<T> opening) throws IOException {
		DatabaseSession session = DatabaseSession.open(options.database(), options.busyTimeout(),
				options.creationPragmas());
		boolean opened = false;
		try {
			DatabaseFile file = session.file();
			file.claim();
			try {
				T followed = guarded(session, file, opening);
				opened = true;
				return followed;
			}
			finally {
				if (!opened) {
					file.unclaim();
				}
			}
		}
		finally {
			if (!opened) {
				session.close();
			}
		}
	}

	private static <T> T guarded(DatabaseSession session, DatabaseFile file, Opening<T> opening) throws IOException {
		boolean writing = session.tryBeginWrite();
		ReadLock retained = file.takeRetained();
		ReadLock held = (retained != null) ? retained : session.newReadLock();
		boolean covered = held.isHeld();
		ReaderPair readers = null;
		BackupReader backups = null;
		boolean opened = false;
		try {
			if (!covered) {
				held.begin();
			}
			readers = new ReaderPair(held, session.newReadLock());
			backups = new BackupReader(session.newReadLock());
			T followed = opening.follow(new LiveDatabase(session, file, readers, backups, covered, writing));
			opened = true;
			return followed;
		}
		finally {
			if (!opened) {
				if (backups != null) {
					backups.close();
				}
				ReadLock guard = (readers != null) ? readers.dissolve() : held;
				if (!covered) {
					// A guard that is held proves continuity to the next start
					guard.end();
				}
				file.retain(guard);
			}
			if (writing) {
				session.endWrite();
			}
		}
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

	/** Closes everything but the guard, which stays for the life of the process. */
	void close() {
		this.file.retain(this.readers.dissolve());
		this.file.unclaim();
		this.backups.close();
		this.session.close();
	}

}
