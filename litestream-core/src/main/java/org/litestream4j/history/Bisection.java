package org.litestream4j.history;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.history.BisectReport.State;
import org.litestream4j.history.BisectReport.Transaction;

/**
 * Finds the first point whose answer is another one than at the beginning, as far as a
 * binary search can: one that changed and changed back in between may be missed. It looks
 * at the ends of sixteen pieces one after the other first, so that nothing is fetched
 * that lies far behind the change. Not thread-safe.
 */
final class Bisection {

	/** The first end that is looked at: a 64th. */
	private static final int FIRST = 64;

	/**
	 * How many ends follow, at equal distances: of what is fetched, a piece in vain at
	 * most. Each costs a query, which is far less than what it saves on average.
	 */
	private static final int PIECES = 16;

	private final MovingState state;

	private final List<? extends HistoryPoint> points;

	private final StateQuery query;

	private final Map<Integer, State> states = new HashMap<>();

	private final long startedAt = System.nanoTime();

	private int queries;

	Bisection(MovingState state, List<? extends HistoryPoint> points, StateQuery query) {
		this.state = state;
		this.points = points;
		this.query = query;
	}

	/** Looks at the points from one up to another. */
	BisectReport run(int first, int last) throws IOException {
		State begin = ask(first);
		int same = first;
		while (same < last) {
			int end = endOfLine(same, last);
			if (end == same) { // the next line begins, with a state of its own
				if (isChanged(same + 1, begin)) {
					return report(begin, same, same + 1, first, last);
				}
				same++;
				continue;
			}
			int changed = firstChangedEnd(same, end, begin);
			if (changed >= 0) {
				int low = lastSameEnd(same, end, changed);
				return search(begin, low, changed, first, last);
			}
			same = end;
		}
		return new BisectReport(begin, ask(last), null, null, null, last - first + 1, this.queries,
				this.state.fetchedBytes(), duration());
	}

	private int endOfLine(int point, int last) {
		int end = point;
		while (end < last && this.points.get(end + 1).line().equals(this.points.get(point).line())) {
			end++;
		}
		return end;
	}

	/** The first of the ends that are looked at whose answer is another one, or -1. */
	private int firstChangedEnd(int same, int end, State begin) throws IOException {
		for (int candidate : ends(same, end)) {
			if (isChanged(candidate, begin)) {
				return candidate;
			}
		}
		return -1;
	}

	/** The end that was looked at before that one. */
	private static int lastSameEnd(int same, int end, int changed) {
		int last = same;
		for (int candidate : ends(same, end)) {
			if (candidate < changed) {
				last = candidate;
			}
		}
		return last;
	}

	private static int[] ends(int same, int end) {
		long length = (long) end - same;
		int[] ends = new int[PIECES + 1];
		ends[0] = same + (int) Math.max(1, length / FIRST);
		for (int i = 1; i <= PIECES; i++) {
			ends[i] = same + (int) Math.max(1, length * i / PIECES);
		}
		return ends;
	}

	private BisectReport search(State begin, int same, int changed, int first, int last) throws IOException {
		int low = same;
		int high = changed;
		while (high - low > 1) {
			int middle = (low + high) >>> 1;
			if (isChanged(middle, begin)) {
				high = middle;
			}
			else {
				low = middle;
			}
		}
		return report(begin, low, high, first, last);
	}

	private BisectReport report(State begin, int before, int after, int first, int last) throws IOException {
		State unchanged = ask(before);
		State changed = ask(after);
		boolean together = this.points.get(before).line().equals(this.points.get(after).line());
		Transaction transaction = together ? transaction(begin, after) : null;
		return new BisectReport(begin, changed, unchanged, changed, transaction, last - first + 1, this.queries,
				this.state.fetchedBytes(), duration());
	}

	/** Which transaction of a point it was, as far as they can be told. */
	private @Nullable Transaction transaction(State begin, int point) throws IOException {
		if (this.points.get(point).transactions() != null) {
			return null;
		}
		List<ReplicaPosition> ends = this.state.split(point);
		if (ends.size() < 2) {
			return null;
		}
		StateFile file = this.state.moveTo(point - 1);
		int base = file.at();
		int low = 0;
		int high = ends.size();
		QueryAnswer changed = Objects.requireNonNull(this.states.get(point)).answer();
		while (high - low > 1) {
			int middle = (low + high) >>> 1;
			file.moveTo(base + middle);
			QueryAnswer answer = answer(file);
			if (answer.isSame(begin.answer())) {
				low = middle;
			}
			else {
				high = middle;
				changed = answer;
			}
		}
		return new Transaction(high, ends.size(), ends.get(high - 1), changed);
	}

	private boolean isChanged(int point, State begin) throws IOException {
		return !ask(point).answer().isSame(begin.answer());
	}

	private State ask(int point) throws IOException {
		State known = this.states.get(point);
		if (known == null) {
			QueryAnswer answer = answer(this.state.moveTo(point));
			MovingState.At at = this.state.at(point);
			known = new State(at.time(), at.position(), answer);
			this.states.put(point, known);
		}
		return known;
	}

	private QueryAnswer answer(StateFile file) throws IOException {
		this.queries++;
		return this.query.ask(file.path());
	}

	private Duration duration() {
		return Duration.ofNanos(System.nanoTime() - this.startedAt);
	}

}
