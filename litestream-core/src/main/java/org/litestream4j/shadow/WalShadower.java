package org.litestream4j.shadow;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.ReadLock;
import org.litestream4j.format.Durations;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.wal.WalHeader;

/**
 * Follows one live database: keeps it guarded by a read transaction, copies what is
 * committed to the shadow WAL, checkpoints, and starts a new generation when continuity
 * cannot be proven. Thread-safe: one lock, the engine's, makes every step atomic. Under
 * it nothing waits for a replica.
 */
public final class WalShadower implements AutoCloseable {

	/** How often a start tries to end an index, when there is nothing else to do yet. */
	private static final int ATTEMPTS_AT_START = 20;

	/** Fair, so that copying has its turn between two attempts at something else. */
	private final ReentrantLock lock = new ReentrantLock(true);

	private final ShadowOptions options;

	private final LiveDatabase live;

	private final ShadowWal shadow;

	private final Cover cover;

	private final WalCopier copier;

	private final ContinuityProof continuity;

	private final GenerationStart generationStart;

	private final CheckpointRunner checkpoints;

	private final IndexEnd indexEnd;

	private final DatabaseViews views;

	private final FileWatch watch;

	private boolean closed;

	private WalShadower(ShadowOptions options, LiveDatabase live, Disk disk, LitestreamListener listener, Clock clock,
			Runnable advanced) throws IOException {
		this.options = options;
		this.live = live;
		this.shadow = ShadowWal.open(disk, options.metaDirectory());
		this.cover = new Cover(options.name(), live.file(), live.readers());
		this.copier = new WalCopier(options, live, this.shadow, this.cover, listener, clock, advanced);
		this.continuity = new ContinuityProof(options, live, this.shadow, this.cover, this.copier,
				new StopRecord(disk, options.metaDirectory()));
		this.generationStart = new GenerationStart(options.name(), this.shadow, this.cover, this.copier, listener,
				advanced);
		this.checkpoints = new CheckpointRunner(options, live, this.copier, this.shadow::force, listener);
		this.indexEnd = new IndexEnd(live, this.shadow, this.copier, this.checkpoints);
		this.views = new DatabaseViews(live, this.shadow, this.cover, this.copier, this.indexEnd,
				options.mostGrowthUnderView());
		this.watch = new FileWatch(options.name(), live.file(), listener);
		live.readers().beforeBeginning(this.continuity::noteBackfilled);
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
		WalOwner owner = new WalOwner(disk, options.metaDirectory());
		owner.require(options.database());
		WalShadower shadower = LiveDatabase.open(options, (live) -> {
			WalShadower opened = new WalShadower(options, live, disk, listener, clock, advanced);
			boolean resumed = false;
			try {
				opened.resume();
				owner.note(live.file());
				resumed = true;
				return opened;
			}
			finally {
				if (!resumed) {
					opened.closeFiles();
				}
			}
		});
		boolean started = false;
		try {
			shadower.checkLocks(); // an earlier engine of this process may have lost them
			shadower.endIndexAgain();
			started = true;
			return shadower;
		}
		finally {
			if (!started) {
				shadower.close();
			}
		}
	}

	private void resume() throws IOException {
		WalPosition position = this.shadow.position();
		if (position == null) {
			startGeneration(GenerationReason.NO_LOCAL_STATE, "there is no local state to go on from");
			return;
		}
		whileContinuous(() -> {
			this.continuity.require(position);
			this.copier.sync();
			this.copier.handOver();
		});
	}

	/** At a start SQLite recovers frames of a WAL that was to be over. */
	private void endIndexAgain() throws IOException {
		if (this.shadow.isClosedIndex()) {
			whileContinuous(() -> this.indexEnd.reach(ATTEMPTS_AT_START));
		}
	}

