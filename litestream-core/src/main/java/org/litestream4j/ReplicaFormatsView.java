package org.litestream4j;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.history.HistoryPoint;
import org.litestream4j.history.HistoryView;
import org.litestream4j.history.PointReader;
import org.litestream4j.history.RestorePoint;
import org.litestream4j.restore.RestoreReading;

/**
 * The restore points of a replica in one format, and after them those in another one. Not
 * thread-safe.
 */
final class ReplicaFormatsView implements HistoryView {

	private final HistoryView older;

	private final HistoryView newer;

	private final List<HistoryPoint> points = new ArrayList<>();

	ReplicaFormatsView(HistoryView older, HistoryView newer) {
		this.older = older;
		this.newer = newer;
		this.points.addAll(older.points());
		this.points.addAll(newer.points());
	}

	@Override
	public List<HistoryPoint> points() {
		return this.points;
	}

	private int border() {
		return this.older.points().size();
	}

	@Override
	public int newestAt(Instant time) throws IOException {
		int newest = this.newer.newestAt(time);
		return (newest >= 0) ? border() + newest : this.older.newestAt(time);
	}

	@Override
	public List<Step> between(int from, int to) {
		if (from < border()) {
			return this.older.between(from, to);
		}
		return this.newer.between(from - border(), to - border())
			.stream()
			.map((step) -> new Step(step.to() + border(), step.change()))
			.toList();
	}

	@Override
	public @Nullable String holes() {
		String before = this.older.holes();
		String after = this.newer.holes();
		return (before != null && after != null) ? before + "; " + after : (before != null) ? before : after;
	}

	@Override
	public PointReader open(List<? extends HistoryPoint> wanted, @Nullable ReplicaPosition from, RestoreReading reading)
			throws IOException {
		Deque<Part> parts = new ArrayDeque<>();
		for (HistoryPoint point : wanted) {
			Part last = parts.peekLast();
			if (last == null || last.points().get(0).getClass() != point.getClass()) {
				last = new Part(viewOf(point), new ArrayList<>());
				parts.add(last);
			}
			last.points().add(point);
		}
		if (parts.size() == 1) {
			return parts.getFirst().open(from, reading);
		}
		return new Parts(parts, from, reading);
	}

	private HistoryView viewOf(HistoryPoint point) {
		boolean older = !this.older.points().isEmpty() && this.older.points().get(0).getClass() == point.getClass();
		return older ? this.older : this.newer;
	}

	/** Points of one format that follow each other. */
	private record Part(HistoryView view, List<HistoryPoint> points) {

		PointReader open(@Nullable ReplicaPosition from, RestoreReading reading) throws IOException {
			return this.view.open(this.points, from, reading);
		}

	}

	/** Reads one part after another. */
	private static final class Parts implements PointReader {

		private final Deque<Part> parts;

		@Nullable private final ReplicaPosition from;

		private final RestoreReading reading;

		@Nullable private PointReader reader;

		/** How many are left of the part that is read. */
		private int left;

		Parts(Deque<Part> parts, @Nullable ReplicaPosition from, RestoreReading reading) {
			this.parts = parts;
			this.from = from;
			this.reading = reading;
		}

		private PointReader reader() throws IOException {
			PointReader current = this.reader;
			if (current == null || this.left == 0) {
				close();
				Part next = this.parts.remove();
				current = next.open(this.from, this.reading);
				this.left = next.points().size();
				this.reader = current;
			}
			this.left--;
			return current;
		}

		@Override
		public Content next(ChangeVisitor visitor) throws IOException {
			return reader().next(visitor);
		}

		@Override
		public RestorePoint count(HistoryPoint point) throws IOException {
			return reader().count(point);
		}

		@Override
		public void close() throws IOException {
			PointReader current = this.reader;
			this.reader = null;
			if (current != null) {
				current.close();
			}
		}

	}

}
