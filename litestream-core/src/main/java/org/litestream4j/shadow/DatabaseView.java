package org.litestream4j.shadow;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.time.Instant;
import java.util.Arrays;

import org.jspecify.annotations.Nullable;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.ReadLock;
import org.litestream4j.format.WalPosition;
import org.litestream4j.wal.WalFrame;
import org.litestream4j.wal.WalHeader;

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
	 * A view of a database without WAL: of the file alone, whose header tells its size.
	 */
	static DatabaseView ofFile(Origin origin, DatabaseFile database, ReadLock reader, Keeper keeper)
			throws IOException {
		byte[] header = new byte[100];
		database.read(0, header, 0, header.length);
		int stored = (header[16] & 0xff) << 8 | (header[17] & 0xff);
		// 0: nothing was ever written
		int pageSize = (stored == 1) ? 65536 : Math.max(stored, 512);
		return new DatabaseView(origin, database, reader, null, pageSize, database.size() / pageSize, keeper);
	}

	/** Who has opened a view. */
	interface Keeper {

		/** Refuses to vouch for what was read when SQLite's locks are lost. */
		void requireIntact() throws IOException;

		/** The view no longer holds its read transaction. */
		void released(DatabaseView view);

	}

	/** Where a view is. */
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

	/** When the newest commit in it was seen. */
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
		long[] frames = newestFrames();
		int next = 0;
		int pagesPerChunk = Math.max(CHUNK / this.pageSize, 1);
		byte[] chunk = new byte[pagesPerChunk * this.pageSize];
		for (long first = 0; first < this.pages; first += pagesPerChunk) {
			int count = (int) Math.min(pagesPerChunk, this.pages - first);
			this.database.read(first * this.pageSize, chunk, 0, count * this.pageSize);
			while (next < frames.length && pageOf(frames[next]) <= first + count) {
				int at = (int) (pageOf(frames[next]) - 1 - first) * this.pageSize;
				readPage(frames[next], chunk, at);
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
	 * Gives the WAL free, whatever the view's user does, which may hang. Any thread may
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

	/** As {@link #newestFrames(long[], long)} has it, of the WAL. */
	private long[] newestFrames() throws IOException {
		if (this.wal == null) {
			return new long[0];
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
		return newestFrames(pagesOfFrames, this.pages);
	}

	/**
	 * The newest frame of each page, by ascending page.
	 * @param pagesOfFrames which page each frame is of, up to 2<sup>32</sup> - 1
	 * @param most pages after this one are left out
	 * @return the page above the frame's number, see {@link #pageOf}
	 */
	static long[] newestFrames(long[] pagesOfFrames, long most) {
		long[] frames = new long[pagesOfFrames.length];
		for (int i = 0; i < frames.length; i++) {
			// So that the sign does not make high pages the lowest
			frames[i] = (pagesOfFrames[i] << 32 | i) ^ Long.MIN_VALUE;
		}
		Arrays.sort(frames);
		int kept = 0;
		for (int i = 0; i < frames.length; i++) {
			boolean newest = i + 1 == frames.length || pageOf(frames[i + 1]) != pageOf(frames[i]);
			if (newest && pageOf(frames[i]) <= most) {
				frames[kept++] = frames[i];
			}
		}
		return Arrays.copyOf(frames, kept);
	}

	static long pageOf(long entry) {
		return (entry ^ Long.MIN_VALUE) >>> 32;
	}

	private void readPage(long entry, byte[] chunk, int at) throws IOException {
		RandomAccessFile file = java.util.Objects.requireNonNull(this.wal);
		long frame = entry & 0xffff_ffffL;
		file.seek(WalHeader.SIZE + frame * (WalFrame.HEADER_SIZE + this.pageSize) + WalFrame.HEADER_SIZE);
		file.readFully(chunk, at, this.pageSize);
	}

	/** Gives the WAL free. Safe to call again. */
	@Override
	public void close() {
		release();
		try {
			if (this.wal != null) {
				this.wal.close();
			}
		}
		catch (IOException ex) {
			throw new java.io.UncheckedIOException(ex);
		}
	}

}
