package org.litestream4j.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

import org.litestream4j.sqlite.LockBytes;

/**
 * Tells by SQLite's locks whether another process has a database open. One that is not in
 * WAL mode shows that only while a transaction runs.
 * <p>
 * Never used in a JVM that has the database open in SQLite: closing a file drops the
 * locks that SQLite holds on it.
 */
final class DatabaseUse {

	private DatabaseUse() {
	}

	/**
	 * Requires that nobody has a database open. What is missing is not in use.
	 * @param database not a symbolic link
	 * @param advice what follows after "stop the application"
	 * @throws IOException with one sentence if somebody has, that cannot be told, or the
	 * database or what lies beside it is a pipe or the like
	 */
	static void requireNone(Path database, String advice) throws IOException {
		Path shm = beside(database, "-shm");
		boolean mayBeOpen = isRegular(database);
		boolean mayBeShared = isRegular(shm);
		for (String suffix : List.of("-wal", "-journal")) {
			isRegular(beside(database, suffix));
		}
		if (mayBeOpen) {
			requireUnlocked(database, database, LockBytes.FIRST, LockBytes.SIZE, advice);
		}
		if (mayBeShared) {
			requireUnlocked(database, shm, LockBytes.SHM_IN_USE, 1, advice);
		}
	}

	/** Whether another process has a database open, as {@link #requireNone} would say. */
	static boolean isOpen(Path database) throws IOException {
		try {
			requireNone(database, "");
			return false;
		}
		catch (InUseException ex) {
			return true;
		}
	}

	/** Somebody has it open. */
	private static final class InUseException extends IOException {

		private static final long serialVersionUID = 1L;

		InUseException(String message) {
			super(message);
		}

	}

	private static Path beside(Path database, String suffix) {
		return database.resolveSibling(database.getFileName() + suffix);
	}

	/**
	 * Whether there is a file. Opens nothing, as opening a pipe may wait for ever.
	 * @throws IOException if there is something that is not a regular file itself
	 */
	static boolean isRegular(Path file) throws IOException {
		if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
			return false;
		}
		if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
			throw new IOException(
					"%s is a directory, link, pipe or device: a database and what SQLite keeps beside it are regular files; give the path of a database"
						.formatted(file));
		}
		return true;
	}

	/** A lock of another process is in the way of ours, which is given back at once. */
	private static void requireUnlocked(Path database, Path file, long position, long size, String advice)
			throws IOException {
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE,
				LinkOption.NOFOLLOW_LINKS); FileLock lock = channel.tryLock(position, size, false)) {
			if (lock == null) {
				throw new InUseException(
						"%s is open in another process: stop the application %s".formatted(database, advice));
			}
		}
		catch (FileSystemException ex) {
			throw new IOException(("%s cannot be locked, so it is unknown whether it is in use: run this as a user who"
					+ " may write it, or work with a copy of it and its -wal")
				.formatted(file), ex);
		}
	}

}
