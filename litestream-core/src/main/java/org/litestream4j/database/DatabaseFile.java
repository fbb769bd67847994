package org.litestream4j.database;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.SyncFailedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.sqlite.DatabaseHeader;
import org.litestream4j.sqlite.NotADatabaseException;

/**
 * The one descriptor that this process opens on a live database file, besides SQLite's
 * own. Never closed while the file exists: closing any descriptor of a file releases all
 * POSIX locks this process holds on it, SQLite's included, and the next process that
 * closes its connection then deletes the live WAL. For the same reason it is kept
 * reachable by {@link KeptFiles}, as the collector closes what is not, and it is not a
 * {@code FileChannel}, as an interrupt closes that. Thread-safe.
 */
public final class DatabaseFile {

	private static final Logger logger = LoggerFactory.getLogger(DatabaseFile.class);

	private static final Map<FileId, DatabaseFile> REGISTRY = new HashMap<>();

	/** One opening may look for so many files, so that n openings never look n² times. */
	private static final int OPENINGS_SHARE = 64;

	/** How many were looked for last; guarded by the registry. */
	private static int lookedFor;

	/** How often something was opened since; guarded by the registry. */
	private static int opened;

	private final FileId id;

	private final Path path;

	private final RandomAccessFile file;

	private final DatabaseFileLocks locks;

	@Nullable private LeftOpen retained;

	private boolean claimed;

	private DatabaseFile(FileId id, Path path, RandomAccessFile file) {
		this.id = id;
		this.path = path;
		this.file = file;
		this.locks = new DatabaseFileLocks(id, file, path.resolveSibling(path.getFileName() + "-shm"));
	}

	/**
	 * The file that a name stands for.
	 * @param path an existing database, symbolic links resolved
	 * @throws NoSuchFileException if there is none
	 */
	public static DatabaseFile of(Path path) throws IOException {
		synchronized (REGISTRY) {
			FileId id = FileId.require(path);
			DatabaseFile known = REGISTRY.get(id);
			// Another class loader closes what was deleted, and the number comes again
			if (known != null && known.file.getChannel().isOpen()) {
				return known;
			}
			forgetDeletedFiles();
			DatabaseFile file = new DatabaseFile(id, path, KeptFiles.open(path, id));
			REGISTRY.put(id, file);
			return file;
		}
	}

	/** Whether an engine of this process has, or had, the file that a name stands for. */
	static boolean isKnown(Path path) throws IOException {
		return FileId.of(path).filter(KeptFiles::contains).isPresent();
	}

	/**
	 * Each file that may be gone is looked for, so not at each opening if there are many.
	 */
	private static void forgetDeletedFiles() {
		if (++opened > lookedFor / OPENINGS_SHARE) {
			opened = 0;
			lookedFor = KeptFiles.forgetDeleted((id) -> {
				DatabaseFile file = REGISTRY.get(id);
				return file != null && file.isClaimed();
			}, (id) -> {
				DatabaseFile file = REGISTRY.get(id);
				return file != null && file.isStillAtItsPath();
			});
			REGISTRY.values().removeIf((file) -> !file.file.getChannel().isOpen());
		}
	}

	private synchronized boolean isClaimed() {
		return this.claimed;
	}

	/** The name it was opened by, symbolic links resolved. */
	public Path path() {
		return this.path;
	}

	/** The WAL beside it. */
	public Path walPath() {
		return this.path.resolveSibling(this.path.getFileName() + "-wal");
	}

	/** Whether the name still stands for this file. */
	public boolean isStillAtItsPath() {
		try {
			return FileId.of(this.path).filter(this.id::equals).isPresent();
		}
		catch (IOException ex) {
			return false;
		}
	}

	/**
	 * Requires that the name still stands for this file. To be asked before anything is
	 * opened by the name, and again after it: another file of that name may be empty, and
	 * SQLite then deletes the WAL that is in use, or may be laid over by it.
	 */
	public void requireAtItsPath() throws IOException {
		String loss = describeLoss();
		if (loss != null) {
			throw new IOException(loss);
		}
	}