	/**
	 * Runs part of the protocol under the lock, and starts a generation when that finds
	 * that frames may be missing.
	 */
	private void whileContinuous(ReaderPair.Step step) throws IOException {
		this.lock.lock();
		try {
			step.run();
		}
		catch (ContinuityLostException ex) {
			startGeneration(ex.reason(), ex.detail());
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Copies what was committed, and checkpoints if it is time to. Of files that were
	 * moved or deleted too, as replicas are then all that will be left of them.
	 * @throws IOException if that failed; trying again is safe
	 */
	public void step() throws IOException {
		whileContinuous(() -> {
			if (this.closed) {
				return;
			}
			this.views.giveUpLarge();
			boolean lost = this.watch.look() != null;
			WalSync.Result result = copyCommitted();
			WalHeader header = this.copier.header();
			if (header != null && !lost) {
				boolean pinned = this.views.areOpen() || this.live.backups().isBusy();
				this.checkpoints.runIfDue(result, header.pageSize(), pinned);
			}
			this.copier.requireCopied();
		});
	}

	/**
	 * Copies what was committed, as {@link #step()} does, but never checkpoints, which
	 * can take long, and waits for its turn no longer than told.
	 * @return false if the time has passed before its turn came
	 */
	public boolean copy(Duration timeout) throws IOException, InterruptedException {
		if (!this.lock.tryLock(Durations.nanos(timeout), TimeUnit.NANOSECONDS)) {
			return false;
		}
		try {
			whileContinuous(() -> {
				if (!this.closed) {
					this.watch.look();
					copyCommitted();
					this.copier.requireCopied();
				}
			});
			return true;
		}
		finally {
			this.lock.unlock();
		}
	}

	private WalSync.Result copyCommitted() throws IOException {
		this.cover.renew(this.live.session(), this.copier::sync);
		return this.copier.syncAndHandOver();
	}

	/**
	 * Looks whether the kernel still holds SQLite's locks, and takes them again if
	 * somebody in this process made it drop them.
	 */
	public void checkLocks() throws IOException {
		whileContinuous(() -> {
			if (!this.closed && this.cover.locksAreLost()) {
				this.views.giveUpAll("SQLite's locks were lost");
				this.cover.repairLocks(this.live.session(), this.copier::sync);
			}
		});
	}

	/**
	 * Lets a checkpoint of the application or of another process come to its end: it may
	 * be waiting for the engine's reader, and keep every writer waiting meanwhile.
	 */
	public void letOthersCheckpoint() throws IOException {
		whileContinuous(() -> {
			if (!this.closed) {
				this.checkpoints.letOthersCheckpoint();
			}
		});
	}

	/**
	 * Leaves the current generation and starts another with the database as it is now.
	 */
	public void startGeneration(GenerationReason reason, String detail) throws IOException {
		this.lock.lock();
		try {
			requireOpen();
			this.generationStart.run(reason, detail);
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
	 * A view of the database as it is now.
	 * @param newestSnapshot the newest index of this generation under which a snapshot
	 * exists, or -1: the view is then to be stored under a higher one, as a snapshot that
	 * is overwritten takes the states before it along
	 * @throws IndexHeldBackException if there is no such index now, as others read or
	 * write
	 * @throws IOException if that cannot be had now
	 */
	public DatabaseView openView(int newestSnapshot) throws IOException {
		this.lock.lock();
		try {
			requireOpen();
			return this.views.open(newestSnapshot);
		}
		catch (ContinuityLostException ex) {
			startGeneration(ex.reason(), ex.detail());
			throw new IOException("the generation changed meanwhile; try again", ex);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Whether the database's files are those that are open, looked up now.
	 * @return one sentence on what is wrong and what to do; null if all is well
	 */
	@Nullable public String fileProblem() {
		return this.watch.look();
	}

	/**
	 * Copies the database as it is now, whatever has become of its file's name and of the
	 * shadow WAL. Writers are not blocked, and nor is the engine.
	 * @param target an empty file, or none
	 * @param progress hears how far it is
	 */
	public void copyTo(Path target, ReadLock.CopyProgress progress) throws IOException {
		this.live.backups().copyTo(target, progress);
	}

	private void requireOpen() throws IOException {
		if (this.closed) {
			throw new IOException("replication of database '%s' has stopped".formatted(this.options.name()));
		}
	}

	/**
	 * Copies nothing more of a generation that every replica has given up, until another
	 * starts: the local buffer is full.
	 * @param abandoned which may have ended meanwhile
	 */
	public void suspend(Generation abandoned) {
		this.lock.lock();
		try {
			if (!this.closed && this.shadow.requirePosition().generation().equals(abandoned)) {
				this.copier.suspend();
			}
		}
		finally {
			this.lock.unlock();
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
		return this.copier.lastCommitSeen();
	}

	/** The live database. */
	public DatabaseFile databaseFile() {
		return this.live.file();
	}

	/** Size of the live WAL file in bytes; -1 if it cannot be told. */
	public long walSize() {
		return (this.watch.look() == null) ? this.live.walSize() : -1;
	}

	/**
	 * Closes all connections but two, which stay until the application has closed its
	 * own. Safe to call again.
	 */
	@Override
	public void close() throws IOException {
		this.lock.lock();
		try {
			if (!this.closed) {
				if (this.watch.look() == null) {
					this.continuity.recordStop();
				}
				this.closed = true;
				this.live.close();
				closeFiles();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void closeFiles() throws IOException {
		this.copier.close();
		this.shadow.close();
	}

}
