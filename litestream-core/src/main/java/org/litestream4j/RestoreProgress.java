package org.litestream4j;

/**
 * Hears how far a restore is, and may end it. Called on the restoring threads, often;
 * must be quick and thread-safe.
 */
public interface RestoreProgress {

	/** Hears nothing and never ends a restore. */
	RestoreProgress NONE = (done, total) -> {
	};

	/**
	 * Bytes fetched and decompressed have been applied.
	 * @param done bytes as stored that were fetched so far
	 * @param total bytes as stored that the plan fetches
	 */
	void advanced(long done, long total);

	/**
	 * {@return whether the restore should stop and leave nothing behind}
	 */
	default boolean isCancelled() {
		return false;
	}

}
