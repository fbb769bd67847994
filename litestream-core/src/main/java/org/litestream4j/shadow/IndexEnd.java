package org.litestream4j.shadow;

import java.io.IOException;
import java.time.Duration;

import org.litestream4j.database.CheckpointMode;
import org.litestream4j.observe.LitestreamListener.CheckpointOutcome;

/**
 * Ends a WAL index, so that a second snapshot gets an index of its own. From then on not
 * one frame may be appended to the old index, so its end is noted on the disk before
 * anybody relies on it. Runs under the engine's lock.
 */
final class IndexEnd {

	/** How often it is tried while others read and write. */
	private static final int ATTEMPTS = 20;

	/**
	 * After which time it is not tried again: nothing is copied meanwhile, and each
	 * attempt may wait for a long writer.
	 */
	private static final long PATIENCE_NANOS = Duration.ofSeconds(1).toNanos();

	private final LiveDatabase live;

	private final ShadowWal shadow;

	private final WalCopier copier;

	private final CheckpointRunner checkpoints;

	IndexEnd(LiveDatabase live, ShadowWal shadow, WalCopier copier, CheckpointRunner checkpoints) {
		this.live = live;
		this.shadow = shadow;
		this.copier = copier;
		this.checkpoints = checkpoints;
	}

	/** Makes the next commit begin an index, if nobody else reads or writes just now. */
	void reach() throws IOException {
		int before = this.shadow.requirePosition().index();
		long start = System.nanoTime();
		for (int attempt = 0; attempt < ATTEMPTS && System.nanoTime() - start < PATIENCE_NANOS; attempt++) {
			// Not busy: nobody reads from the WAL, and all of it is in the database
			boolean over = this.checkpoints.firm() == CheckpointOutcome.COMPLETE
					&& !this.live.session().checkpoint(CheckpointMode.RESTART).busy();
			WalSync.Result result = this.copier.sync();
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

}
