package org.litestream4j.history;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.Internal;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.restore.RestoreReading;

/**
 * The restore points that one look at a replica showed. Does not change when the replica
 * does. Not thread-safe.
 */
@Internal
public interface HistoryView {

	/**
	 * {@return all points, oldest first} Those with one {@link HistoryPoint#line() line}
	 * follow each other: each is made of the one before, and what it changed.
	 */
	List<? extends HistoryPoint> points();

	/**
	 * The last point that was committed at or before a time. May cost requests where the
	 * store's times are not those of the commits.
	 * @param time which time
	 * @return its place in {@link #points()}; -1 if there is none
	 * @throws IOException if the replica cannot be read
	 */
	int newestAt(Instant time) throws IOException;

	/**
	 * What leads from one point to a later one of its line, in as few bytes as possible.
	 * @param from the place of the first in {@link #points()}
	 * @param to the place of the other
	 * @return the steps in order, the last of which ends there
	 */
	default List<Step> between(int from, int to) {
		List<Step> steps = new ArrayList<>();
		for (int place = from + 1; place <= to; place++) {
			steps.add(new Step(place, points().get(place)));
		}
		return steps;
	}

	/**
	 * A change that ends at a point, and may begin before the point before it.
	 *
	 * @param to where it ends, in {@link #points()}
	 * @param change to be given to {@link #open}
	 */
	record Step(int to, HistoryPoint change) {
	}

	/**
	 * {@return what lies there and can no longer be restored, in one sentence, or null}
	 */
	@Nullable String holes();

	/**
	 * Begins to fetch what points changed.
	 * @param points in any order; where they follow each other, oldest first, it is also
	 * verified that they do
	 * @param from where the state ends that they will be applied to: what lies before is
	 * not shown. Null where they are only counted
	 * @param reading how
	 * @return reads them in that order
	 * @throws IOException if the replica cannot be read
	 */
	PointReader open(List<? extends HistoryPoint> points, @Nullable ReplicaPosition from, RestoreReading reading)
			throws IOException;

}
