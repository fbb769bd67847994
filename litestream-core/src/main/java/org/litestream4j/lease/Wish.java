package org.litestream4j.lease;

/**
 * Somebody waits for a replica, and asks whether its owner is alive.
 *
 * @param runId the run that waits; empty if that is not known
 * @param owner its name for people, for example {@code host:pid}; empty if that is not
 * known
 * @param counter grows each time it asks again
 */
public record Wish(String runId, String owner, long counter) {

	/** What to call the one who waits. */
	public String describe() {
		return this.owner.isEmpty() ? "somebody" : this.owner;
	}

}
