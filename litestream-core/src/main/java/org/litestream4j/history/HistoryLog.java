package org.litestream4j.history;

import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ReplicaPosition;

/**
 * Restore points, newest first. Immutable.
 *
 * @param points those that were asked for
 * @param next what to give as {@link LogRequest#before()} for older ones that fit; null
 * if there are none
 * @param note what lies in the replica and cannot be restored, in one sentence, or null
 */
public record HistoryLog(List<RestorePoint> points, @Nullable ReplicaPosition next, @Nullable String note) {

	/**
	 * Creates a log.
	 * @param points those that were asked for
	 * @param next what to give for older ones that fit, or null
	 * @param note what cannot be restored, or null
	 */
	public HistoryLog {
		points = List.copyOf(points);
	}

	/**
	 * {@return whether there are older points that fit}
	 */
	public boolean more() {
		return this.next != null;
	}

}
