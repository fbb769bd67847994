package org.litestream4j.live;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.database.CheckpointResult;
import org.litestream4j.database.WalFile;
import org.litestream4j.io.OnFailure;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.observe.LitestreamListener.Outcome;
import org.litestream4j.sqlite.WalFrame;
import org.litestream4j.sqlite.WalFrameChain;
import org.litestream4j.sqlite.WalHeader;

/**
 * Copies what was committed from the live WAL to the shadow WAL. Holds the live WAL open,
 * which can be deleted under it. Each sync also settles whether the WAL was guarded, and
 * notifies the listener. Runs under the protocol's lock.
 */
final class WalCopier implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(WalCopier.class);

	/** How often the WAL may change under the reader before that is an error. */
	private static final int ATTEMPTS = 20;

	/**
	 * Times the attempt: a writer that was suspended, or killed, in the middle of
	 * publishing makes SQLite refuse to answer for a while.
	 */
	private static final long PAUSE_NANOS = 200_000;

	private static final int BUFFER = 1 << 18;

	/**
	 * How long after its last frame was written a commit is published at most, by a guess
	 * that is generous: forcing it to the disk comes in between.
	 */
	private static final Duration PUBLISHING = Duration.ofSeconds(1);

	private final ShadowOptions options;

	private final LiveDatabase live;

	private final ShadowWal shadow;

	private final RestartProof restartProof;

	private final LitestreamListener listener;

	private final Clock clock;

	private final Runnable advanced;

	private final DiskRoom room;

	private WalFile wal;

	/** The WAL of which nothing is copied, and why. */
	@Nullable private Withheld withheld;

	private byte[] buffer = new byte[0];

	private boolean walLossReported;

	private boolean suspended;

	/** Whether what is copied next may have been committed long ago. */
	private boolean firstSync = true;

	private long restartSeen = System.nanoTime();

	/**
	 * Opens the live WAL.
	 * @param clock says when commits were seen
	 * @param advanced is run whenever the position has moved
	 */
	WalCopier(ShadowOptions options, LiveDatabase live, ShadowWal shadow, RestartProof restartProof,
			LitestreamListener listener, Clock clock, Runnable advanced) throws IOException {
		this.options = options;
		this.live = live;
		this.shadow = shadow;
		this.restartProof = restartProof;
		this.listener = listener;
		this.clock = clock;
		this.advanced = advanced;
		this.room = new DiskRoom(options.metaDirectory(), options.minFreeSpace());
		this.wal = live.openWal();
	}

	/**
	 * What a sync found.
	 *
	 * @param bytes copied
	 * @param index whether a new index began
	 * @param published how the WAL stood
	 */
	record Result(long bytes, Index index, CheckpointResult published) {

		static Result nothing(CheckpointResult published) {
			return new Result(0, Index.SAME, published);
		}

	}

	/** Which index frames belong to. */
	enum Index {

		/** The one that was copied last. */
		SAME,
		/** The next one: the WAL was restarted, or nothing was copied before. */
		NEW

	}

	/**
	 * A WAL that is not copied. The generation that was copied before is given up, and
	 * the next one begins when it can be copied.
	 *
	 * @param header the WAL's
	 * @param reason a sentence
	 */
	private record Withheld(WalHeader header, String reason) {
	}

	/**
	 * Copies everything that is published now.
	 * @throws ContinuityLostException if frames may be missing in between
	 * @throws IOException if the WAL cannot be read or the shadow WAL not written;
	 * nothing has changed then
	 */
	Result sync() throws IOException {
		this.live.lock().assertHeld();
		if (this.suspended) {
			return look();
		}
		long start = System.nanoTime();
		Outcome outcome = Outcome.ERROR;
		long bytes = 0;
		try {
			Result result = copyPublished();
			this.live.guard().settle(result, WalGuard.Before.of(this.shadow));
			this.firstSync = false;
			bytes = result.bytes();
			outcome = Outcome.SUCCESS;
			if (result.index() == Index.NEW) {
				this.restartSeen = System.nanoTime();
			}
			if (bytes > 0) {
				this.advanced.run();
			}
			return result;
		}
		finally {
			this.listener.synced(this.options.name(), bytes, Duration.ofNanos(System.nanoTime() - start), outcome);
		}
	}

	/**
	 * A sync, and if the WAL was restarted, a younger reader at once. Not under the write
	 * lock: one that had to be kept is given back first.
	 */
	Result syncAndHandOver() throws IOException {
		this.live.guard().resume();
		Result result = sync();
		if (result.index() == Index.NEW) {
			// A reader at mark 0 blocks every checkpoint
			handOver();
		}
		return result;
	}

	/** Moves the guard to a younger read transaction. */
	void handOver() throws IOException {
		this.restartProof.note();
		this.live.guard().handOver(this::sync);
	}

	/** Copies nothing, only asks how the WAL stands. */
	private Result look() throws IOException {
		CheckpointResult published = this.live.session().published();
		for (int attempt = 1; attempt < ATTEMPTS && published.log() < 0; attempt++) {
			LockSupport.parkNanos(attempt * PAUSE_NANOS);
			published = this.live.session().published();
		}
		return Result.nothing(published);
	}

	private Result copyPublished() throws IOException {
		for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
			if (attempt > 1) {
				LockSupport.parkNanos(attempt * PAUSE_NANOS);
			}
			if (!this.wal.isInUse()) {
				throw new ContinuityLostException(GenerationReason.WAL_FILE_REPLACED,
						"the WAL file was deleted or replaced while the application had it open");
			}
			WalHeader header = this.wal.readHeader();
			CheckpointResult published = this.live.session().published();
			// Equal before and after: the number of frames is that of this very WAL
			if (published.log() >= 0 && Objects.equals(header, this.wal.readHeader())) {
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
			return Result.nothing(published);
		}
		if (header == null) {
			return null;
		}
		long end = header.endOf(published.log());
		ShadowState known = this.shadow.state();
		if (end > this.options.largestWal()) {
			return withhold(header, published, GenerationReason.WAL_TOO_LARGE,
					"the WAL is larger than a replica can name: it has grown beyond %d bytes, and must restart"
						.formatted(this.options.largestWal()));
		}
		WalContinuity continuity = WalContinuity.decide(known, header, end, guarding(known, header));
		if (continuity instanceof WalContinuity.Broken broken) {
			throw new ContinuityLostException(broken.reason(), broken.detail());
		}
		Frames frames = (continuity instanceof WalContinuity.Continues continues && known != null)
				? new Frames(header, Index.SAME, continues.fromOffset(), known.checksum(), end)
				: new Frames(header, Index.NEW, WalHeader.SIZE, header.checksum(), end);
		if (frames.index == Index.SAME && frames.from == end) {
			return Result.nothing(published);
		}
		String lack = this.room.lackFor(frames.bytes());
		if (lack != null) {
			return withhold(header, published, GenerationReason.DISK_NEARLY_FULL, lack);
		}
		return copy(frames) ? new Result(end - frames.from, frames.index, published) : null;
	}

	/** Asked of the kernel only if it matters: the WAL was restarted. */
	private WalContinuity.Guarding guarding(@Nullable ShadowState known, WalHeader header) throws IOException {
		boolean restarted = this.shadow.mustGoOn() && (known == null || !header.equals(known.header()));
		return (!restarted || this.live.guard().isComplete()) ? WalContinuity.Guarding.THROUGHOUT
				: WalContinuity.Guarding.UNPROVEN;
	}

	private Result withhold(WalHeader header, CheckpointResult published, GenerationReason reason, String detail)
			throws ContinuityLostException {
		if (this.shadow.mustGoOn()) {
			throw new ContinuityLostException(reason, detail);
		}
		this.withheld = new Withheld(header, detail);
		return Result.nothing(published);
	}

	/**
	 * Published frames of a WAL that were not copied yet.
	 *
	 * @param header the WAL's
	 * @param index whether they are the first of the next index
	 * @param from where they begin
	 * @param checksum the running checksum there
	 * @param end where they end, after a commit
	 */
	private record Frames(WalHeader header, Index index, long from, long checksum, long end) {

		/** Bytes that the shadow WAL grows by. */
		long bytes() {
			return (this.index == Index.NEW) ? this.end : this.end - this.from;
		}

	}

	/** False if the WAL changed meanwhile, or they are not what they have to be. */
	private boolean copy(Frames frames) throws IOException {
		ShadowWal.Appender appender = this.shadow.append(frames.index);
		try (OnFailure undo = OnFailure.run(appender::abort)) {
			if (frames.index == Index.NEW) {
				appender.write(frames.header.toBytes(), 0, WalHeader.SIZE);
			}
			ShadowState reached = transfer(appender, frames);
			if (reached != null && frames.header.equals(this.wal.readHeader())) {
				appender.commit(reached, seen());
				undo.keep();
				this.withheld = null;
				return true;
			}
			return false;
		}
	}

	/** Null if what is read is not a chain of frames that ends with a commit. */
	@Nullable private ShadowState transfer(ShadowWal.Appender appender, Frames frames) throws IOException {
		WalHeader header = frames.header;
		int frameSize = header.frameSize();
		byte[] bytes = buffer(frameSize);
		WalFrameChain chain = new WalFrameChain(header, frames.checksum);
		long databasePages = 0;
		for (long position = frames.from; position < frames.end;) {
			int length = (int) Math.min(bytes.length / frameSize * (long) frameSize, frames.end - position);
			if (this.wal.read(position, bytes, 0, length) < length) {
				return null;
			}
			for (int offset = 0; offset < length; offset += frameSize) {
				if (chain.follow(bytes, offset) != WalFrameChain.Link.VALID) {
					return null;
				}
				databasePages = WalFrame.databasePages(bytes, offset);
			}
			appender.write(bytes, 0, length);
			position += length;
		}
		return (databasePages != 0) ? new ShadowState(header, frames.end, chain.checksum(), databasePages, false)
				: null;
	}

	private byte[] buffer(int frameSize) {
		int size = Math.max(BUFFER / frameSize, 1) * frameSize;
		if (this.buffer.length != size) {
			this.buffer = new byte[size];
		}
		return this.buffer;
	}

	/**
	 * By when the commits that were just read had been made. With an earlier time they
	 * would be restored to times before they were made. What a start finds may be old,
	 * and was written to the WAL by the time of its file.
	 */
	private Instant seen() throws IOException {
		Instant now = this.clock.instant();
		if (!this.firstSync) {
			return now;
		}
		Instant written = this.wal.changedBy();
		Instant published = (written != null) ? written.plus(PUBLISHING) : now;
		return published.isBefore(now) ? published : now;
	}

	/** When the first commit of this WAL was seen, by {@link System#nanoTime()}. */
	long restartSeen() {
		return this.restartSeen;
	}

	/** The live WAL. Outdated when a generation starts. */
	WalFile wal() {
		return this.wal;
	}

	/** Of the WAL that is or would be copied; null if nothing was committed to one. */
	@Nullable WalHeader header() {
		ShadowState state = this.shadow.state();
		Withheld now = withheld();
		return (state != null) ? state.header() : (now != null) ? now.header() : null;
	}

	/** The WAL that is not copied; null if all is well. */
	@Nullable private Withheld withheld() {
		return (this.shadow.state() == null) ? this.withheld : null;
	}

	/**
	 * Copies nothing any more until a generation starts, as no replica wants the rest of
	 * this one. The WAL is checkpointed as ever.
	 */
	void suspend() {
		this.suspended = true;
		this.live.guard().interrupted();
	}

	/**
	 * Leaves the generation and starts one that holds nothing yet, to which is copied
	 * again. Nothing in it is dated before it began, as another database may have been
	 * there until then.
	 */
	void startGeneration() throws IOException {
		this.shadow.startGeneration(this.clock.instant());
		this.suspended = false;
		this.firstSync = false;
		this.live.guard().beginAnew();
	}

	/** Refuses a WAL that is not copied. */
	void requireCopied() throws IOException {
		Withheld now = withheld();
		if (now != null) {
			throw new IOException(now.reason() + "; replication continues by itself, in a new generation");
		}
	}

	/** Refuses a generation that is not gone on with. */
	void requireCopying() throws IOException {
		requireCopied();
		if (this.suspended) {
			throw new IOException("every replica was unreachable for longer than max-shadow-wal-size can buffer;"
					+ " replication goes on in a new generation when one is back");
		}
	}

	/**
	 * Opens the WAL again if its file was deleted or replaced. Nothing can be mended
	 * here: what this process commits may go to a file without a name.
	 */
	void reopenWalIfReplaced() throws IOException {
		this.live.lock().assertHeld();
		if (this.wal.isInUse()) {
			return;
		}
		if (!this.walLossReported) {
			this.walLossReported = true;
			logger
				.error("Database '{}': {} was deleted or replaced while the application had it open, because a program"
						+ " removed it or SQLite's locks were lost. What is committed now may be lost: restart the"
						+ " application", this.options.name(), this.wal.path());
		}
		WalFile found;
		try {
			found = this.live.openWal();
		}
		catch (NoSuchFileException ex) {
			throw new IOException("%s was deleted while the application had it open: restart the application"
				.formatted(this.wal.path()), ex);
		}
		this.wal.close();
		this.wal = found;
		this.withheld = null;
		this.walLossReported = false;
	}

	@Override
	public void close() {
		this.live.lock().assertHeld();
		this.wal.close();
	}

}
