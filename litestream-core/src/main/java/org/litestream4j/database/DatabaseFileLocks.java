package org.litestream4j.database;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import org.litestream4j.sqlite.LockBytes;

/**
 * The POSIX locks of this process on one database file and its {@code -shm}. SQLite takes
 * them and believes that it has them; the kernel drops all of them when any code of the
 * process closes a descriptor of the file. So what is opened here is never closed.
 * Thread-safe.
 */
public final class DatabaseFileLocks {

	/**
	 * The kernel lists the locks of the whole system in pieces of a page, by their number
	 * in the list: one that ends between two pieces hides another that still exists. With
	 * a hundred locks and some that come and go one listing in twenty lacks some lock.
	 */
	private static final int LOOKS = 10;

	private static final long RECENT_NANOS = TimeUnit.SECONDS.toNanos(1);

	private static final long PID = ProcessHandle.current().pid();

	private final LockedFile locked;

	private final RandomAccessFile file;

	private final Path shmPath;

	/** That is locked, or was when it was last seen: its name can be lost meanwhile. */
	@Nullable private LockedFile lockedShm;

	@Nullable private RandomAccessFile shm;

	@Nullable private FileLock repairedLock;

	@Nullable private FileLock repairedShmLock;

	@Nullable private FileLock repairedMarks;

	/**
	 * Creates it. Locks nothing yet.
	 * @param id the database file's
	 * @param file stays open as long as SQLite has the database open
	 */
	DatabaseFileLocks(FileId id, RandomAccessFile file, Path shmPath) {
		this.locked = new LockedFile(id);
		this.file = file;
		this.shmPath = shmPath;
	}

	/**
	 * Whether the kernel lists any lock of this process, which has some when it
	 * replicates. That it does not list SQLite's proves nothing: they may be lost.
	 */
	public static boolean areVisible() throws IOException {
		// Good news may be of some time ago: many databases start one after the other
		boolean visible = ProcLocks.recent(RECENT_NANOS).holdsAny(PID);
		for (int look = 0; look < LOOKS && !visible; look++) {
			visible = ProcLocks.read().holdsAny(PID);
		}
		return visible;
	}

	/**
	 * Which of them the kernel still knows of, as far as it lists them. Call it only
	 * while a connection has a transaction open.
	 * @throws IOException if the kernel's list cannot be read now, which says nothing
	 */
	public synchronized State state() throws IOException {
		State state = look();
		for (int look = 1; look < LOOKS && !state.complete(); look++) {
			state = look();
		}
		return state;
	}

	/**
	 * Whether the kernel knew of all of them not long ago. That it did not proves
	 * nothing: ask {@link #state()} then, under the conditions of that.
	 * @param age how long ago at most, in nanoseconds
	 * @throws IOException as {@link #state()}
	 */
	public synchronized boolean wereHeld(long age) throws IOException {
		return look(ProcLocks.recent(age)).complete();
	}

	private State look() throws IOException {
		return look(ProcLocks.read());
	}

	private State look(ProcLocks locks) {
		return new State(
				this.locked.isHeld(locks, LockBytes.SHARED_FIRST, LockBytes.SHARED_FIRST + LockBytes.SHARED_SIZE - 1),
				isShmHeld(locks));
	}

