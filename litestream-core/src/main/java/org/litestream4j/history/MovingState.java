package org.litestream4j.history;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.history.diff.DatabaseState;
import org.litestream4j.history.diff.ScratchDirectory;
import org.litestream4j.restore.Proposal;
import org.litestream4j.restore.RestoreMeter;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.RestoreReading;
import org.litestream4j.restore.Restorer;

/**
 * A file in the state of one restore point after another. The first one is restored; from
 * there it moves by what leads to other points, in as few bytes as possible: where one
 * object holds what many points changed, those are fetched only if one of them is wanted.
 * Another line of points begins with a restore, and so does another page size. Not
 * thread-safe.
 */
final class MovingState implements Closeable {

	/** Bytes for objects that wait for their turn, and as many for what steps changed. */
	private static final long MEMORY = 16 << 20;

	private final String database;

	private final HistorySource source;

	private final HistoryView view;

	private final List<? extends HistoryPoint> points;

	private final ScratchDirectory directory;

	private final RestoreProgress progress;

	@Nullable private StateFile file;

	/** The point at which the file began. */
	private int base = -1;

	/** How many files were begun. */
	private int files;

	/**
	 * At which point the file is after each step that it was moved by, from {@link #base}
	 * on.
	 */
	private final List<Integer> ends = new ArrayList<>();

	/** What is known of the points that the file was at. */
	private final Map<Integer, At> known = new HashMap<>();

	private long fetchedBytes;

	/**
	 * Where a point is.
	 *
	 * @param time when it was committed, as far as is known
	 * @param position where it ends
	 */
	record At(Instant time, ReplicaPosition position) {
	}

	MovingState(String database, HistorySource source, HistoryView view, ScratchDirectory directory,
			RestoreProgress progress) {
		this.database = database;
		this.source = source;
		this.view = view;
		this.points = view.points();
		this.directory = directory;
		this.progress = progress;
	}

	/** Bytes as stored that were fetched up to now. */
	long fetchedBytes() {
		return this.fetchedBytes;
	}

	/** Whether a point can be moved to without another restore. */
	boolean isOfThisFile(int point) {
		return this.base >= 0 && point >= this.base
				&& this.points.get(point).line().equals(this.points.get(this.base).line());
	}

	/** Moves to a point. */
	StateFile moveTo(int point) throws IOException {
		StateFile current = isOfThisFile(point) ? Objects.requireNonNull(this.file) : begin(point);
		int step = Collections.binarySearch(this.ends, point);
		if (step >= 0) {
			current.moveTo(step);
			return current;
		}
		current.moveTo(-step - 2);
		forgetAhead(current);
		try {
			fetch(current, point);
			return current;
		}
		catch (OtherPageSizeException ex) {
			return begin(point); // nothing moves over that
		}
	}

	/** What follows was a coarser step than is wanted now. */
	private void forgetAhead(StateFile current) {
		current.forgetAhead();
		this.ends.subList(current.at() + 1, this.ends.size()).clear();
	}

	/** What is known of a point that the file was at. */
	At at(int point) {
		return Objects.requireNonNull(this.known.get(point));
	}

	/** Begins with a point, wherever the file is. */
	StateFile begin(int point) throws IOException {
		closeFile();
		Path path = this.directory.file("state-%d.db".formatted(++this.files));
		Restorer restorer = Restorer.quiet(this.database, "the replica", this.source.restoreSource());
		Proposal proposal = restorer.plan(this.points.get(point).target());
		RestoreReport report = restorer.restore(proposal, RestoreOutput.newFile(path), DatabaseState.OPTIONS,
				this.progress, this.directory.disk());
		this.fetchedBytes += proposal.requirePlan().storedBytes();
		StateFile begun = new StateFile(path, this.directory.file("changes-%d".formatted(this.files)),
				this.directory.disk(), MEMORY);
		this.file = begun;
		this.base = point;
		this.ends.add(point);
		this.known.put(point, new At(time(point), report.position()));
		return begun;
	}

