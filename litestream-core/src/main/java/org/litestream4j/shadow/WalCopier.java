package org.litestream4j.shadow;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.database.WalFile;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.Outcome;
import org.litestream4j.wal.WalHeader;

/**
 * What every sync is: copies what was committed, settles what that says of the cover, and
 * tells whoever wants to know. Holds the live WAL open, which can be deleted under it.
 * Runs under the engine's lock, but for {@link #lastCommitSeen()}.
 */
final class WalCopier implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(WalCopier.class);

	private final ShadowOptions options;

	private final LiveDatabase live;

	private final ShadowWal shadow;

	private final Cover cover;

	private final LitestreamListener listener;

	private final Clock clock;

	private final Runnable advanced;

	private WalFile wal;

	private WalSync walSync;

	private final DiskRoom room;

	private boolean walLossReported;

	private boolean suspended;

	private long restartSeen = System.nanoTime();

	private volatile Instant lastCommitSeen;

	/**
	 * Opens the live WAL.
	 * @param clock tells when commits were seen
	 * @param advanced is run whenever the position has moved
	 */
	WalCopier(ShadowOptions options, LiveDatabase live, ShadowWal shadow, Cover cover, LitestreamListener listener,
			Clock clock, Runnable advanced) throws IOException {
		this.options = options;
		this.live = live;
		this.shadow = shadow;
		this.cover = cover;
		this.listener = listener;
		this.clock = clock;
		this.advanced = advanced;
		this.room = new DiskRoom(options.metaDirectory(), options.minFreeSpace());
		this.wal = live.openWal();
		this.walSync = newWalSync();
		this.lastCommitSeen = clock.instant();
	}

	private WalSync newWalSync() {
		return new WalSync(this.live.session(), this.wal, this.shadow, this.cover::isComplete, this::noteCommit,
				this.options.largestWal(), this.room);
	}

	/**
	 * Comes before the commits can be shipped: with the time of older ones they would be
	 * restored to times before they were made.
	 */
	private void noteCommit() {
		this.lastCommitSeen = this.clock.instant();
		this.shadow.commitSeen(this.lastCommitSeen);
	}

	/**
	 * Copies everything that is published now.
	 * @throws ContinuityLostException if frames may be missing in between
	 */
	WalSync.Result sync() throws IOException {
		if (this.suspended) {
			return this.walSync.look();
		}
		long start = System.nanoTime();
		Outcome outcome = Outcome.ERROR;
		long bytes = 0;
		try {
			WalSync.Result result = this.walSync.sync();
			this.cover.settle(result, this.shadow.state() != null);
			bytes = result.bytes();
			outcome = Outcome.SUCCESS;
			if (result.restarted()) {
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

	/** A sync, and if the WAL was restarted, a younger reader at once. */
	WalSync.Result syncAndHandOver() throws IOException {
		WalSync.Result result = sync();
		if (result.restarted()) {
			// A reader at mark 0 blocks every checkpoint
			handOver();
		}
		return result;
	}

	/** Moves the guard to a younger read transaction. */
	void handOver() throws IOException {
		this.live.readers().handOver(this::sync);
	}

	/** When the first commit of this WAL was seen, by {@link System#nanoTime()}. */
	long restartSeen() {
		return this.restartSeen;
	}

	/** When the newest commit was seen. Any thread may ask. */
	Instant lastCommitSeen() {
		return this.lastCommitSeen;
	}

	/** The live WAL. Outdated when a generation starts. */
	WalFile wal() {
		return this.wal;
	}

	/** Of the WAL that is or would be copied; null if nothing was committed to one. */
	@Nullable WalHeader header() {
		ShadowState state = this.shadow.state();
		WalSync.Withheld withheld = this.walSync.withheld();
		return (state != null) ? state.header() : (withheld != null) ? withheld.header() : null;
	}

	/**
	 * Copies nothing any more until a generation starts, as no replica wants the rest of
	 * this one. The WAL is checkpointed as ever.
	 */
	void suspend() {
		this.suspended = true;
		this.cover.interrupted();
	}

	/** Copies again, to a generation that holds nothing yet. */
	void goOn() {
		this.suspended = false;
	}

	/** Refuses a WAL that is not copied. */
	void requireCopied() throws IOException {
		WalSync.Withheld withheld = this.walSync.withheld();
		if (withheld != null) {
			throw new IOException(withheld.reason() + "; replication goes on by itself, in a new generation");
		}
	}

	/** Refuses a generation that is not gone on with. */
	void requireCopying() throws IOException {
		requireCopied();
		if (this.suspended) {
			throw new IOException("every replica was away for longer than max-shadow-wal-size lasts; replication goes"
					+ " on in a new generation when one is back");
		}
	}

	/**
	 * Opens the WAL again if its file was deleted or replaced. Nothing can be mended
	 * here: what this process commits may go to a file without a name.
	 */
	void reopenWalIfReplaced() throws IOException {
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
		this.walSync = newWalSync();
		this.walLossReported = false;
	}

	@Override
	public void close() {
		this.wal.close();
	}

}