	private boolean isShmHeld(ProcLocks locks) {
		if (this.lockedShm != null && this.lockedShm.isHeld(locks, LockBytes.SHM_IN_USE, LockBytes.SHM_IN_USE)) {
			return true;
		}
		FileId found = shmId();
		LockedFile other = (found != null) ? new LockedFile(found) : null;
		if (other == null || !other.isHeld(locks, LockBytes.SHM_IN_USE, LockBytes.SHM_IN_USE)) {
			return false;
		}
		this.lockedShm = other;
		return true;
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
	 * readers are another matter: see {@link #takeReadMarks()}.
	 * @param lost which of them are not held
	 * @return whether both are held now
	 */
	public synchronized boolean repair(State lost) throws IOException {
		// The kernel has dropped them already, but the JVM does not know
		if (!lost.database()) {
			release(this.repairedLock);
			this.repairedLock = lock(this.file, LockBytes.SHARED_FIRST, LockBytes.SHARED_SIZE);
		}
		if (!lost.shm()) {
			release(this.repairedShmLock);
			release(this.repairedMarks);
			this.repairedMarks = null;
			this.repairedShmLock = lock(shm(), LockBytes.SHM_IN_USE, 1);
		}
		return (lost.database() || this.repairedLock != null) && (lost.shm() || this.repairedShmLock != null);
	}

	/**
	 * Locks the marks of all readers, after the lock on the {@code -shm} was lost and
	 * taken again. A transaction that begins anew is no proof of its lock: where another
	 * one of this process has the same mark SQLite counts, and asks the kernel for
	 * nothing. What is locked here lasts until SQLite gives the mark back itself.
	 * @return false if another process is changing a mark just now
	 */
	public synchronized boolean takeReadMarks() throws IOException {
		if (this.repairedMarks == null) {
			this.repairedMarks = lock(shm(), LockBytes.SHM_READ_FIRST,
					LockBytes.SHM_READ_LAST - LockBytes.SHM_READ_FIRST + 1);
		}
		return this.repairedMarks != null;
	}

	private RandomAccessFile shm() throws IOException {
		if (this.shm == null) {
			LockedFile known = this.lockedShm;
			this.shm = KeptFiles.open(this.shmPath, (known != null) ? known.id : FileId.require(this.shmPath));
		}
		return this.shm;
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
	 * Whether somebody checkpoints just now, as far as the kernel lists it. Must not be
	 * asked while the asker does.
	 */
	public boolean isCheckpointing() throws IOException {
		FileId found = shmId();
		return found != null
				&& ProcLocks.read().isHeld(found.inode(), LockBytes.SHM_CHECKPOINT, LockBytes.SHM_CHECKPOINT);
	}

	/**
	 * Whether somebody, be it the asker, checkpointed not long ago: then it is worth
	 * asking {@link #isCheckpointing()}.
	 * @param age how long ago at most, in nanoseconds
	 */
	public synchronized boolean wasCheckpointing(long age) throws IOException {
		FileId known = (this.lockedShm != null) ? this.lockedShm.id : shmId();
		return known != null
				&& ProcLocks.recent(age).isHeld(known.inode(), LockBytes.SHM_CHECKPOINT, LockBytes.SHM_CHECKPOINT);
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
		StringBuilder others = new StringBuilder();
		for (long pid : holders(found)) {
			if (pid != PID) {
				String command = ProcessHandle.of(pid).flatMap((process) -> process.info().command()).orElse("?");
				others.append(others.isEmpty() ? "" : ", ").append("process %d (%s)".formatted(pid, command));
			}
		}
		return others.isEmpty() ? "a long read transaction of this application"
				: "a read transaction of %s, or of this application".formatted(others);
	}

	private static Set<Long> holders(FileId shm) {
		try {
			return ProcLocks.read().holders(shm.inode(), LockBytes.SHM_READ_FIRST, LockBytes.SHM_READ_LAST);
		}
		catch (IOException ex) {
			return Set.of();
		}
	}

	/**
	 * A file as the kernel's list names it. Its device is the one that {@code stat} gives
	 * where the list has it; some file systems, as btrfs, go by another one there, which
	 * is learned when the lock is first seen.
	 */
	private static final class LockedFile {

		private final FileId id;

		@Nullable private String device;

		LockedFile(FileId id) {
			this.id = id;
		}

		/** Whether this process holds any lock on a range of bytes. */
		boolean isHeld(ProcLocks locks, long first, long last) {
			if (this.device != null) {
				return locks.holds(PID, this.device, this.id.inode(), first, last);
			}
			Set<String> devices = locks.devices(PID, this.id.inode(), first, last);
			String own = ProcLocks.device(this.id.device());
			this.device = devices.contains(own) ? own : (devices.size() == 1) ? devices.iterator().next() : null;
			return (this.device != null) ? devices.contains(this.device) : !devices.isEmpty();
		}

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
