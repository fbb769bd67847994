package org.litestream4j.live;

/**
 * At how many WAL pages a firm checkpoint begins, so that the WAL does not grow beyond a
 * limit: a writer that does not pause goes on while the bulk is copied, by how much
 * depends on it, the disk and who else is busy. So it learns from the last checkpoints.
 * Begins low, as a WAL file does not shrink again. Not thread-safe.
 */
final class FirmStart {

	/** A checkpoint is cheap that stops writers for such a part of the time at most. */
	private static final int CHEAP = 40;

	private final int limit;

	private final int least;

	private final int most;

	private int pages;

	/**
	 * Begins at an eighth of a limit: how much is committed meanwhile is not known yet,
	 * and a process that was started just now is slow.
	 * @param limit pages that should not be exceeded
	 */
	FirmStart(int limit) {
		this.limit = limit;
		this.least = Math.max(limit / 8, 1);
		this.most = Math.max(limit - limit / 4, 1);
		this.pages = this.least;
	}

	/** WAL pages at which the next one is to begin. */
	int pages() {
		return this.pages;
	}

	/**
	 * WAL pages beyond which the bulk is no longer worth that others go on writing. Lies
	 * between the most that a checkpoint may learn to begin at and the limit, else one
	 * that has learnt that would never copy its bulk beside the writers again.
	 */
	int hasty() {
		return this.limit - this.limit / 8;
	}

	/**
	 * Learns from a checkpoint: down at once by what was too much, up a quarter of the
	 * way to where it would have come to the limit, as more is copied in proportion to
	 * what was committed before. One that began for another reason, before the WAL had
	 * come this far, teaches nothing: else an idle hour would undo what a busy minute has
	 * taught. And one that cost the writers next to nothing need not come later: a WAL
	 * that has not grown is written over, and only one that grows has the file system
	 * note where.
	 * @param reached WAL pages when it had the write lock
	 * @param lockedNanos how long it had the write lock
	 * @param sinceLastNanos the time since the one before
	 */
	void learn(int reached, long lockedNanos, long sinceLastNanos) {
		if (reached < this.pages || (reached <= this.limit && lockedNanos <= sinceLastNanos / CHEAP)) {
			return;
		}
		long best = (long) this.limit * this.pages / reached;
		long next = (reached > this.limit) ? (long) this.pages - (reached - this.limit)
				: this.pages + Math.max((best - this.pages) / 4, this.limit / 50);
		this.pages = (int) Math.min(Math.max(next, this.least), this.most);
	}

}