	/**
	 * Says what became of the name, and what to do, in one sentence; null while it stands
	 * for this file.
	 */
	@Nullable public String describeLoss() {
		return isStillAtItsPath() ? null : FileLoss.ofDatabase(this.path, walPath(), this.id);
	}

	/** Says the same of the WAL, if that alone was lost. */
	public String describeWalLoss() {
		return FileLoss.ofWal(this.path, walPath(), this.id);
	}

	/**
	 * Changes whenever anybody writes to the file.
	 * @throws IOException if its name stands for another file now, or for none
	 */
	public FileStamp stamp() throws IOException {
		FileStamp stamp = FileStamp.of(this.path);
		if (!stamp.id().equals(this.id)) {
			throw new IOException("%s is another file now".formatted(this.path));
		}
		return stamp;
	}

	/** The size in bytes, whatever its name stands for now. */
	public long size() throws IOException {
		return this.file.length();
	}

	/**
	 * Has the disk write what was copied into it by now, while everybody goes on. Proves
	 * nothing: SQLite forces it itself at the end of a checkpoint, finds less to wait for
	 * then, and hears of what fails here through its own descriptor.
	 */
	public void forceAhead() throws IOException {
		try {
			this.file.getFD().sync();
		}
		catch (SyncFailedException ex) {
			logger.trace("{} could not be forced ahead", this.path, ex);
		}
	}

	/**
	 * Reads bytes, and zeros past the end of the file. What they mean depends on the read
	 * transaction that the caller holds.
	 */
	public synchronized void read(long position, byte[] bytes, int offset, int length) throws IOException {
		this.file.seek(position);
		int done = 0;
		while (done < length) {
			int read = this.file.read(bytes, offset + done, length - done);
			if (read < 0) {
				Arrays.fill(bytes, offset + done, offset + length, (byte) 0);
				return;
			}
			done += read;
		}
	}

	/**
	 * Whether it is a database as far as its header says, and as long as that says: one
	 * that is being copied to its place is not yet, but one that lost its power in a
	 * checkpoint is, as its WAL or journal has the rest. A zero-byte file is not one,
	 * although SQLite would take it for one.
	 */
	public boolean isWholeDatabase() throws IOException {
		byte[] bytes = new byte[DatabaseHeader.SIZE];
		read(0, bytes, 0, bytes.length);
		try {
			DatabaseHeader header = DatabaseHeader.parse(bytes, (int) Math.min(size(), bytes.length),
					path().toString());
			return size() >= Math.max(header.pages(), 1) * header.pageSize() || isNotEmpty("-wal")
					|| isNotEmpty("-journal");
		}
		catch (NotADatabaseException ex) {
			return false;
		}
	}

	private boolean isNotEmpty(String suffix) throws IOException {
		Path beside = this.path.resolveSibling(this.path.getFileName() + suffix);
		return Files.exists(beside) && Files.size(beside) > 0;
	}

	/**
	 * Makes the caller the only one in this process that replicates the file.
	 * @throws IOException if somebody does already
	 */
	public synchronized void claim() throws IOException {
		if (this.claimed) {
			throw new IOException("database %s is being replicated already in this process".formatted(this.path));
		}
		this.claimed = true;
	}

	/** Gives up what {@link #claim()} took. */
	public synchronized void unclaim() {
		this.claimed = false;
	}

	/**
	 * Keeps connections open beyond the end of the engine, so that closing the last other
	 * one neither checkpoints nor deletes the WAL.
	 */
	public synchronized void retain(LeftOpen connections) {
		this.retained = connections;
	}

	/**
	 * Does something with the connections that were left here, while no engine can take
	 * them.
	 * @return whether they are still those that are here
	 */
	public synchronized boolean withRetained(LeftOpen connections, Runnable action) {
		if (this.retained != connections) {
			return false;
		}
		action.run();
		return true;
	}

	/** What an earlier engine in this process left here, for the caller to close. */
	@Nullable public synchronized LeftOpen takeRetained() {
		LeftOpen connections = this.retained;
		this.retained = null;
		return connections;
	}

	/** SQLite's locks on it. */
	public DatabaseFileLocks locks() {
		return this.locks;
	}

}