	/**
	 * What restores a point that the file began with. When its newest object was stored
	 * may be after the next point was committed, so that the object itself is asked.
	 */
	private Instant time(int point) throws IOException {
		HistoryPoint wanted = this.points.get(point);
		if (!wanted.isReadable()) {
			return ReplicaHistory.time(wanted, wanted.storedAt());
		}
		try (PointReader reader = open(List.of(wanted), null)) {
			// Of a snapshot only its header is read
			this.fetchedBytes += wanted.isChange() ? wanted.storedBytes() : 0;
			return reader.count(wanted).time();
		}
	}

	private void fetch(StateFile current, int last) throws IOException {
		int before = this.ends.get(this.ends.size() - 1);
		List<HistoryView.Step> steps = this.view.between(before, last);
		try (PointReader reader = open(steps.stream().map(HistoryView.Step::change).toList(), before)) {
			for (HistoryView.Step step : steps) {
				Writer writer = new Writer(current, false);
				this.known.put(step.to(), writer.read(this.points.get(step.to()), reader));
				this.ends.add(step.to());
				this.fetchedBytes += step.change().storedBytes();
			}
		}
	}

	/**
	 * Begins to read what follows.
	 * @param before the current point
	 */
	PointReader open(List<? extends HistoryPoint> wanted, int before) throws IOException {
		return open(wanted, at(before).position());
	}

	private PointReader open(List<? extends HistoryPoint> wanted, @Nullable ReplicaPosition from) throws IOException {
		long total = wanted.stream().mapToLong(HistoryPoint::storedBytes).sum();
		RestoreReading reading = new RestoreReading(RestoreOptions.DEFAULTS.parallelism(), false, MEMORY,
				RestoreMeter.quiet(this.database, this.progress, total));
		return this.view.open(wanted, from, reading);
	}

	/**
	 * Makes the transactions of a point steps of their own, of a file that is at the
	 * point before. The point is fetched again; points after it can no longer be moved
	 * to.
	 * @return where each transaction ends
	 */
	List<ReplicaPosition> split(int point) throws IOException {
		StateFile current = moveTo(point - 1);
		forgetAhead(current);
		List<? extends HistoryPoint> wanted = this.points.subList(point, point + 1);
		try (PointReader reader = open(wanted, point - 1)) {
			Writer writer = new Writer(current, true);
			writer.read(wanted.get(0), reader);
			this.fetchedBytes += wanted.get(0).storedBytes();
			return writer.ends;
		}
	}

	/** Writes what a point changed, as one step or as one for each transaction. */
	private static final class Writer implements PointReader.ChangeVisitor {

		private final StateFile file;

		private final boolean split;

		private final List<ReplicaPosition> ends = new ArrayList<>();

		private StateFile.@Nullable NewStep step;

		private long pages;

		Writer(StateFile file, boolean split) {
			this.file = file;
			this.split = split;
			this.pages = file.pages();
		}

		At read(HistoryPoint point, PointReader reader) throws IOException {
			PointReader.Content content = reader.next(this);
			if (!this.split) {
				open().end(this.pages);
			}
			return new At(ReplicaHistory.time(point, content.committedAt()), content.end());
		}

		private StateFile.NewStep open() {
			StateFile.NewStep open = this.step;
			if (open == null) {
				open = this.file.newStep();
				this.step = open;
			}
			return open;
		}

		@Override
		public void page(long page, byte[] bytes, int offset, int length) throws IOException {
			OtherPageSizeException.require(length, this.file.pageSize());
			open().write(page, bytes, offset);
		}

		@Override
		public void commit(long now, ReplicaPosition end) throws IOException {
			this.pages = now;
			if (this.split) {
				this.ends.add(end);
				open().end(now);
				this.step = null;
			}
		}

	}

	private void closeFile() throws IOException {
		StateFile current = this.file;
		this.file = null;
		this.base = -1;
		this.ends.clear();
		this.known.clear();
		if (current != null) {
			current.close();
			this.directory.disk().deleteIfExists(current.path());
			this.directory.disk().deleteIfExists(this.directory.file("changes-%d".formatted(this.files)));
		}
	}

	@Override
	public void close() throws IOException {
		closeFile();
	}

}
