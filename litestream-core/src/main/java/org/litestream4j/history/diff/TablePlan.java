package org.litestream4j.history.diff;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What becomes of one table.
 *
 * @param before in the first state, once it was altered; null if it is not there
 * @param after in the second state; null if it is not there
 * @param fate what becomes of it
 * @param alterations the statements that give it the second state's columns
 */
record TablePlan(@Nullable TableShape before, @Nullable TableShape after, Fate fate, List<String> alterations) {

	/** What becomes of a table. */
	enum Fate {

		/** It has the same definition. */
		KEPT,
		/** Statements gave it the same definition. */
		ALTERED,
		/** It is dropped and made anew. */
		REPLACED,
		/** It is new. */
		ADDED,
		/** It is gone. */
		REMOVED

	}

	String name() {
		TableShape any = (this.after != null) ? this.after : this.before;
		return (any != null) ? any.name() : "";
	}

	boolean isMadeAnew() {
		return this.fate == Fate.REPLACED || this.fate == Fate.ADDED;
	}

}
