package org.litestream4j.shadow;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
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
import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.ReadLock;
import org.litestream4j.database.WalFile;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.CheckpointOutcome;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.observe.LitestreamListener.Outcome;
import org.litestream4j.wal.WalFrame;
import org.litestream4j.wal.WalHeader;

/**
 * Follows one live database: keeps it guarded by a read transaction, copies what is
 * committed to the shadow WAL, checkpoints, and starts a new generation when continuity
 * cannot be proven. Thread-safe: one lock makes every step atomic.
 */
public final class WalShadower implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(WalShadower.class);

	/** How often ending a WAL is tried for a snapshot while others read and write. */
	private static final int RESTART_ATTEMPTS = 20;

	private final ReentrantLock lock = new ReentrantLock();

	private final ShadowOptions options;

	private final LitestreamListener listener;

	private final Clock clock;

	private final Runnable advanced;

	private final LiveDatabase live;

	private final ShadowWal shadow;

	private final Cover cover;

	private final RestartProof restartProof;

	private final CheckpointRunner checkpoints;

	private final StopRecord stopRecord;

	private WalFile wal;

	private WalSync walSync;

	private boolean closed;

	private boolean walLossReported;

	private int openViews;

	private volatile Instant lastCommitSeen;

	private WalShadower(ShadowOptions options, LiveDatabase live, ShadowWal shadow, StopRecord stopRecord,
			LitestreamListener listener, Clock clock, Runnable advanced) throws IOException {
		this.stopRecord = stopRecord;
		this.options = options;
		this.listener = listener;
		this.clock = clock;
		this.advanced = advanced;
		this.live = live;
		this.shadow = shadow;
		this.cover = new Cover(options.name(), live.file(), live.readers(), live.covered());
		this.checkpoints = new CheckpointRunner(options, live.session(), live.file(), live.readers(), this::sync,
				shadow::force, listener);
		this.restartProof = new RestartProof(live.session(), live.file(), shadow);
		live.readers().beforeBeginning(this::noteBackfilled);
		this.wal = live.openWal();
		this.walSync = newWalSync();
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
		WalShadower shadower = LiveDatabase.open(options, (live) -> {
			ShadowWal shadow = ShadowWal.open(disk, options.metaDirectory());
			StopRecord stopRecord = new StopRecord(disk, options.metaDirectory());
			WalShadower opened = new WalShadower(options, live, shadow, stopRecord, listener, clock, advanced);
			opened.resume();
			return opened;
		});
		shadower.closeIndexAgain();
		return shadower;
	}

	private WalSync newWalSync() {
		return new WalSync(this.live.session(), this.wal, this.shadow, this.cover::isComplete,
				this.options.largestWal());
	}

	private void resume() throws IOException {
		WalPosition position = this.shadow.position();
		if (position == null) {
			startGeneration(GenerationReason.NO_LOCAL_STATE, "there is no local state to go on from");
			return;
		}
		try {
			String stopped = this.stopRecord.take();
			if (this.cover.isLost() && this.restartProof.holdsAt(position)) {
				this.cover.proven();
			}
			if (this.cover.isLost()) {
				proveContinuity(position, stopped);
			}
			sync();
			this.live.readers().handOver(this::sync);
		}
		catch (ContinuityLostException ex) {
			startGeneration(ex.reason(), ex.detail());
		}
	}

	private void proveContinuity(WalPosition position, @Nullable String stopped) throws IOException {
		try {
			requireSameWal(position);
		}
		catch (ContinuityLostException ex) {
			boolean empty = this.live.quiet() && this.live.session().published().log() == 0;
			if (!empty || !StopRecord.matches(stopped, position, this.live.file())) {
				throw ex;
			}
			this.shadow.closeIndex();
			this.cover.beginAnew();
		}
	}

	/** The header alone could be that of a WAL whose tail was lost and written again. */
	private void requireSameWal(WalPosition position) throws IOException {
		ShadowState known = this.shadow.state();
		if (known == null) {
			throw new ContinuityLostException(GenerationReason.WAL_DOES_NOT_CONTINUE,
					"the WAL was empty when replication stopped, which proves nothing");
		}
		byte[] found = new byte[WalFrame.HEADER_SIZE];
		byte[] copied = new byte[WalFrame.HEADER_SIZE];
		long lastFrame = known.offset() - known.header().frameSize();
		try (RandomAccessFile copy = this.shadow.openIndex(position.generation(), position.index())) {
			copy.seek(lastFrame);
			copy.readFully(copied);
		}
		boolean sameHeader = known.header().equals(this.wal.readHeader());
		int read = this.wal.read(lastFrame, found, 0, found.length);
		if (!sameHeader || read < found.length || !Arrays.equals(found, copied)) {
			throw new ContinuityLostException(GenerationReason.WAL_DOES_NOT_CONTINUE,
					"the WAL was checkpointed, restarted or changed while nobody replicated it");
		}
	}

	/**
	 * Without the note the next start has less to go on from, which is no failure now.
	 */
	private void noteBackfilled() {
		if (this.cover.isLost() || this.cover.locksAreLost()) {
			return;
		}
		try {
			this.restartProof.note();
		}
		catch (IOException ex) {
			logger.debug("Database '{}': how far it is checkpointed could not be noted", this.options.name(), ex);
		}
	}

	/** At a start SQLite recovers frames of a WAL that was to be over. */
	private void closeIndexAgain() throws IOException {
		if (!isClosedIndex()) {
			return;
		}
		this.lock.lock();
		try {
			endIndex();
		}
		catch (ContinuityLostException ex) {
			startGeneration(ex.reason(), ex.detail());
		}
		finally {
			this.lock.unlock();
		}
	}

	private void sync() throws IOException {
		syncAndReport();
	}

	private WalSync.Result syncAndReport() throws IOException {
		long start = System.nanoTime();
		Outcome outcome = Outcome.ERROR;
		long bytes = 0;
		try {
			WalSync.Result result = this.walSync.sync();
			this.cover.settle(result, this.shadow.state() != null);
			bytes = result.bytes();
			outcome = Outcome.SUCCESS;
			if (result.restarted()) {
				this.checkpoints.walRestarted();
			}
			if (bytes > 0) {
				this.lastCommitSeen = this.clock.instant();
				this.advanced.run();
			}
			return result;
		}
		finally {
			this.listener.synced(this.options.name(), bytes, Duration.ofNanos(System.nanoTime() - start), outcome);
		}
	}

	private WalSync.Result syncAndHandOver() throws IOException {
		WalSync.Result result = syncAndReport();
		if (result.restarted()) {
			this.live.readers().handOver(this::sync); // a reader at mark 0 blocks every
														// checkpoint
		}
		return result;
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
			requireDatabaseFile();
			try {
				WalSync.Result result = syncAndHandOver();
				WalHeader header = currentHeader();
				if (header != null) {
					this.checkpoints.runIfDue(result, header.pageSize(), this.wal.size(), this.openViews > 0);
				}
				requireNameableWal();
			}
			catch (ContinuityLostException ex) {
				startGeneration(ex.reason(), ex.detail());
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	@Nullable private WalHeader currentHeader() {
		ShadowState state = this.shadow.state();
		return (state != null) ? state.header() : this.walSync.oversized();
	}

	private void requireDatabaseFile() throws IOException {
		if (!this.live.file().isStillAtItsPath()) {
			throw new IOException(("%s was deleted or replaced while the application had it open: what is committed now"
					+ " goes to a file without a name; restart the application")
				.formatted(this.live.file().path()));
		}
	}

	private void requireNameableWal() throws IOException {
		if (this.walSync.oversized() != null) {
			throw new IOException(
					"the WAL is larger than a replica can name; replication goes on when it has restarted");
		}
	}

	/**
	 * Looks whether the kernel still holds SQLite's locks, and takes them again if
	 * somebody in this process made it drop them.
	 */
	public void checkLocks() throws IOException {
		this.lock.lock();
		try {
			if (!this.closed && this.cover.locksAreLost()) {
				this.cover.repairLocks(this.live.session(), this::sync);
			}
		}
		catch (ContinuityLostException ex) {
			startGeneration(ex.reason(), ex.detail());
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Leaves the current generation and starts another with the database as it is now.
	 */
	public void startGeneration(GenerationReason reason, String detail) throws IOException {
		this.lock.lock();
		try {
			requireOpen();
			if (!this.wal.isStillAtItsPath()) {
				reopenWal();
			}
			this.shadow.startGeneration();
			this.cover.beginAnew();
			sync();
			this.live.readers().handOver(this::sync);
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
	 * Starts a generation, unless one has started already since a generation was seen.
	 * @param seen the generation to leave
	 */
	public void leaveGeneration(Generation seen, GenerationReason reason, String detail) throws IOException {
		this.lock.lock();
		try {
			if (this.shadow.requirePosition().generation().equals(seen)) {
				startGeneration(reason, detail);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Nothing can be mended here: what this process commits may go to a file without a
	 * name.
	 */
	private void reopenWal() throws IOException {
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
		this.walSync = newWalSync();
		this.walLossReported = false;
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
			syncAndHandOver();
			requireNameableWal();
			if (newestSnapshot >= this.shadow.requirePosition().index() && !isClosedIndex()) {
				endIndex();
			}
			return openViewNow(newestSnapshot);
		}
		catch (ContinuityLostException ex) {
			startGeneration(ex.reason(), ex.detail());
			throw new IOException("the generation changed meanwhile; try again", ex);
		}
		finally {
			this.lock.unlock();
		}
	}

	private boolean isClosedIndex() {
		ShadowState state = this.shadow.state();
		return state != null && state.closed();
	}

	/** Makes the next commit begin an index, if nobody else reads or writes just now. */
	private void endIndex() throws IOException {
		int before = this.shadow.requirePosition().index();
		for (int attempt = 0; attempt < RESTART_ATTEMPTS; attempt++) {
			// Not busy: nobody reads from the WAL, and all of it is in the database
			boolean over = this.checkpoints.firm() == CheckpointOutcome.COMPLETE
					&& !this.live.session().checkpoint(CheckpointMode.RESTART).busy();
			WalSync.Result result = syncAndReport();
			if (this.shadow.requirePosition().index() != before) {
				return; // a writer was faster
			}
			if (over && result.published().isComplete()) {
				this.shadow.force();
				this.shadow.closeIndex();
				return;
			}
		}
	}

	private DatabaseView openViewNow(int newestSnapshot) throws IOException {
		ReadLock reader = this.live.session().newReadLock();
		boolean opened = false;
		try {
			reader.begin();
			syncAndHandOver();
			WalPosition position = this.shadow.requirePosition();
			if (position.index() <= newestSnapshot && !isClosedIndex()) {
				throw new IOException(("a snapshot of WAL index %d exists and the WAL cannot be restarted now, as it is"
						+ " held back by %s; try again when that has ended")
					.formatted(position.index(), this.live.file().describeReaders()));
			}
			DatabaseView view = view(position, reader);
			opened = true;
			this.openViews++;
			return view;
		}
		finally {
			if (!opened) {
				reader.close();
			}
		}
	}

	private DatabaseView view(WalPosition position, ReadLock reader) throws IOException {
		int index = isClosedIndex() ? position.index() + 1 : position.index();
		DatabaseView.Origin origin = new DatabaseView.Origin(position, index, this.lastCommitSeen);
		ShadowState state = this.shadow.state();
		if (state == null) {
			return DatabaseView.ofFile(origin, this.live.file(), reader, this::viewClosed);
		}
		RandomAccessFile copy = this.shadow.openIndex(position.generation(), position.index());
		return new DatabaseView(origin, this.live.file(), reader, copy, state.header().pageSize(),
				state.databasePages(), this::viewClosed);
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

	/** What cannot be recorded costs a generation at the next start, no more. */
	private void recordStop() {
		try {
			if (this.live.file().size() <= StopRecord.LARGEST_DATABASE && this.live.session().tryBeginWrite()) {
				try {
					this.live.readers().handOver(this::sync);
					this.shadow.force();
					if (this.live.session().checkpoint(CheckpointMode.PASSIVE).isComplete()) {
						this.stopRecord.write(this.shadow.requirePosition(), this.live.file());
					}
				}
				finally {
					this.live.session().endWrite();
				}
			}
		}
		catch (IOException ex) {
			logger.debug("Database '{}': the stop could not be recorded", this.options.name(), ex);
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
			if (!this.closed && this.shadow.requirePosition().generation().equals(neededFrom.generation())) {
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
		return this.live.file();
	}

	/** Size of the live WAL file in bytes; -1 if it cannot be told. */
	public long walSize() {
		try {
			return Files.size(this.live.file().walPath());
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
			if (!this.closed) {
				recordStop();
				this.closed = true;
				this.live.close();
				this.wal.close();
				this.shadow.close();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

}
