package org.litestream4j.live;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.ReadLock;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.io.OnFailure;
import org.litestream4j.live.CheckpointPolicy.Pin;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.sqlite.WalHeader;

/**
 * Follows one live database: keeps it guarded by a read transaction, copies what is
 * committed to the shadow WAL, checkpoints, and starts a new generation when continuity
 * cannot be proven. Thread-safe: {@link ProtocolLock} makes every step atomic.
 */
public final class WalShadower implements AutoCloseable {

	/**
	 * How often a start tries to close an index, when there is nothing else to do yet.
	 */
	private static final int ATTEMPTS_AT_START = 20;

	private final ProtocolLock lock;

	private final ShadowOptions options;

	private final LiveDatabase live;

	private final ShadowWal shadow;

	private final WalCopier copier;

	private final ContinuityProof continuity;

	private final GenerationStart generationStart;

	private final Checkpointer checkpointer;

	private final DatabaseViews views;

	private final FileWatch watch;

	private boolean closed;

	private WalShadower(ShadowOptions options, LiveDatabase live, Disk disk, LitestreamListener listener, Clock clock,
			Runnable advanced) throws IOException {
		this.lock = live.lock();
		this.options = options;
		this.live = live;
		this.shadow = ShadowWal.open(disk, options.metaDirectory(), this.lock);
		RestartProof restartProof = new RestartProof(live, this.shadow);
		this.copier = new WalCopier(options, live, this.shadow, restartProof, listener, clock, advanced);
		this.continuity = new ContinuityProof(options, live, this.shadow, this.copier, restartProof,
				new StopRecord(disk, options.metaDirectory()));
		this.generationStart = new GenerationStart(options.name(), this.shadow, this.copier, listener, advanced);
		this.checkpointer = new Checkpointer(options, live, this.shadow, this.copier, restartProof, listener);
		this.views = new DatabaseViews(live, this.shadow, this.copier, this.checkpointer,
				options.mostGrowthUnderView());
		this.watch = new FileWatch(options.name(), live.file(), listener);
	}

	/**
	 * Opens a database and goes on from what was copied before, if that can be proven,
	 * else starts a generation. Must come before anything else opens the database.
	 * @param options which database and how
	 * @param disk changes the meta directory
	 * @param listener hears of it
	 * @param clock says when commits were seen
	 * @param advanced is run, under the lock, whenever the position has moved
	 * @throws IOException if the database cannot be followed
	 */
	public static WalShadower start(ShadowOptions options, Disk disk, LitestreamListener listener, Clock clock,
			Runnable advanced) throws IOException {
		ProtocolLock lock = new ProtocolLock();
		lock.lock();
		try {
			WalOwner owner = new WalOwner(disk, options.metaDirectory());
			owner.require(options.database());
			LiveDatabase live = LiveDatabase.open(options, lock);
			WalShadower shadower;
			try (OnFailure undo = OnFailure.run(live::close)) {
				shadower = new WalShadower(options, live, disk, listener, clock, advanced);
				try (OnFailure undoFiles = OnFailure.run(shadower::closeFiles)) {
					shadower.resume();
					owner.note(live.file());
					undoFiles.keep();
				}
				undo.keep();
			}
			try (OnFailure undo = OnFailure.run(shadower::close)) {
				// An earlier engine of this process may have lost them
				shadower.checkLocks();
				shadower.closeIndexAgain();
				return undo.keep(shadower);
			}
		}
		finally {
			lock.unlock();
		}
	}

	private void resume() throws IOException {
		WalPosition position = this.shadow.position();
		if (position == null) {
			LocalState.Left left = this.shadow.left();
			startGeneration((left != null) ? left.reason() : GenerationReason.NO_LOCAL_STATE,
					(left != null) ? left.detail() : "there is no local state to go on from");
			return;
		}
		whileContinuous(() -> {
			this.continuity.require(position);
			this.copier.sync();
			this.copier.handOver();
		});
	}

	/** At a start SQLite recovers frames of a WAL whose index was closed. */
	private void closeIndexAgain() throws IOException {
		if (this.shadow.isClosedIndex()) {
			whileContinuous(() -> this.checkpointer.closeIndex(ATTEMPTS_AT_START, Pin.NONE));
		}
	}

	/**
	 * Runs part of the protocol under the lock, and starts a generation when that finds
	 * that frames may be missing.
	 */
	private void whileContinuous(WalGuard.Step step) throws IOException {
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
			boolean lost;
			WalCopier.Result result;
			try {
				result = copyCommitted();
			}
			finally {
				// Not before: who ships goes on meanwhile
				lost = this.watch.look() != null;
			}
			WalHeader header = this.copier.header();
			if (header != null && !lost) {
				this.checkpointer.runIfDue(result, header.pageSize(), this.views.pin());
			}
			this.copier.requireCopied();
		});
	}

	/**
	 * Copies what was committed, as {@link #step()} does, but never checkpoints, which
	 * can take long, and waits for its turn no longer than a time.
	 * @return false if the time has passed before its turn came
	 */
	public boolean copy(Duration timeout) throws IOException, InterruptedException {
		if (!this.lock.tryLock(timeout)) {
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

	/**
	 * Copies what was committed, as {@link #copy(Duration)} does, and vouches for it.
	 * @return the position before which everything is that was committed before the call
	 * @throws IOException if nobody can say so: replication has stopped, the file's name
	 * stands for another file, or the live WAL is not or cannot be copied
	 */
	public WalPosition copyAll() throws IOException {
		this.lock.lock();
		try {
			requireOpen();
			String problem = this.watch.look();
			whileContinuous(this::copyCommitted);
			this.copier.requireCopying();
			if (problem != null) {
				throw new IOException(problem);
			}
			return this.shadow.requirePosition();
		}
		finally {
			this.lock.unlock();
		}
	}

	private WalCopier.Result copyCommitted() throws IOException {
		this.live.guard().renew(this.copier::sync);
		return this.copier.syncAndHandOver();
	}

	/** Waits while the write lock is taken here, but not for long. Any thread may. */
	public void awaitTurn() {
		this.live.session().turns().await();
	}

	/**
	 * Checks whether the kernel still holds SQLite's locks, and takes them again if
	 * somebody in this process made it drop them.
	 */
	public void checkLocks() throws IOException {
		whileContinuous(() -> {
			if (!this.closed && this.live.guard().locksAreLost()) {
				this.views.giveUpAll("SQLite's locks were lost");
				this.live.guard().repairLocks(this.copier::sync);
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
				this.checkpointer.letOthersCheckpoint();
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
	 * @throws IOException if there can be none now
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

	/**
	 * Deletes what no replica needs any more: the indexes before one. Where a replica
	 * stands at the beginning of an index, the one before is still needed: the next start
	 * finds that this is where the replica ends.
	 */
	public void trim(WalPosition neededFrom) throws IOException {
		this.shadow.deleteBefore(neededFrom.generation(),
				(neededFrom.offset() != 0) ? neededFrom.index() : this.shadow.indexBefore(neededFrom.index()));
	}

	/** What replicas are fed from. */
	public ShadowWal shadowWal() {
		return this.shadow;
	}

	/** The live database. */
	public DatabaseFile databaseFile() {
		return this.live.file();
	}

	/** Size of the live WAL file in bytes; -1 if it is not known. */
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
				// Nobody would do so later, and who uses one may hang
				this.views.giveUpAll("replication has stopped");
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
