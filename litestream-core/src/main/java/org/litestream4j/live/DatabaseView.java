package org.litestream4j.live;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.ReadLock;
import org.litestream4j.format.WalPosition;
import org.litestream4j.sqlite.DatabaseHeader;
import org.litestream4j.sqlite.NewestFrames;
import org.litestream4j.sqlite.WalFrame;
import org.litestream4j.sqlite.WalHeader;

/**
 * The whole database as it was at one position, while it goes on changing. Holds a read
 * transaction, and with it the WAL, until it is closed: nobody can overwrite in the
 * database file what the view has to find there. Pages that are newer in the WAL are read
 * from the shadow WAL, which nobody overwrites. The engine can take the transaction away
 * at any time; then no further byte is given out. Used by one thread, but for
 * {@link #giveUp}.
 */
public final class DatabaseView implements AutoCloseable {

	private static final int CHUNK = 1 << 20;

	private final WalPosition position;

	private final int snapshotIndex;

	private final Instant committedAt;

	private final DatabaseFile database;

	private final ReadLock reader;

	@Nullable private final RandomAccessFile wal;

	private final int pageSize;

	private final long pages;

	private final Keeper keeper;

	@Nullable private volatile String givenUp;

	private boolean released;

	/**
	 * Creates a view. Takes the reader and the WAL over.
	 * @param reader its transaction began before everything up to the position was copied
	 * @param wal the shadow WAL of the position's index, or null at offset 0
	 */
	DatabaseView(Origin origin, DatabaseFile database, ReadLock reader, @Nullable RandomAccessFile wal, int pageSize,
			long pages, Keeper keeper) {
		this.position = origin.position;
		this.snapshotIndex = origin.snapshotIndex;
		this.committedAt = origin.committedAt;
		this.database = database;
		this.reader = reader;
		this.wal = wal;
		this.pageSize = pageSize;
		this.pages = pages;
		this.keeper = keeper;
	}

	/**
	 * A view of a database without WAL: of the file alone.
	 */
	static DatabaseView ofFile(Origin origin, DatabaseFile database, ReadLock reader, Keeper keeper)
			throws IOException {
		long size = database.size();
		byte[] header = new byte[DatabaseHeader.SIZE];
		database.read(0, header, 0, header.length);
		// Empty: nothing was ever written
		int pageSize = (size == 0) ? DatabaseHeader.SMALLEST_PAGE
				: DatabaseHeader.parse(header, header.length, database.path().toString()).pageSize();
		return new DatabaseView(origin, database, reader, null, pageSize, size / pageSize, keeper);
	}

	/** Opens views, and hears of their end. */
	interface Keeper {

		/** Refuses to vouch for what was read when SQLite's locks are lost. */
		void requireIntact() throws IOException;

		/** The view no longer holds its read transaction. */
		void released(DatabaseView view);

	}

	/**
	 * What a view is of.
	 *
	 * @param position everything up to here is in it
	 * @param snapshotIndex the index under which a snapshot of it is stored
	 * @param committedAt by when the newest commit in it had been made
	 */
	record Origin(WalPosition position, int snapshotIndex, Instant committedAt) {
	}

	/** Everything up to here is in the view, and nothing after it. */
	public WalPosition position() {
		return this.position;
	}

	/** The index under which a snapshot of this view is stored. */
	public int snapshotIndex() {
		return this.snapshotIndex;
	}

	/** By when the newest commit in it had been made. */
	public Instant committedAt() {
		return this.committedAt;
	}

	/** The database's page size in bytes. */
	public int pageSize() {
		return this.pageSize;
	}

	/** The database's size in bytes. */
	public long size() {
		return this.pages * this.pageSize;
	}

	/**
	 * Writes the database, byte for byte as a full checkpoint would leave it. Constant
	 * memory, but for 8 bytes for each frame of the WAL.
	 * @throws IOException if that failed, or the view was given up: what was written is
	 * then worthless
	 */
	public void writeTo(OutputStream out) throws IOException {
		NewestFrames frames = newestFrames();
		int next = 0;
		int pagesPerChunk = Math.max(CHUNK / this.pageSize, 1);
		byte[] chunk = new byte[pagesPerChunk * this.pageSize];
		for (long first = 0; first < this.pages; first += pagesPerChunk) {
			int count = (int) Math.min(pagesPerChunk, this.pages - first);
			this.database.read(first * this.pageSize, chunk, 0, count * this.pageSize);
			while (next < frames.size() && frames.page(next) <= first + count) {
				int at = (int) (frames.page(next) - 1 - first) * this.pageSize;
				readPage(frames.frame(next), chunk, at);
				next++;
			}
			requireHeld();
			out.write(chunk, 0, count * this.pageSize);
		}
		this.keeper.requireIntact();
		requireHeld();
	}

	/** What was read before is right if the transaction is still held after it. */
	private void requireHeld() throws IOException {
		String reason = this.givenUp;
		if (reason != null) {
			throw new IOException("the view of the database was given up, as " + reason);
		}
	}

	/**
	 * Releases the WAL, whatever the view's user does, which may hang. Any thread may
	 * call it.
	 * @param reason completes a sentence
	 */
	void giveUp(String reason) {
		this.givenUp = reason;
		release();
	}

	private synchronized void release() {
		if (!this.released) {
			this.released = true;
			this.reader.close();
			this.keeper.released(this);
		}
	}

	/** Of the WAL, as far as the database reaches. */
	private NewestFrames newestFrames() throws IOException {
		if (this.wal == null) {
			return NewestFrames.of(new long[0], 0, 0);
		}
		int frameSize = WalFrame.HEADER_SIZE + this.pageSize;
		int count = (int) ((this.position.offset() - WalHeader.SIZE) / frameSize);
		long[] pagesOfFrames = new long[count];
		byte[] header = new byte[WalFrame.HEADER_SIZE];
		for (int i = 0; i < count; i++) {
			this.wal.seek(WalHeader.SIZE + (long) i * frameSize);
			this.wal.readFully(header);
			pagesOfFrames[i] = WalFrame.pageNumber(header, 0);
		}
		return NewestFrames.of(pagesOfFrames, count, this.pages);
	}

	private void readPage(int frame, byte[] chunk, int at) throws IOException {
		RandomAccessFile file = Objects.requireNonNull(this.wal);
		file.seek(WalHeader.SIZE + (long) frame * (WalFrame.HEADER_SIZE + this.pageSize) + WalFrame.HEADER_SIZE);
		file.readFully(chunk, at, this.pageSize);
	}

	/** Releases the WAL. Safe to call again. */
	@Override
	public void close() {
		release();
		try {
			if (this.wal != null) {
				this.wal.close();
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
