package org.litestream4j.store;

import org.litestream4j.store.StoreCapabilities.Conditions;

/**
 * What came of trying whether a store decides preconditions.
 *
 * @param absent what it does with {@link Precondition#ABSENT}
 * @param unchanged what it does with {@link Precondition.Unchanged}
 * @param detail one sentence about what it cannot do, for whoever runs the application;
 * empty if both are kept
 */
public record ConditionTrial(Verdict absent, Verdict unchanged, String detail) {

	/**
	 * {@return whether a second writer can be kept out: by names that can be taken only
	 * once} Where it decides on no other condition, what is to be changed gets a new name
	 * with each version.
	 */
	public boolean canFence() {
		return this.absent == Verdict.KEPT;
	}

	/**
	 * {@return the same as a capability, which is not {@link Conditions#UNTRIED} any
	 * more: atomic if both are kept}
	 */
	public Conditions conditions() {
		return (this.absent == Verdict.KEPT && this.unchanged == Verdict.KEPT) ? Conditions.ATOMIC : Conditions.NONE;
	}

	/** What a store does with a precondition that does not hold. */
	public enum Verdict {

		/** It leaves everything as it is, and says so. */
		KEPT,

		/** It takes the precondition and stores the object all the same. */
		IGNORED,

		/** It stores nothing on such a condition, whether that holds or not. */
		REFUSED

	}

}
