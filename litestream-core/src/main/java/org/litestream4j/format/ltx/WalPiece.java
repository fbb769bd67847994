package org.litestream4j.format.ltx;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.util.Arrays;

import org.jspecify.annotations.Nullable;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.OnFailure;
import org.litestream4j.live.ShadowWal;
import org.litestream4j.sqlite.NewestFrames;
import org.litestream4j.sqlite.WalFrame;
import org.litestream4j.sqlite.WalFrameChain;
import org.litestream4j.sqlite.WalHeader;

/**
 * A piece of the shadow WAL as the pages that it changes. Its frames are verified, as
 * pages have no checksum of their own that a restore could hold against them. Takes 24
 * bytes of memory for each frame, and small pieces as a whole. Not thread-safe.
 */
final class WalPiece implements Closeable {

	/** A piece up to this size is read once and kept. */
	private static final int SMALL = 1 << 20;

	private static final int CHUNK = 1 << 18;

	private final RandomAccessFile wal;

	private final WalHeader header;

	private final WalPosition start;

	private final long end;

	/** Where the first frame begins. */
	private final long from;

	/** All of the frames, if they are few. */
	private final byte @Nullable [] content;

	private final NewestFrames newest;

	private final long checksum;

	private final int pages;

	private WalPiece(RandomAccessFile wal, WalPosition start, long end) throws IOException {
		this.wal = wal;
		this.start = start;
		this.end = end;
		byte[] bytes = new byte[WalHeader.SIZE];
		wal.seek(0);
		wal.readFully(bytes);
		this.header = WalHeader.parse(bytes, start.toString());
		this.from = Math.max(start.offset(), WalHeader.SIZE);
		int frameSize = this.header.frameSize();
		int count = Math.toIntExact((end - this.from) / frameSize);
		if (count == 0 || (end - this.from) % frameSize != 0) {
			throw new IOException("no frame ends at %s".formatted(start.at(end)));
		}
		long[] pagesOfFrames = new long[count];
		int perChunk = Math.max(((end - this.from <= SMALL) ? SMALL : CHUNK) / frameSize, 1);
		byte[] chunk = new byte[Math.min(perChunk, count) * frameSize];
		WalFrameChain chain = new WalFrameChain(this.header, checksumAt(this.from));
		long databasePages = 0;
		for (int first = 0; first < count; first += perChunk) {
			int frames = Math.min(perChunk, count - first);
			wal.seek(this.from + (long) first * frameSize);
			wal.readFully(chunk, 0, frames * frameSize);
			for (int i = 0; i < frames; i++) {
				int at = i * frameSize;
				if (chain.follow(chunk, at) != WalFrameChain.Link.VALID) {
					throw new IOException("the frame at %s is damaged"
						.formatted(start.at(this.from + (long) (first + i) * frameSize)));
				}
				pagesOfFrames[first + i] = WalFrame.pageNumber(chunk, at);
				databasePages = WalFrame.databasePages(chunk, at);
			}
		}
		if (databasePages == 0) {
			throw new IOException("no commit ends at %s".formatted(start.at(end)));
		}
		this.checksum = chain.checksum();
		this.pages = Math.toIntExact(databasePages);
		this.newest = NewestFrames.of(pagesOfFrames, count, databasePages);
		this.content = (count <= perChunk) ? chunk : null;
	}

	/**
	 * Opens a piece.
	 * @param start where it begins: after a commit, or with its index
	 * @param end where it ends in the same index: after a commit
	 * @throws IOException if it cannot be read, or is damaged
	 */
	static WalPiece open(ShadowWal shadow, WalPosition start, long end) throws IOException {
		return of(shadow.openIndex(start.generation(), start.index()), start, end);
	}

	/** The same of an index that is open, and is closed with the piece. */
	static WalPiece of(RandomAccessFile wal, WalPosition start, long end) throws IOException {
		try (OnFailure undo = OnFailure.run(wal::close)) {
			return undo.keep(new WalPiece(wal, start, end));
		}
	}

