package org.litestream4j;

import org.jspecify.annotations.Nullable;

/**
 * What a validation came to.
 */
sealed interface Verdict {

	/** What is told of it. */
	ValidationReport report();

	/**
	 * What is restored is what the database holds.
	 *
	 * @param report what is told of it
	 * @param checkFailure why SQLite's own check refuses both; null if it does not, or
	 * did not come to an end in time
	 */
	record Equal(ValidationReport report, @Nullable String checkFailure) implements Verdict {
	}

	/** It is not. */
	record Different(ValidationReport report) implements Verdict {
	}

	/** Nothing could be restored: an object is missing or damaged. */
	record NotRestorable(ValidationReport report) implements Verdict {
	}

	/**
	 * It did not come to that: the store or a disk failed, or the replica could not catch
	 * up. Says nothing about the backup.
	 */
	record Undecided(ValidationReport report) implements Verdict {
	}

}
