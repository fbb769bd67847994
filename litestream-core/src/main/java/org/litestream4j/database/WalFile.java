package org.litestream4j.database;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.sqlite.CorruptWalException;
import org.litestream4j.sqlite.WalHeader;

/**
 * Reads a live WAL file. It carries no locks, so opening and closing it is safe. Not
 * thread-safe.
 */
public final class WalFile implements AutoCloseable {

	private final DatabaseFile database;

	private final Path path;

	private final FileId id;

	private final RandomAccessFile file;

	private final byte[] header = new byte[WalHeader.SIZE];

	private WalFile(DatabaseFile database, Path path, FileId id, RandomAccessFile file) {
		this.database = database;
		this.path = path;
		this.id = id;
		this.file = file;
	}

	/**
	 * Opens the WAL beside a database that its name stands for now.
	 * @throws NoSuchFileException if there is none, which is so until a connection has
	 * read the database
	 */
	public static WalFile open(DatabaseFile database) throws IOException {
		Path path = database.walPath();
		FileId id = FileId.of(path).orElseThrow(() -> new NoSuchFileException(path.toString()));
		WalFile opened = new WalFile(database, path, id, new RandomAccessFile(path.toFile(), "r"));
		if (!opened.isStillAtItsPath()) {
			opened.close();
			throw new NoSuchFileException(path.toString(), null, "replaced while it was opened");
		}
		return opened;
	}

	public Path path() {
		return this.path;
	}

	/**
	 * Whether it is the one that SQLite writes to. If its name was lost while the
	 * database kept its own, locks were lost, and the next connection uses another WAL.
	 * If the database lost its name too, somebody has moved, replaced or deleted both,
	 * and whoever had them open goes on with them.
	 */
	public boolean isInUse() throws IOException {
		return isStillAtItsPath() || !this.database.isStillAtItsPath();
	}

	private boolean isStillAtItsPath() throws IOException {
		return FileId.of(this.path).filter(this.id::equals).isPresent();
	}

	/** The size in bytes. Frames of older WALs may stand at its end. */
	public long size() throws IOException {
		return this.file.length();
	}

	/**
	 * By when everything in it had been written; null if that cannot be known, as its
	 * name stands for another file now, or for none.
	 */
	@Nullable public Instant changedBy() throws IOException {
		try {
			FileStamp stamp = FileStamp.of(this.path);
			return stamp.id().equals(this.id) ? stamp.changedBy() : null;
		}
		catch (NoSuchFileException ex) {
			return null;
		}
	}

	/** The header, or null if there is none yet, or not a whole valid one. */
	@Nullable public WalHeader readHeader() throws IOException {
		if (read(0, this.header, 0, WalHeader.SIZE) < WalHeader.SIZE) {
			return null;
		}
		try {
			return WalHeader.parse(this.header, this.path.toString());
		}
		catch (CorruptWalException ex) {
			return null;
		}
	}

	/**
	 * Reads bytes.
	 * @return how many, fewer than asked for only at the end of the file
	 */
	public int read(long position, byte[] bytes, int offset, int length) throws IOException {
		this.file.seek(position);
		int done = 0;
		while (done < length) {
			int read = this.file.read(bytes, offset + done, length - done);
			if (read < 0) {
				break;
			}
			done += read;
		}
		return done;
	}

	@Override
	public void close() {
		try {
			this.file.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
