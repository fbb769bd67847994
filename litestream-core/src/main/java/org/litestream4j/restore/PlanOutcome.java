package org.litestream4j.restore;

import java.time.Instant;

import org.litestream4j.format.ReplicaPosition;

/** What planning a restore came to. */
public sealed interface PlanOutcome {

	/**
	 * It can be done, as far as the listings say.
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
	 * An object that is needed is missing.
	 *
	 * @param message one sentence that names it, and the newest state that can still be
	 * restored
	 * @param newest where the newest object begins of the generation that was wanted, or
	 * the last transaction: a replica that does not reach beyond it holds an older state
	 * @param createdAt when the newest object that fits was stored
	 */
	record Gap(String message, ReplicaPosition newest, Instant createdAt) implements PlanOutcome {
	}

}