	private long checksumAt(long frame) throws IOException {
		if (frame == WalHeader.SIZE) {
			return this.header.checksum();
		}
		byte[] before = new byte[WalFrame.HEADER_SIZE];
		this.wal.seek(frame - this.header.frameSize());
		this.wal.readFully(before);
		return WalFrame.checksum(before, 0);
	}

	WalHeader walHeader() {
		return this.header;
	}

	/** Where its first frame begins in the WAL. */
	long from() {
		return this.from;
	}

	/** Where its last frame ends in the WAL. */
	long end() {
		return this.end;
	}

	/** The WAL's running checksum at its end. */
	long checksum() {
		return this.checksum;
	}

	/** The size of the database after it, in pages. */
	int pages() {
		return this.pages;
	}

	/**
	 * Writes a file with the newest version of each page, and with those that the
	 * database has gained without any frame: what readers make of the file must not
	 * depend on what lay there before.
	 * @param pagesBefore the size of the database before the piece
	 * @param database what such pages are if no frame ever held them
	 */
	void writeTo(OutputStream out, LtxHeader described, int pagesBefore, DatabaseFile database) throws IOException {
		LtxWriter writer = new LtxWriter(out, described);
		int lockPage = described.lockPage();
		byte[] page = new byte[this.header.pageSize()];
		NewestFrames earlier = null;
		int frame = 0;
		// A page below has a frame here, or is as it was
		for (int grown = pagesBefore + 1; frame < this.newest.size() || grown <= this.pages;) {
			int next = (frame < this.newest.size()) ? (int) this.newest.page(frame) : Integer.MAX_VALUE;
			if (next <= grown || grown > this.pages) {
				if (next != lockPage) {
					writeFrame(writer, next, this.newest.frame(frame), page);
				}
				grown = (next == grown) ? grown + 1 : grown;
				frame++;
			}
			else {
				if (grown != lockPage) {
					earlier = (earlier != null) ? earlier : framesBefore();
					read(grown, earlier, database, page);
					writer.page(grown, page, 0);
				}
				grown++;
			}
		}
		writer.finish();
	}

	private void writeFrame(LtxWriter writer, int number, int frame, byte[] page) throws IOException {
		byte[] known = this.content;
		int frameSize = this.header.frameSize();
		if (known != null) {
			writer.page(number, known, frame * frameSize + WalFrame.HEADER_SIZE);
			return;
		}
		this.wal.seek(this.from + (long) frame * frameSize + WalFrame.HEADER_SIZE);
		this.wal.readFully(page);
		writer.page(number, page, 0);
	}

	/** The newest frames of the same WAL before the piece. */
	private NewestFrames framesBefore() throws IOException {
		int frameSize = this.header.frameSize();
		int count = Math.toIntExact((this.from - WalHeader.SIZE) / frameSize);
		long[] pagesOfFrames = new long[count];
		byte[] frame = new byte[WalFrame.HEADER_SIZE];
		for (int i = 0; i < count; i++) {
			this.wal.seek(this.header.endOf(i));
			this.wal.readFully(frame);
			pagesOfFrames[i] = WalFrame.pageNumber(frame, 0);
		}
		return NewestFrames.of(pagesOfFrames, count, this.pages);
	}

	/**
	 * A page that has no frame here: the one that a checkpoint of now would leave. Nobody
	 * relies on what is in it, as SQLite has never written it since the database had
	 * fewer pages; but it is to be the same everywhere.
	 */
	private void read(int number, NewestFrames earlier, DatabaseFile database, byte[] page) throws IOException {
		int frame = earlier.frameOf(number);
		if (frame >= 0) {
			this.wal.seek(this.header.endOf(frame) + WalFrame.HEADER_SIZE);
			this.wal.readFully(page);
			return;
		}
		Arrays.fill(page, (byte) 0);
		database.read((long) (number - 1) * page.length, page, 0, page.length);
	}

	@Override
	public void close() throws IOException {
		this.wal.close();
	}

	@Override
	public String toString() {
		return "%s to %d".formatted(this.start, this.end);
	}

}
