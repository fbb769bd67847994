package org.litestream4j.format;

import java.util.regex.Pattern;

/**
 * Who stores an object in a replica that has one writer at a time: a run of the engine,
 * in the epoch in which it owned the replica. No two writers are equal, so that an object
 * says whether a put whose answer was lost has stored it. Thread-safe, as it is
 * immutable.
 *
 * @param runId the run's random name: sixteen lower-case hexadecimal digits
 * @param epoch counts the owners of the replica, from 1
 */
public record Writer(String runId, long epoch) {

	private static final Pattern RUN_ID = Pattern.compile("[0-9a-f]{16}");

	/**
	 * Creates a writer.
	 * @param runId the run's random name: sixteen lower-case hexadecimal digits
	 * @param epoch counts the owners of the replica, from 1
	 * @throws IllegalArgumentException if the name is another one, or the epoch is less
	 * than 1
	 */
	public Writer {
		if (!RUN_ID.matcher(runId).matches()) {
			throw new IllegalArgumentException(
					"'%s' is not a run: 16 lower-case hexadecimal digits are expected".formatted(runId));
		}
		if (epoch < 1) {
			throw new IllegalArgumentException("epoch %d: 1 or more is expected".formatted(epoch));
		}
	}

	/** The notation in messages: the run and the epoch. */
	@Override
	public String toString() {
		return "%s@%d".formatted(this.runId, this.epoch);
	}

}
