package org.litestream4j.shadow;

/**
 * At how many WAL pages a firm checkpoint begins, so that the WAL does not grow beyond a
 * limit: a writer that does not pause goes on while the bulk is copied, by how much
 * depends on it, the disk and who else is busy. So what the last checkpoints came to
 * tells. Begins low, as a WAL file does not shrink again. Not thread-safe.
 */
final class FirmStart {

	private final int limit;

	private final int least;

	private final int most;

	private int pages;

	/**
	 * Creates it.
	 * @param limit pages that should not be exceeded
	 */
	FirmStart(int limit) {
		this.limit = limit;
		this.least = Math.max(limit / 8, 1);
		this.most = Math.max(limit - limit / 4, 1);
		this.pages = Math.max(limit / 2, 1);
	}

	/** WAL pages at which the next one is to begin. */
	int pages() {
		return this.pages;
	}

	/**
	 * Learns from a checkpoint: down at once by what was too much, up in small steps. One
	 * that began for another reason, before the WAL had come this far, tells nothing:
	 * else an idle hour would undo what a busy minute has taught.
	 * @param reached WAL pages when it had the write lock
	 */
	void learn(int reached) {
		if (reached < this.pages) {
			return;
		}
		int next = (reached > this.limit) ? this.pages - (reached - this.limit) : this.pages + this.limit / 50;
		this.pages = Math.min(Math.max(next, this.least), this.most);
	}

}
