package org.litestream4j.shadow;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.database.CheckpointMode;
import org.litestream4j.database.CheckpointResult;
import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.DatabaseSession;
import org.litestream4j.database.ReadLock;
import org.litestream4j.database.WalFile;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.CheckpointOutcome;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.observe.LitestreamListener.Outcome;
import org.litestream4j.wal.WalFrame;

/**
 * Follows one live database: keeps it guarded by a read transaction, copies what is
 * committed to the shadow WAL, checkpoints, and starts a new generation when continuity
 * cannot be proven. Thread-safe: one lock makes every step atomic.
 */
public final class WalShadower implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(WalShadower.class);

	private static final long WARN_SPACING_NANOS = Duration.ofMinutes(1).toNanos();

	private static final long RETRY_NANOS = Duration.ofMillis(200).toNanos();

	private final ReentrantLock lock = new ReentrantLock();

	private final ShadowOptions options;

	private final CheckpointPolicy policy;

	private final LitestreamListener listener;

	private final Clock clock;

	private final Runnable advanced;

	private final DatabaseSession session;

	private final DatabaseFile file;

	private final ReaderPair readers;

	private final ShadowWal shadow;

	private final Checkpointer checkpointer;

	private final boolean locksVisible;

	private WalFile wal;

	private WalSync walSync;

	/** Whether the WAL may have been restarted unseen since the last sync. */
	private boolean coverLost;

	private boolean closed;

	private int openViews;

	private volatile Instant lastCommitSeen;

	private long restartSeen = System.nanoTime();

	private long lastAttempt = System.nanoTime();

	private long lastTruncateAttempt = System.nanoTime();

	private long lastWarning = System.nanoTime() - WARN_SPACING_NANOS;

	/** Names what is gathered while starting; the fields are final. */
	private record Parts(DatabaseSession session, DatabaseFile file, ReaderPair readers, WalFile wal, ShadowWal shadow,
			boolean covered) {
	}

	private WalShadower(ShadowOptions options, Parts parts, LitestreamListener listener, Clock clock,
			Runnable advanced) {
		this.options = options;
		this.policy = options.checkpointPolicy();
		this.listener = listener;
		this.clock = clock;
		this.advanced = advanced;
		this.session = parts.session;
		this.file = parts.file;
		this.readers = parts.readers;
		this.wal = parts.wal;
		this.shadow = parts.shadow;
		this.coverLost = !parts.covered;
		this.locksVisible = this.file.lockState().complete();
		this.walSync = newWalSync(parts.wal);
		this.checkpointer = new Checkpointer(this.session, this.readers, this::sync, this.shadow::force);
		this.lastCommitSeen = clock.instant();
	}

	/**
	 * Opens a database and goes on from what was copied before, if that can be proven,
	 * else starts a generation. Must come before anything else opens the database.
	 * @param options which database and how
	 * @param disk changes the meta directory
	 * @param listener hears of it
	 * @param clock tells when commits were seen
	 * @param advanced is run, under the lock, whenever the position has moved
	 * @throws IOException if the database cannot be followed
	 */
	public static WalShadower start(ShadowOptions options, Disk disk, LitestreamListener listener, Clock clock,
			Runnable advanced) throws IOException {
		DatabaseSession session = DatabaseSession.open(options.database(), options.busyTimeout(),
				options.creationPragmas());
		boolean started = false;
		try {
			DatabaseFile file = DatabaseFile.of(options.database().toRealPath());
			file.claim();
			try {
				WalShadower shadower = start(options, session, file, disk, listener, clock, advanced);
				started = true;
				return shadower;
			}
			finally {
				if (!started) {
					file.unclaim();
				}
			}
		}
		finally {
			if (!started) {
				session.close();
			}
		}
	}

	private static WalShadower start(ShadowOptions options, DatabaseSession session, DatabaseFile file, Disk disk,
			LitestreamListener listener, Clock clock, Runnable advanced) throws IOException {
		boolean writing = session.tryBeginWrite(); // nobody commits while continuity is
													// judged
		ReadLock retained = file.takeRetained();
		ReadLock held = (retained != null) ? retained : session.newReadLock();
		boolean started = false;
		try {
			boolean covered = held.isHeld();
			if (!covered) {
				held.begin();
			}
			ReaderPair readers = new ReaderPair(held, session.newReadLock());
			WalFile wal = WalFile.open(file.walPath());
			ShadowWal shadow = ShadowWal.open(disk, options.metaDirectory());
			Parts parts = new Parts(session, file, readers, wal, shadow, covered);
			WalShadower shadower = new WalShadower(options, parts, listener, clock, advanced);
			shadower.resume();
			if (writing) {
				session.endWrite();
				writing = false;
			}
			shadower.closeIndexAgain();
			started = true;
			return shadower;
		}
		finally {
			if (!started) {
				file.retain(held); // else closing the last connection would delete the
									// WAL
			}
			if (writing) {
				session.endWrite();
			}
		}
	}

	private WalSync newWalSync(WalFile file) {
		return new WalSync(this.session, file, this.shadow, this::isCovered);
	}

	private boolean isCovered() {
		return !this.coverLost && this.readers.isHeld() && (!this.locksVisible || this.file.lockState().complete());
	}

	private void resume() throws IOException {
		WalPosition position = this.shadow.position();
		if (position == null) {
			startGeneration(GenerationReason.NO_LOCAL_STATE, "there is no local state to go on from");
			return;
		}
		try {
			if (this.coverLost) {
				requireSameWal(position);
			}
			sync();
			this.readers.handOver(this::sync);
		}
		catch (ContinuityLostException ex) {
			startGeneration(ex.reason(), ex.detail());
		}
	}

	/** The header alone could be that of a WAL whose tail was lost and written again. */
	private void requireSameWal(WalPosition position) throws IOException {
		ShadowState known = this.shadow.state();
		if (known == null) {
			throw new ContinuityLostException(GenerationReason.WAL_DOES_NOT_CONTINUE,
					"the WAL was empty when replication stopped, which proves nothing");
		}
		byte[] live = new byte[WalFrame.HEADER_SIZE];
		byte[] copied = new byte[WalFrame.HEADER_SIZE];
		long lastFrame = known.offset() - known.header().frameSize();
		try (RandomAccessFile copy = this.shadow.openIndex(position.generation(), position.index())) {
			copy.seek(lastFrame);
			copy.readFully(copied);
		}
		boolean sameHeader = known.header().equals(this.wal.readHeader());
		int read = this.wal.read(lastFrame, live, 0, live.length);
		if (!sameHeader || read < live.length || !Arrays.equals(live, copied)) {
			throw new ContinuityLostException(GenerationReason.WAL_DOES_NOT_CONTINUE,
					"the WAL was checkpointed, restarted or changed while nobody replicated it");
		}
	}

	/** A restart makes SQLite recover frames of a WAL that was to be over. */
	private void closeIndexAgain() throws IOException {
		ShadowState state = this.shadow.state();
		if (state != null && state.closed()) {
			this.lock.lock();
			try {
				restartWal();
			}
			catch (ContinuityLostException ex) {
				startGeneration(ex.reason(), ex.detail());
			}
			finally {
				this.lock.unlock();
			}
		}
	}

	private void sync() throws IOException {
		syncAndReport();
	}

	private WalSync.Result syncAndReport() throws IOException {
		long start = System.nanoTime();
		try {
			WalSync.Result result = this.walSync.sync();
			settleCover(result);
			if (result.restarted()) {
				this.restartSeen = System.nanoTime();
			}
			if (result.bytes() > 0) {
				this.lastCommitSeen = this.clock.instant();
			}
			report(start, result.bytes(), Outcome.SUCCESS);
			if (result.bytes() > 0) {
				this.advanced.run();
			}
			return result;
		}
		catch (ContinuityLostException ex) {
			throw ex;
		}
		catch (IOException ex) {
			report(start, 0, Outcome.ERROR);
			throw ex;
		}
	}

	private void report(long start, long bytes, Outcome outcome) {
		this.listener.synced(this.options.name(), bytes, Duration.ofNanos(System.nanoTime() - start), outcome);
	}

	/** A chain of frames that goes on is proof enough; an empty WAL is none. */
	private void settleCover(WalSync.Result result) throws IOException {
		if (this.coverLost && result.published().log() == 0 && this.shadow.state() != null) {
			throw new ContinuityLostException(GenerationReason.WAL_DOES_NOT_CONTINUE,
					"the WAL was reset while no read transaction guarded it");
		}
		this.coverLost = false;
	}

	/**
	 * Copies what was committed, and checkpoints if it is time to.
	 * @throws IOException if that failed; trying again is safe
	 */
	public void step() throws IOException {
		this.lock.lock();
		try {
			if (this.closed) {
				return;
			}
			try {
				WalSync.Result result = syncAndReport();
				if (result.restarted()) {
					this.readers.handOver(this::sync); // a reader at mark 0 blocks every
														// checkpoint
				}
				checkpointIfDue(result.published());
			}
			catch (ContinuityLostException ex) {
				startGeneration(ex.reason(), ex.detail());
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void checkpointIfDue(CheckpointResult published) throws IOException {
		long now = System.nanoTime();
		CheckpointPolicy.Action action = this.policy.decide(new CheckpointPolicy.Situation(published.log(),
				published.backfilled(), now - this.lastAttempt, now - this.restartSeen, this.openViews > 0));
		if (action != CheckpointPolicy.Action.NONE) {
			CheckpointOutcome outcome = checkpoint(action == CheckpointPolicy.Action.FIRM);
			this.lastAttempt = System.nanoTime();
			if (outcome == CheckpointOutcome.BUSY && published.log() >= this.options.maxCheckpointPageCount()) {
				warnOfGrowth(published);
			}
		}
		else if (published.isComplete()) {
			truncateIfLarge(now);
		}
	}

	private CheckpointOutcome checkpoint(boolean firm) throws IOException {
		return timed(firm ? "firm" : "gentle", firm ? this.checkpointer::firm : this.checkpointer::gentle);
	}

	/** Part of a checkpoint. */
	@FunctionalInterface
	private interface Attempt {

		CheckpointOutcome run() throws IOException;

	}

	private CheckpointOutcome timed(String mode, Attempt attempt) throws IOException {
		long start = System.nanoTime();
		CheckpointOutcome outcome = CheckpointOutcome.ERROR;
		try {
			outcome = attempt.run();
			return outcome;
		}
		finally {
			this.listener.checkpointed(this.options.name(), mode, outcome, Duration.ofNanos(System.nanoTime() - start));
		}
	}

	private void warnOfGrowth(CheckpointResult published) {
		if (System.nanoTime() - this.lastWarning >= WARN_SPACING_NANOS) {
			this.lastWarning = System.nanoTime();
			String holder = (this.openViews > 0) ? "a snapshot or validation that runs" : this.file.describeReaders();
			logger.warn(
					"Database '{}': the WAL has {} pages and cannot be checkpointed beyond {}: it is held back by {}",
					this.options.name(), published.log(), published.backfilled(), holder);
		}
	}

	private void truncateIfLarge(long now) throws IOException {
		ShadowState state = this.shadow.state();
		if (state == null || now - this.lastTruncateAttempt < RETRY_NANOS
				|| !this.policy.shouldTruncate(this.wal.size(), state.header().pageSize())) {
			return;
		}
		this.lastTruncateAttempt = now;
		timed("truncate", () -> {
			this.readers.handOver(this::sync); // to mark 0, at which a new frame makes it
												// fail
			boolean busy = this.session.checkpoint(CheckpointMode.TRUNCATE).busy();
			return busy ? CheckpointOutcome.BUSY : CheckpointOutcome.COMPLETE;
		});
	}

	/**
	 * Looks whether the kernel still holds SQLite's locks, and takes them again if
	 * somebody in this process made it drop them.
	 */
	public void checkLocks() throws IOException {
		this.lock.lock();
		try {
			if (this.closed || !this.locksVisible || this.file.lockState().complete()) {
				return;
			}
			this.coverLost = true;
			boolean repaired = this.file.repairLocks();
			renewReadMark();
			logger
				.error("Database '{}': SQLite's locks on {} were lost and {}. Some code in this process has opened and"
						+ " closed the database file or its -shm by Java I/O (copied it, or computed a checksum), which"
						+ " drops every lock of the process; other processes could then delete the live WAL. Read the"
						+ " database through SQLite only", this.options.name(), this.file.path(),
						repaired ? "taken again" : "could not be taken again: restart the application");
		}
		finally {
			this.lock.unlock();
		}
	}

	private void renewReadMark() throws IOException {
		if (this.session.tryBeginWrite()) {
			try {
				sync();
				this.readers.release();
				this.readers.acquire();
			}
			catch (ContinuityLostException ex) {
				startGeneration(ex.reason(), ex.detail());
			}
			finally {
				this.session.endWrite();
			}
		}
	}

	/**
	 * Leaves the current generation and starts another with the database as it is now.
	 */
	public void startGeneration(GenerationReason reason, String detail) throws IOException {
		this.lock.lock();
		try {
			if (!this.wal.isStillAtItsPath()) {
				this.wal.close();
				this.wal = WalFile.open(this.file.walPath());
				this.walSync = newWalSync(this.wal);
			}
			this.shadow.startGeneration();
			this.coverLost = false;
			sync();
			if (this.readers.isHeld()) {
				this.readers.handOver(this::sync);
			}
			WalPosition position = this.shadow.requirePosition();
			logger.info("Database '{}': new generation {}, as {}", this.options.name(), position.generation(), detail);
			this.listener.generationStarted(this.options.name(), position, reason, detail);
			this.advanced.run();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * A view of the database as it is now.
	 * @param newestSnapshot the newest index of this generation under which a snapshot
	 * exists, or -1: the view is then to be stored under a higher one, as a snapshot that
	 * is overwritten takes the states before it along
	 * @throws IOException if that cannot be had now
	 */
	public DatabaseView openView(int newestSnapshot) throws IOException {
		this.lock.lock();
		try {
			requireOpen();
			step();
			if (newestSnapshot >= this.shadow.requirePosition().index() && !isClosedIndex()) {
				restartWal();
			}
			return openViewNow(newestSnapshot);
		}
		finally {
			this.lock.unlock();
		}
	}

	private boolean isClosedIndex() {
		ShadowState state = this.shadow.state();
		return state != null && state.closed();
	}

	/** Ends the current index, if nobody else reads or writes just now. */
	private void restartWal() throws IOException {
		for (int attempt = 0; attempt < 20; attempt++) {
			int before = this.shadow.requirePosition().index();
			if (checkpoint(true) == CheckpointOutcome.COMPLETE) {
				this.session.checkpoint(CheckpointMode.RESTART);
			}
			WalSync.Result result = syncAndReport();
			if (this.shadow.requirePosition().index() != before) {
				return; // a writer has restarted it
			}
			if (result.published().log() == 0) {
				this.shadow.force();
				this.shadow.closeIndex();
				return;
			}
		}
	}

	private DatabaseView openViewNow(int newestSnapshot) throws IOException {
		ReadLock reader = this.session.newReadLock();
		boolean opened = false;
		try {
			reader.begin();
			WalSync.Result result = syncAndReport();
			if (result.restarted()) {
				this.readers.handOver(this::sync);
			}
			WalPosition position = this.shadow.requirePosition();
			int index = isClosedIndex() ? position.index() + 1 : position.index();
			if (index <= newestSnapshot && !isClosedIndex()) {
				throw new IOException(
						("a snapshot of WAL index %d exists and the WAL cannot be restarted now, as it is held"
								+ " back by %s; try again when that has ended")
							.formatted(index, this.file.describeReaders()));
			}
			DatabaseView view = view(position, index, reader);
			opened = true;
			this.openViews++;
			return view;
		}
		catch (ContinuityLostException ex) {
			startGeneration(ex.reason(), ex.detail());
			throw new IOException("the generation changed meanwhile; try again", ex);
		}
		finally {
			if (!opened) {
				reader.close();
			}
		}
	}

	private DatabaseView view(WalPosition position, int index, ReadLock reader) throws IOException {
		DatabaseView.Origin origin = new DatabaseView.Origin(position, index, this.lastCommitSeen);
		ShadowState state = this.shadow.state();
		if (state == null) {
			byte[] header = new byte[100];
			this.file.read(0, header, 0, header.length);
			int stored = (header[16] & 0xff) << 8 | (header[17] & 0xff);
			int pageSize = (stored == 1) ? 65536 : Math.max(stored, 512); // zero bytes:
																			// nothing was
																			// ever
																			// written
			return new DatabaseView(origin, this.file, reader, null, pageSize, this.file.size() / pageSize,
					this::viewClosed);
		}
		RandomAccessFile copy = this.shadow.openIndex(position.generation(), position.index());
		return new DatabaseView(origin, this.file, reader, copy, state.header().pageSize(), state.databasePages(),
				this::viewClosed);
	}

	private void viewClosed() {
		this.lock.lock();
		try {
			this.openViews--;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void requireOpen() throws IOException {
		if (this.closed) {
			throw new IOException("replication of database '%s' has stopped".formatted(this.options.name()));
		}
	}

	/** Deletes what no replica needs any more: the indexes before one. */
	public void trim(WalPosition neededFrom) throws IOException {
		this.lock.lock();
		try {
			WalPosition position = this.shadow.position();
			if (!this.closed && position != null && position.generation().equals(neededFrom.generation())) {
				this.shadow.deleteBefore(neededFrom.index());
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/** What replicas are fed from. */
	public ShadowWal shadowWal() {
		return this.shadow;
	}

	/** When the newest commit was seen. */
	public Instant lastCommitSeen() {
		return this.lastCommitSeen;
	}

	/** The live database. */
	public DatabaseFile databaseFile() {
		return this.file;
	}

	/** Size of the live WAL file in bytes. */
	public long walSize() {
		try {
			return java.nio.file.Files.size(this.file.walPath());
		}
		catch (NoSuchFileException ex) {
			return 0;
		}
		catch (IOException ex) {
			return -1;
		}
	}

	/**
	 * Closes all connections but one reader's, which stays for the life of the process.
	 * Safe to call again.
	 */
	@Override
	public void close() throws IOException {
		this.lock.lock();
		try {
			if (this.closed) {
				return;
			}
			this.closed = true;
			this.file.retain(this.readers.dissolve());
			this.file.unclaim();
			this.session.close();
			this.wal.close();
			this.shadow.close();
		}
		finally {
			this.lock.unlock();
		}
	}

	/** The newest published state of the WAL, without copying; for diagnosis. */
	@Nullable WalPosition position() {
		return this.shadow.position();
	}

}
