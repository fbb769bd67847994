package org.litestream4j.shadow;

import java.io.IOException;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;

import org.litestream4j.database.CheckpointResult;
import org.litestream4j.database.DatabaseSession;
import org.litestream4j.database.WalFile;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.wal.WalFrame;
import org.litestream4j.wal.WalFrameChain;
import org.litestream4j.wal.WalHeader;

/**
 * One look at the live WAL: copies to the shadow WAL what was committed since the last
 * one. Runs under the engine's lock.
 */
final class WalSync {

	/** How often the WAL may change under the reader before that is an error. */
	private static final int ATTEMPTS = 20;

	/**
	 * Times the attempt: a writer that was suspended, or killed, in the middle of
	 * publishing makes SQLite refuse to answer for a while.
	 */
	private static final long PAUSE_NANOS = 200_000;

	private static final int BUFFER = 1 << 18;

	private final DatabaseSession session;

	private final WalFile wal;

	private final ShadowWal shadow;

	private final CoverCheck cover;

	private final Runnable beforeCommit;

	private final long largestWal;

	private final DiskRoom room;

	/** The WAL of which nothing is copied, and why. */
	@Nullable private Withheld withheld;

	private byte[] buffer = new byte[0];

	/**
	 * Creates it.
	 * @param beforeCommit is run before the position moves
	 * @param largestWal bytes of a WAL that positions can name
	 * @param room on the disk of the shadow WAL
	 */
	WalSync(DatabaseSession session, WalFile wal, ShadowWal shadow, CoverCheck cover, Runnable beforeCommit,
			long largestWal, DiskRoom room) {
		this.beforeCommit = beforeCommit;
		this.largestWal = largestWal;
		this.room = room;
		this.session = session;
		this.wal = wal;
		this.shadow = shadow;
		this.cover = cover;
	}

	/** Whether a read transaction was held, and its locks kept, since the last sync. */
	@FunctionalInterface
	interface CoverCheck {

		boolean isCovered() throws IOException;

	}

	/**
	 * What a sync found.
	 *
	 * @param bytes copied
	 * @param restarted whether a new index began
	 * @param published how the WAL stood
	 */
	record Result(long bytes, boolean restarted, CheckpointResult published) {
	}

	/**
	 * A WAL that is not copied. The generation that was copied before is given up, and
	 * the next one begins when it can be copied.
	 *
	 * @param header the WAL's
	 * @param reason a sentence
	 */
	record Withheld(WalHeader header, String reason) {
	}

	/** Copies nothing, only asks how the WAL stands. */
	Result look() throws IOException {
		CheckpointResult published = this.session.published();
		for (int attempt = 1; attempt < ATTEMPTS && published.log() < 0; attempt++) {
			LockSupport.parkNanos(attempt * PAUSE_NANOS);
			published = this.session.published();
		}
		return new Result(0, false, published);
	}

