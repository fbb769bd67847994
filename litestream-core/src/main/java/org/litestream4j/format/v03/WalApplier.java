package org.litestream4j.format.v03;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.restore.PageTarget;
import org.litestream4j.restore.PageWriter;
import org.litestream4j.sqlite.CorruptWalException;
import org.litestream4j.sqlite.WalFrame;
import org.litestream4j.sqlite.WalFrameChain;
import org.litestream4j.sqlite.WalHeader;

/**
 * Writes the pages of WAL segments into a database file, as SQLite's checkpoint would:
 * every frame is verified, and after each index the file gets the size that its last
 * commit names. Segments end with a transaction, so whatever they hold is committed.
 * Frames are written as they come; a later version of a page overwrites an earlier one.
 * <p>
 * Segments may overlap, as a writer that was not sure where its replica stood ships a
 * part again, in other pieces. What of a segment is covered already is not written again,
 * but must agree: its checksums, which sum up all frames before, must be those of the
 * frames that were written.
 * <p>
 * A segment without frames adds nothing, and is no damage: whoever takes a replica over
 * leaves some. That it was not cut short is the decoder's to tell. Not thread-safe.
 */
final class WalApplier {

	/** For who has no snapshot to compare with. */
	static final int ANY_PAGE_SIZE = 0;

	private static final int BATCH = 1 << 18;

	private final PageWriter writer;

	private final PageTarget database;

	private int pageSize;

	@Nullable private WalFrameChain chain;

	@Nullable private WalHeader header;

	@Nullable private WalPosition position;

	private boolean committed = true;

	private long databasePages;

	private long transactions;

	private byte[] frames = new byte[0];

	private final SegmentStarts starts;

	/**
	 * Creates an applier.
	 * @param database the snapshot
	 * @param pageSize of the snapshot; {@value #ANY_PAGE_SIZE} to take that of the first
	 * WAL
	 * @param segments all that will be applied, by index and offset
	 */
	WalApplier(PageTarget database, int pageSize, List<WalSegment> segments) {
		this.database = database;
		this.pageSize = pageSize;
		this.writer = new PageWriter(database);
		this.starts = new SegmentStarts(segments);
	}

	/** Behind the last segment; null before the first. */
	@Nullable WalPosition position() {
		return this.position;
	}

	/** Whether a transaction ends where the last segment was left. */
	boolean isCommitted() {
		return this.committed;
	}

	/** How many transactions were applied. */
	long transactions() {
		return this.transactions;
	}

	/** The database's size in bytes as the last commit of this index names it; or 0. */
	long databaseSize() {
		return this.databasePages * this.pageSize;
	}

	/** Of the database. */
	int pageSize() {
		return this.pageSize;
	}

	/** Whether a segment begins where the ones before ended, or before that. */
	boolean follows(WalSegment segment) {
		WalPosition at = this.position;
		return segment.offset() == 0
				|| (at != null && at.index() == segment.index() && at.offset() >= segment.offset());
	}

	/**
	 * Applies a segment that {@link #follows follows}.
	 * @param segment the segment
	 * @param in its bytes, decompressed
	 * @param endOffset where to stop, or null for the segment's end
	 * @return whether there was something after {@code endOffset}
	 * @throws CorruptWalException if its bytes are not what must be there
	 */
	boolean apply(WalSegment segment, InputStream in, @Nullable Long endOffset) throws IOException {
		String name = "WAL index " + segment.index();
		if (segment.offset() == 0) {
			begin(WalHeader.parse(in.readNBytes(WalHeader.SIZE), name), name);
		}
		WalHeader current = this.header;
		if (current == null) {
			throw new IllegalStateException(name + " follows nothing");
		}
		long covered = (this.position != null && segment.offset() != 0) ? this.position.offset() : 0;
		if (segment.offset() < covered) {
			return applyOverlapping(segment, in, endOffset, covered);
		}
		return applyRest(segment, in, endOffset, current, Math.max(segment.offset(), WalHeader.SIZE));
	}

