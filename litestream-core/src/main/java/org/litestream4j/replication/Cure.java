package org.litestream4j.replication;

/**
 * What makes a replica restorable again.
 */
public sealed interface Cure {

	/** The newest state is not affected. */
	record None() implements Cure {
	}

	/**
	 * A snapshot that needs nothing of what is lost.
	 *
	 * @param above the highest WAL index that it must not be stored under; -1 for any
	 */
	record FreshSnapshot(int above) implements Cure {
	}

	/**
	 * Somebody's objects would be restored with ours, or an index has lost its beginning:
	 * v0.3.13 refuses a generation with such an index, also where a newer snapshot makes
	 * it needless.
	 */
	record NewGeneration() implements Cure {
	}

}
