package org.litestream4j.shadow;

import java.io.IOException;

import org.litestream4j.database.CheckpointMode;

/**
 * Ends a WAL index, so that a second snapshot gets an index of its own. From then on not
 * one frame may be appended to the old index, so its end is noted on the disk before
 * anybody relies on it. Runs under the engine's lock.
 */
final class IndexEnd {

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

	/**
	 * Makes the next commit begin an index, if nobody else reads or writes just now.
	 * @param attempts how often it is tried; each may wait for a long writer, and nothing
	 * is copied meanwhile
	 */
	void reach(int attempts) throws IOException {
		int before = this.shadow.requirePosition().index();
		for (int attempt = 0; attempt < attempts; attempt++) {
			// Not busy: nobody reads from the WAL, and all of it is in the database
			boolean over = this.checkpoints.firm() == Checkpointer.Result.COMPLETE
					&& !this.live.session().checkpoint(CheckpointMode.RESTART).busy();
			WalSync.Result result = this.copier.sync();
			if (this.shadow.requirePosition().index() != before) {
				return; // a writer was faster
			}
			if (over && result.published().isComplete()) {
				this.shadow.closeIndex();
				return;
			}
		}
	}

}