	/**
	 * Copies every frame that is published now.
	 * @throws ContinuityLostException if frames may be missing in between
	 * @throws IOException if the WAL cannot be read or the shadow WAL not written;
	 * nothing has changed then
	 */
	Result sync() throws IOException {
		for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
			if (attempt > 1) {
				LockSupport.parkNanos(attempt * PAUSE_NANOS);
			}
			if (!this.wal.isInUse()) {
				throw new ContinuityLostException(GenerationReason.WAL_FILE_REPLACED,
						"the WAL file was deleted or replaced while the application had it open");
			}
			WalHeader header = this.wal.readHeader();
			CheckpointResult published = this.session.published();
			// Equal before and after: the number of frames is that of this very WAL
			if (published.log() >= 0 && java.util.Objects.equals(header, this.wal.readHeader())) {
				Result result = copy(header, published);
				if (result != null) {
					return result;
				}
			}
		}
		throw new IOException("the WAL changed %d times while it was read".formatted(ATTEMPTS));
	}

	/** Null if the WAL changed meanwhile. */
	@Nullable private Result copy(@Nullable WalHeader header, CheckpointResult published) throws IOException {
		if (published.log() == 0) {
			// Empty, or restarted without a commit since: the header on disk means
			// nothing
			return new Result(0, false, published);
		}
		if (header == null) {
			return null;
		}
		long end = header.endOf(published.log());
		ShadowState known = this.shadow.state();
		if (end > this.largestWal) {
			return withhold(header, known, published, GenerationReason.WAL_TOO_LARGE,
					"the WAL is larger than a replica can name: it has grown beyond %d bytes, and must restart"
						.formatted(this.largestWal));
		}
		boolean covered = known == null || header.equals(known.header()) || this.cover.isCovered();
		WalContinuity continuity = WalContinuity.decide(known, header, end, covered);
		if (continuity instanceof WalContinuity.Broken broken) {
			throw new ContinuityLostException(broken.reason(), broken.detail());
		}
		if (continuity instanceof WalContinuity.Continues continues && known != null) {
			if (end == continues.fromOffset()) {
				return new Result(0, false, published);
			}
			String lack = this.room.lackFor(end - continues.fromOffset());
			if (lack != null) {
				return withhold(header, known, published, GenerationReason.DISK_NEARLY_FULL, lack);
			}
			return copyFrames(header, known.checksum(), continues.fromOffset(), end, false, published);
		}
		String lack = this.room.lackFor(end);
		if (lack != null) {
			return withhold(header, known, published, GenerationReason.DISK_NEARLY_FULL, lack);
		}
		return copyFrames(header, header.checksum(), WalHeader.SIZE, end, true, published);
	}

	private Result withhold(WalHeader header, @Nullable ShadowState known, CheckpointResult published,
			GenerationReason reason, String detail) throws ContinuityLostException {
		if (known != null) {
			throw new ContinuityLostException(reason, detail);
		}
		this.withheld = new Withheld(header, detail);
		return new Result(0, false, published);
	}

	/** The WAL that is not copied; null if all is well. */
	@Nullable Withheld withheld() {
		return (this.shadow.state() == null) ? this.withheld : null;
	}

	@Nullable private Result copyFrames(WalHeader header, long checksum, long from, long end, boolean restarted,
			CheckpointResult published) throws IOException {
		ShadowWal.Appender appender = this.shadow.append(restarted);
		boolean committed = false;
		try {
			if (restarted) {
				appender.write(header.toBytes(), 0, WalHeader.SIZE);
			}
			ShadowState reached = transfer(appender, header, checksum, from, end);
			if (reached != null && header.equals(this.wal.readHeader())) {
				this.beforeCommit.run();
				appender.commit(reached);
				this.withheld = null;
				committed = true;
				return new Result(end - from, restarted, published);
			}
			return null;
		}
		finally {
			if (!committed) {
				appender.abort();
			}
		}
	}

	/** Null if what is read is not a chain of frames that ends with a commit. */
	@Nullable private ShadowState transfer(ShadowWal.Appender appender, WalHeader header, long checksum, long from, long end)
			throws IOException {
		int frameSize = header.frameSize();
		byte[] frames = buffer(frameSize);
		WalFrameChain chain = new WalFrameChain(header, checksum);
		long databasePages = 0;
		for (long position = from; position < end;) {
			int length = (int) Math.min(frames.length / frameSize * (long) frameSize, end - position);
			if (this.wal.read(position, frames, 0, length) < length) {
				return null;
			}
			for (int offset = 0; offset < length; offset += frameSize) {
				if (chain.follow(frames, offset) != WalFrameChain.Link.VALID) {
					return null;
				}
				databasePages = WalFrame.databasePages(frames, offset);
			}
			appender.write(frames, 0, length);
			position += length;
		}
		return (databasePages != 0) ? new ShadowState(header, end, chain.checksum(), databasePages, false) : null;
	}

	private byte[] buffer(int frameSize) {
		int size = Math.max(BUFFER / frameSize, 1) * frameSize;
		if (this.buffer.length != size) {
			this.buffer = new byte[size];
		}
		return this.buffer;
	}

}
