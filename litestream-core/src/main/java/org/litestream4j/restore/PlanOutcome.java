package org.litestream4j.restore;

import java.time.Instant;

import org.litestream4j.format.WalPosition;

/** What planning a restore came to. */
public sealed interface PlanOutcome {

	/**
	 * It can be done, as far as the listings tell.
	 *
	 * @param plan how
	 */
	record Planned(RestorePlan plan) implements PlanOutcome {
	}

	/** The replica holds nothing at all. */
	record NoBackup() implements PlanOutcome {
	}

	/**
	 * The replica holds a backup, but not of what was asked for.
	 *
	 * @param message one sentence that names what it holds
	 */
	record NoSuchState(String message) implements PlanOutcome {
	}

	/**
	 * The replica's newest state is in a format that cannot be read.
	 *
	 * @param message one sentence that names it, and the newest state that can be
	 * restored, if there is any
	 * @param storedAt when its newest object was stored
	 */
	record Unreadable(String message, Instant storedAt) implements PlanOutcome {
	}

	/**
	 * An object that is needed is missing.
	 *
	 * @param message one sentence that names it, and the newest state that can still be
	 * restored
	 * @param newest where the newest object begins of the generation that was wanted: a
	 * replica that does not reach behind it holds an older state
	 * @param createdAt when the newest object that fits was stored
	 */
	record Gap(String message, WalPosition newest, Instant createdAt) implements PlanOutcome {
	}

}
