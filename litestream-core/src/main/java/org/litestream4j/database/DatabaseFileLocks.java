package org.litestream4j.database;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

/**
 * The POSIX locks of this process on one database file and its {@code -shm}. SQLite takes
 * them and believes that it has them; the kernel drops all of them when any code of the
 * process closes a descriptor of the file. So what is opened here is never closed.
 * Thread-safe.
 */
public final class DatabaseFileLocks {

	/**
	 * Where SQLite locks the database file, as its os.h has it: SHARED_FIRST,
	 * SHARED_SIZE.
	 */
	private static final long SHARED_FIRST = 0x4000_0002L;

	private static final long SHARED_SIZE = 510;

	/** The byte of the -shm that every process with an open WAL database locks (DMS). */
	private static final long SHM_IN_USE = 128;

	/**
	 * The kernel lists the locks of the whole system in pieces of a page, by their number
	 * in the list: one that ends between two pieces hides another that still exists. With
	 * a hundred locks and some that come and go one listing in twenty lacks some lock.
	 */
	private static final int LOOKS = 10;

	/** The bytes of the -shm that readers lock, one for each read mark. */
	private static final long SHM_READ_FIRST = 123;

	private static final long SHM_READ_LAST = 127;

	private final FileId id;

	private final RandomAccessFile file;

	private final Path shmPath;

	@Nullable private RandomAccessFile shm;

	@Nullable private FileLock repairedLock;

	@Nullable private FileLock repairedShmLock;

	/**
	 * Creates it. Locks nothing yet.
	 * @param id the database file's
	 * @param file stays open as long as SQLite has the database open
	 */
	DatabaseFileLocks(FileId id, RandomAccessFile file, Path shmPath) {
		this.id = id;
		this.file = file;
		this.shmPath = shmPath;
	}

	/**
	 * Which of them the kernel still knows of, as far as it lists them. Call it only
	 * while a connection has a transaction open.
	 */
	public State state() {
		State state = look();
		for (int look = 1; look < LOOKS && !state.complete(); look++) {
			state = look();
		}
		return state;
	}

	private State look() {
		ProcLocks locks = ProcLocks.read();
		long pid = ProcessHandle.current().pid();
		boolean database = locks.holds(pid, this.id.inode(), SHARED_FIRST, SHARED_FIRST + SHARED_SIZE - 1);
		FileId found = shmId();
		return new State(database, found != null && locks.holds(pid, found.inode(), SHM_IN_USE, SHM_IN_USE));
	}

	@Nullable private FileId shmId() {
		try {
			return FileId.of(this.shmPath).orElse(null);
		}
		catch (IOException ex) {
			return null;
		}
	}

	/**
	 * Takes the locks again that say that the database and its {@code -shm} are in use,
	 * after somebody in this process has closed a descriptor of them. The marks of
	 * readers come back only when their transactions begin anew.
	 * @return whether both are held now
	 */
	public synchronized boolean repair() throws IOException {
		// The kernel has dropped them already, but the JVM does not know
		release(this.repairedLock);
		release(this.repairedShmLock);
		if (this.shm == null) {
			this.shm = new RandomAccessFile(this.shmPath.toFile(), "r");
		}
		this.repairedLock = lock(this.file, SHARED_FIRST, SHARED_SIZE);
		this.repairedShmLock = lock(this.shm, SHM_IN_USE, 1);
		return this.repairedLock != null && this.repairedShmLock != null;
	}

	@Nullable private static FileLock lock(RandomAccessFile file, long position, long size) throws IOException {
		try {
			return file.getChannel().tryLock(position, size, true);
		}
		catch (OverlappingFileLockException ex) {
			return null;
		}
	}

	private static void release(@Nullable FileLock lock) throws IOException {
		if (lock != null) {
			lock.release();
		}
	}

	/**
	 * Names who holds a read mark, and so keeps the WAL from being checkpointed to its
	 * end and restarted.
	 */
	public String describeReaders() {
		FileId found = shmId();
		if (found == null) {
			return "a long read transaction";
		}
		long own = ProcessHandle.current().pid();
		StringBuilder others = new StringBuilder();
		for (long pid : ProcLocks.read().holders(found.inode(), SHM_READ_FIRST, SHM_READ_LAST)) {
			if (pid != own) {
				String command = ProcessHandle.of(pid).flatMap((process) -> process.info().command()).orElse("?");
				others.append(others.isEmpty() ? "" : ", ").append("process %d (%s)".formatted(pid, command));
			}
		}
		return others.isEmpty() ? "a long read transaction of this application"
				: "a read transaction of %s, or of this application".formatted(others);
	}

	/**
	 * Which of SQLite's locks the kernel knows of.
	 *
	 * @param database the shared lock on the database file
	 * @param shm the lock that says that the {@code -shm} is in use
	 */
	public record State(boolean database, boolean shm) {

		/** Both are held. */
		public boolean complete() {
			return this.database && this.shm;
		}

	}

}
