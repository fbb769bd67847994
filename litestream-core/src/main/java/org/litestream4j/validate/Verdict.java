package org.litestream4j.validate;

import org.jspecify.annotations.Nullable;

import org.litestream4j.ValidationReport;
import org.litestream4j.format.WalPosition;

/**
 * What a validation came to.
 */
sealed interface Verdict {

	/** What is reported. */
	ValidationReport report();

	/**
	 * What is restored is what the database holds.
	 *
	 * @param report what is reported
	 * @param checkFailure why SQLite's own check refuses both; null if it does not, or
	 * did not come to an end in time
	 */
	record Equal(ValidationReport report, @Nullable String checkFailure) implements Verdict {
	}

	/**
	 * It is not.
	 *
	 * @param report what is reported
	 * @param position what was compared, as the engine speaks of it
	 */
	record Different(ValidationReport report, WalPosition position) implements Verdict {
	}

	/**
	 * Nothing could be restored: an object is missing or damaged.
	 *
	 * @param report what is reported
	 * @param position what was to be compared, as the engine speaks of it
	 */
	record NotRestorable(ValidationReport report, WalPosition position) implements Verdict {
	}

	/**
	 * It did not come to that: the store or a disk failed, or the replica could not catch
	 * up. Says nothing about the backup.
	 */
	record Undecided(ValidationReport report) implements Verdict {
	}

}
