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
 * from the shadow WAL, which nobody overwrites. Not thread-safe.
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

	private final Runnable whenClosed;

	private boolean closed;

	/**
	 * Creates a view. Takes the reader and the WAL over.
	 * @param reader its transaction began before everything up to the position was copied
	 * @param wal the shadow WAL of the position's index, or null at offset 0
	 */
	DatabaseView(Origin origin, DatabaseFile database, ReadLock reader, @Nullable RandomAccessFile wal, int pageSize,
			long pages, Runnable whenClosed) {
		this.position = origin.position;
		this.snapshotIndex = origin.snapshotIndex;
		this.committedAt = origin.committedAt;
		this.database = database;
		this.reader = reader;
		this.wal = wal;
		this.pageSize = pageSize;
		this.pages = pages;
		this.whenClosed = whenClosed;
	}

	/**
	 * A view of a database without WAL: of the file alone, whose header tells its size.
	 */
	static DatabaseView ofFile(Origin origin, DatabaseFile database, ReadLock reader, Runnable whenClosed)
			throws IOException {
		byte[] header = new byte[100];
		database.read(0, header, 0, header.length);
		int stored = (header[16] & 0xff) << 8 | (header[17] & 0xff);
		// 0: nothing was ever written
		int pageSize = (stored == 1) ? 65536 : Math.max(stored, 512);
		return new DatabaseView(origin, database, reader, null, pageSize, database.size() / pageSize, whenClosed);
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
			out.write(chunk, 0, count * this.pageSize);
		}
	}

	/**
	 * The newest frame of each page, by ascending page: the page above, the frame below.
	 */
	private long[] newestFrames() throws IOException {
		if (this.wal == null) {
			return new long[0];
		}
		int frameSize = WalFrame.HEADER_SIZE + this.pageSize;
		int count = (int) ((this.position.offset() - WalHeader.SIZE) / frameSize);
		long[] frames = new long[count];
		byte[] header = new byte[WalFrame.HEADER_SIZE];
		for (int i = 0; i < count; i++) {
			this.wal.seek(WalHeader.SIZE + (long) i * frameSize);
			this.wal.readFully(header);
			frames[i] = WalFrame.pageNumber(header, 0) << 32 | i;
		}
		Arrays.sort(frames);
		int kept = 0;
		for (int i = 0; i < count; i++) {
			boolean newest = i + 1 == count || pageOf(frames[i + 1]) != pageOf(frames[i]);
			if (newest && pageOf(frames[i]) <= this.pages) {
				frames[kept++] = frames[i];
			}
		}
		return Arrays.copyOf(frames, kept);
	}

	private static long pageOf(long entry) {
		return entry >>> 32;
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
		if (this.closed) {
			return;
		}
		this.closed = true;
		this.reader.close();
		try {
			if (this.wal != null) {
				this.wal.close();
			}
		}
		catch (IOException ex) {
			throw new java.io.UncheckedIOException(ex);
		}
		finally {
			this.whenClosed.run();
		}
	}

}