	/** Goes on at an offset that is covered up to there. */
	private boolean applyRest(WalSegment segment, InputStream in, @Nullable Long endOffset, WalHeader current,
			long begin) throws IOException {
		String name = "WAL index " + segment.index();
		long offset = begin;
		boolean atCommit = true;
		int read;
		while ((read = in.readNBytes(this.frames, 0, this.frames.length)) > 0) {
			int frameSize = current.frameSize();
			for (int at = 0; at < read; at += frameSize) {
				if (endOffset != null && offset >= endOffset) {
					finish(segment, offset, atCommit);
					return true;
				}
				if (read - at < frameSize) {
					throw new CorruptWalException("%s: ends within the frame at offset %d".formatted(name, offset));
				}
				atCommit = applyFrame(current, at, name, offset);
				offset += frameSize;
			}
		}
		if (!atCommit) {
			throw new CorruptWalException("%s: ends within a transaction, at offset %d".formatted(name, offset));
		}
		finish(segment, offset, true);
		return false;
	}

	/**
	 * Verifies what is covered, and applies what comes after it, if anything does.
	 */
	private boolean applyOverlapping(WalSegment segment, InputStream in, @Nullable Long endOffset, long covered)
			throws IOException {
		String name = "WAL index " + segment.index();
		WalHeader current = Objects.requireNonNull(this.header);
		Long seed = this.starts.checksumAt(segment.offset());
		if (seed == null) {
			throw new CorruptWalException("%s: offset %d lies within a frame".formatted(name, segment.offset()));
		}
		WalFrameChain other = new WalFrameChain(current, seed);
		long offset = segment.offset();
		byte[] frame = new byte[current.frameSize()];
		while (offset < covered) {
			int read = in.readNBytes(frame, 0, frame.length);
			if (read == 0) {
				return false; // all of it is covered, or it is empty
			}
			if (read < frame.length) {
				throw new CorruptWalException("%s: ends within the frame at offset %d".formatted(name, offset));
			}
			WalFrameChain.Link link = other.follow(frame, 0);
			offset += frame.length;
			Long expected = (offset == covered) ? (Long) checksum() : this.starts.checksumAt(offset);
			if (link != WalFrameChain.Link.VALID || (expected != null && expected != other.checksum())) {
				throw new CorruptWalException(
						"%s: up to offset %d it does not agree with the segments before it".formatted(name, offset));
			}
		}
		return applyRest(segment, in, endOffset, current, offset);
	}

	private long checksum() {
		return Objects.requireNonNull(this.chain).checksum();
	}

	private void begin(WalHeader newHeader, String name) throws IOException {
		finishIndex();
		if (this.pageSize == ANY_PAGE_SIZE) {
			this.pageSize = newHeader.pageSize();
		}
		if (this.pageSize != newHeader.pageSize()) {
			throw new CorruptWalException(
					"%s: page size %d, but the database's is %d".formatted(name, newHeader.pageSize(), this.pageSize));
		}
		this.header = newHeader;
		this.chain = new WalFrameChain(newHeader);
		this.starts.nextIndex();
		int frameSize = newHeader.frameSize();
		int batch = Math.max(1, BATCH / frameSize) * frameSize;
		if (this.frames.length != batch) {
			this.frames = new byte[batch];
		}
	}

	private boolean applyFrame(WalHeader current, int at, String name, long offset) throws IOException {
		WalFrameChain frameChain = this.chain;
		WalFrameChain.Link link = (frameChain != null) ? frameChain.follow(this.frames, at)
				: WalFrameChain.Link.OTHER_CHECKSUM;
		if (link != WalFrameChain.Link.VALID) {
			throw new CorruptWalException(
					"%s: the frame at offset %d does not continue the WAL (%s)".formatted(name, offset, link));
		}
		this.starts.passed(offset + current.frameSize(), checksum());
		this.writer.write(WalFrame.pageNumber(this.frames, at), this.frames, at + WalFrame.HEADER_SIZE,
				current.pageSize());
		long pages = WalFrame.databasePages(this.frames, at);
		if (pages != 0) {
			this.databasePages = pages;
			this.transactions++;
		}
		return pages != 0;
	}

	private void finish(WalSegment segment, long offset, boolean isCommitted) throws IOException {
		this.writer.flush();
		this.position = segment.start().at(offset);
		this.committed = isCommitted;
	}

	/** Gives the file the size that the index's last commit names. */
	void finishIndex() throws IOException {
		if (this.databasePages != 0) {
			this.database.truncate(this.databasePages * this.pageSize);
		}
		this.databasePages = 0;
	}

}
