package org.litestream4j.history;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.Replica;
import org.litestream4j.ReplicaFormats;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;
import org.litestream4j.history.LogRequest.Detail;
import org.litestream4j.history.diff.DatabaseState;
import org.litestream4j.history.diff.ScratchDirectory;
import org.litestream4j.observe.GuardedListener;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.Proposal;
import org.litestream4j.restore.RestoreMeter;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.RestoreReading;
import org.litestream4j.restore.Restorer;

/**
 * The past of a database, as a replica tells it: for the day on which a bad deploy wrote
 * garbage at three minutes past twelve, and nobody knows yet when it began. Changes
 * nothing, and fetches no more than an answer needs. Thread-safe.
 */
public final class ReplicaHistory {

	/** Bytes of objects that are held while they wait for their turn. */
	private static final long MEMORY = 16 << 20;

	/** Bytes of pages of one point that are held beside the state before it. */
	private static final long WRITTEN = 32 << 20;

	private final String database;

	private final HistorySource source;

	/**
	 * Creates a history. Does no I/O.
	 * @param database names the database in logs
	 * @param replica is read; stays open
	 * @param listener hears of each request
	 */
	public ReplicaHistory(String database, Replica replica, LitestreamListener listener) {
		this.database = database;
		this.source = ReplicaFormats.history(database, replica, GuardedListener.of(listener));
	}

	/**
	 * Lists restore points, newest first.
	 * @param request which ones, and what of them
	 * @param progress hears of what is fetched, and may end it
	 * @return the points
	 * @throws org.litestream4j.RestoreException if an object that is looked at is
	 * damaged, or it was cancelled
	 * @throws IOException if the replica cannot be read
	 * @throws IllegalArgumentException if the position to list before is of a generation
	 * that is not there
	 */
	public HistoryLog log(LogRequest request, RestoreProgress progress) throws IOException {
		return log(request, QueryOptions.DEFAULTS.directory(), progress);
	}

	/**
	 * As {@link #log(LogRequest, RestoreProgress)}, with another place for a temporary
	 * file.
	 * @param request which ones, and what of them
	 * @param directory where a state is restored to if {@link Detail#TABLES} are wanted,
	 * in a directory of its own that is deleted in any case; takes as much space as the
	 * database
	 * @param progress hears of what is fetched, and may end it
	 * @return the points
	 * @throws IOException as {@link #log(LogRequest, RestoreProgress)} has it
	 */
	public HistoryLog log(LogRequest request, Path directory, RestoreProgress progress) throws IOException {
		HistoryView view = this.source.view();
		List<? extends HistoryPoint> points = view.points();
		int newest = newest(view, request);
		List<HistoryPoint> wanted = new ArrayList<>();
		int i = newest;
		while (i >= 0 && wanted.size() < request.limit() && mayBeWanted(points.get(i), request)) {
			wanted.add(points.get(i--));
		}
		List<RestorePoint> read = switch (request.detail()) {
			case LISTING -> wanted.stream().map(ReplicaHistory::listed).toList();
			case TRANSACTIONS -> read(view, wanted, request.from(), progress);
			case TABLES -> wanted.isEmpty() ? List.of() : readTables(view, i + 1, newest, directory, progress);
		};
		Instant from = request.from();
		List<RestorePoint> fitting = read.stream()
			.filter((point) -> from == null || !point.time().isBefore(from))
			.filter((point) -> point.transactions() == null || point.transactions() > 0)
			.toList();
		boolean more = i >= 0 && mayBeWanted(points.get(i), request)
				&& (read.isEmpty() || from == null || !read.get(read.size() - 1).time().isBefore(from));
		return new HistoryLog(fitting, more ? points.get(i + 1).start() : null, view.holes());
	}

	/**
	 * Lists what was stored after a restore point, oldest first, for who follows a
	 * replica.
	 * @param start where that point {@linkplain RestorePoint#start() starts}; null for
	 * all points
	 * @param progress hears of what is fetched, and may end it
	 * @return the points, with their transactions
	 * @throws IOException as {@link #log} has it
	 */
	public List<RestorePoint> after(@Nullable ReplicaPosition start, RestoreProgress progress) throws IOException {
		HistoryView view = this.source.view();
		List<? extends HistoryPoint> points = view.points();
		int first = points.size();
		while (first > 0 && !isAtOrBefore(points.get(first - 1).start(), start)) {
			first--;
		}
		return read(view, List.copyOf(points.subList(first, points.size())), null, progress);
	}

	/** Of another generation only the order of the list is known. */
	private static boolean isAtOrBefore(ReplicaPosition point, @Nullable ReplicaPosition start) {
		return start != null && areOfOneLine(point, start) && !isAfter(point, start);
	}

	/**
	 * Asks a past state. It is restored to a temporary file, which is deleted in any
	 * case.
	 * @param target which state
	 * @param sql one statement that reads
	 * @param options how
	 * @param progress hears of what is fetched, and may end it
	 * @return what was answered
	 * @throws org.litestream4j.RestoreException if the state cannot be restored, or it
	 * was cancelled or took too long
	 * @throws IOException if the replica cannot be read, or SQLite cannot answer
	 * @throws IllegalArgumentException with one sentence, if it is not one statement that
	 * reads
	 */
	public QueryReport query(RestoreTarget target, String sql, QueryOptions options, RestoreProgress progress)
			throws IOException {
		long startedAt = System.nanoTime();
		StateQuery query = new StateQuery(sql, options, progress);
		Restorer restorer = Restorer.quiet(this.database, "the replica", this.source.restoreSource());
		Proposal proposal = restorer.plan(target);
		long bytes = proposal.requirePlan().storedBytes();
		try (ScratchDirectory directory = ScratchDirectory.create(options.directory(), "litestream-query")) {
			RestoreReport report = restorer.restore(proposal, RestoreOutput.newFile(directory.file("state.db")),
					DatabaseState.OPTIONS, progress, directory.disk());
			QueryAnswer answer = query.ask(report.outputPath());
			if (answer.error() != null) {
				throw new IOException("SQLite cannot answer the query: " + answer.error());
			}
			return new QueryReport(report.position(), report.createdAt(), answer, bytes,
					Duration.ofNanos(System.nanoTime() - startedAt));
		}
	}

	/**
	 * Finds the first restore point at which a query's answer is another one than at the
	 * beginning, by a binary search: an answer that changed and changed back in between
	 * may be missed. The first state is restored to a temporary file, which is deleted in
	 * any case, and moved on from there, so that each object is fetched once, but for the
	 * one in which the change was found.
	 * @param from the first state is that as of this time; null for the oldest one
	 * @param to no state after it is looked at; null for the newest one
	 * @param sql one statement that reads; give it an order if it has several rows
	 * @param options how
	 * @param progress hears of what is fetched, each time anew, and may end it
	 * @return where the answer changed, if it did
	 * @throws org.litestream4j.RestoreException if there is no state in the range, or a
	 * state cannot be restored, or it was cancelled or took too long
	 * @throws IOException if the replica cannot be read, or SQLite cannot answer
	 * @throws IllegalArgumentException with one sentence, if it is not one statement that
	 * reads
	 */
	public BisectReport bisect(@Nullable Instant from, @Nullable Instant to, String sql, QueryOptions options,
			RestoreProgress progress) throws IOException {
		StateQuery query = new StateQuery(sql, options, progress);
		HistoryView view = this.source.view();
		int last = (to != null) ? view.newestAt(to) : view.points().size() - 1;
		int first = (from != null) ? Math.max(0, view.newestAt(from)) : 0;
		if (last < first) {
			throw noState(view, from, to);
		}
		try (ScratchDirectory directory = ScratchDirectory.create(options.directory(), "litestream-bisect");
				MovingState state = new MovingState(this.database, this.source, view, directory, progress)) {
			BisectReport report = new Bisection(state, view.points(), query).run(first, last);
			String error = report.from().answer().error();
			if (error != null && !report.isChanged()) {
				throw new IOException("SQLite cannot answer the query in any state: " + error);
			}
			return report;
		}
	}

	private static RestoreException noState(HistoryView view, @Nullable Instant from, @Nullable Instant to) {
		if (view.points().isEmpty()) {
			return new RestoreException(Kind.NO_BACKUP, "The replica holds no backup");
		}
		return new RestoreException(Kind.NO_SUCH_STATE,
				"There is no restore point from %s to %s: the oldest was stored at %s, the newest at %s".formatted(
						(from != null) ? from : "the beginning", (to != null) ? to : "the end",
						view.points().get(0).storedAt(), view.points().get(view.points().size() - 1).storedAt()));
	}

	/** What was stored earlier was committed earlier, but not the other way round. */
	private static boolean mayBeWanted(HistoryPoint point, LogRequest request) {
		return request.from() == null || !point.storedAt().isBefore(request.from());
	}

	private static int newest(HistoryView view, LogRequest request) throws IOException {
		int newest = (request.to() != null) ? view.newestAt(request.to()) : view.points().size() - 1;
		ReplicaPosition before = request.before();
		if (before == null) {
			return newest;
		}
		boolean known = false;
		for (int i = 0; i < view.points().size(); i++) {
			ReplicaPosition start = view.points().get(i).start();
			if (areOfOneLine(start, before)) {
				known = true;
				if (!isAfter(before, start)) {
					return Math.min(newest, i - 1);
				}
			}
		}
		if (!known) {
			throw new IllegalArgumentException(
					"before is %s: a position of what can be restored is expected, as a log says".formatted(before));
		}
		return newest;
	}

	/** Whether two positions have an order. */
	private static boolean areOfOneLine(ReplicaPosition one, ReplicaPosition other) {
		return (one instanceof WalPosition place && other instanceof WalPosition otherPlace)
				? place.generation().equals(otherPlace.generation()) : one.getClass() == other.getClass();
	}

	private static boolean isAfter(ReplicaPosition one, ReplicaPosition other) {
		return (one instanceof WalPosition place) ? place.isAfter((WalPosition) other)
				: ((TransactionId) one).compareTo((TransactionId) other) > 0;
	}

	private static RestorePoint listed(HistoryPoint point) {
		return new RestorePoint(time(point, point.storedAt()), point.storedAt(), point.start(), point.end(),
				point.storedBytes(), null, null, null, null);
	}

	/** What restores a point. */
	static Instant time(HistoryPoint point, Instant committedAt) {
		Instant from = point.restorableFrom();
		return (from != null && from.isAfter(committedAt)) ? from : committedAt;
	}

	/** Up to the first one that is older than wanted. */
	private List<RestorePoint> read(HistoryView view, List<HistoryPoint> wanted, @Nullable Instant from,
			RestoreProgress progress) throws IOException {
		List<HistoryPoint> readable = wanted.stream().filter(HistoryPoint::isReadable).toList();
		List<RestorePoint> read = new ArrayList<>();
		try (PointReader reader = view.open(readable, null, reading(readable, progress))) {
			for (HistoryPoint point : wanted) {
				RestorePoint next = point.isReadable() ? reader.count(point) : listed(point);
				read.add(next);
				if (from != null && next.time().isBefore(from)) {
					break;
				}
			}
		}
		return read;
	}

	/** In the order of states, which begins with the one before the oldest point. */
	private List<RestorePoint> readTables(HistoryView view, int oldest, int newest, Path directory,
			RestoreProgress progress) throws IOException {
		List<? extends HistoryPoint> points = view.points();
		List<RestorePoint> read = new ArrayList<>();
		try (ScratchDirectory scratch = ScratchDirectory.create(directory, "litestream-log");
				MovingState state = new MovingState(this.database, this.source, view, scratch, progress)) {
			int next = oldest;
			while (next <= newest) {
				int begin = next;
				while (next <= newest && points.get(next).line().equals(points.get(begin).line())) {
					next++;
				}
				read.addAll(readTables(view, begin, next, state, progress));
			}
		}
		Collections.reverse(read);
		return read;
	}

	/**
	 * Points of one line, oldest first. What leads to the first state of all is unknown,
	 * and what leads to one that only a snapshot ends with is told with what follows.
	 */
	private List<RestorePoint> readTables(HistoryView view, int begin, int end, MovingState state,
			RestoreProgress progress) throws IOException {
		List<? extends HistoryPoint> points = view.points();
		List<RestorePoint> read = new ArrayList<>();
		int next = begin;
		if (begin == 0 || !points.get(begin - 1).line().equals(points.get(begin).line())) {
			read.addAll(read(view, List.of(points.get(begin)), null, progress));
			next++;
		}
		while (next < end) {
			read.addAll(readTables(view, next, end, state.begin(next - 1), state, progress));
			int known = begin + read.size();
			if (known < end) {
				// With another page size all is new
				read.addAll(read(view, List.of(points.get(known)), null, progress));
			}
			next = known + 1;
		}
		return read;
	}

	/**
	 * The same of points that follow the state of a file, up to the first one, if any,
	 * that has pages of another size.
	 */
	private List<RestorePoint> readTables(HistoryView view, int first, int end, StateFile file, MovingState state,
			RestoreProgress progress) throws IOException {
		List<? extends HistoryPoint> points = view.points();
		List<RestorePoint> read = new ArrayList<>();
		TouchedObjects touched = new TouchedObjects(file);
		List<? extends HistoryPoint> changes = points.subList(first, end)
			.stream()
			.filter(HistoryPoint::isChange)
			.toList();
		try (PointReader reader = state.open(changes, first - 1)) {
			for (HistoryPoint point : points.subList(first, end)) {
				if (!point.isChange()) {
					read.addAll(read(view, List.of(point), null, progress));
					continue;
				}
				WrittenPages written = new WrittenPages(file, WRITTEN);
				PointReader.Content content = reader.next(written);
				RestorePoint counted = written.describe(point, content);
				read.add(counted.withChanges(touched.follow(written)));
			}
		}
		catch (OtherPageSizeException ex) {
			return read;
		}
		return read;
	}

	private RestoreReading reading(List<? extends HistoryPoint> points, RestoreProgress progress) {
		long total = points.stream().mapToLong(HistoryPoint::storedBytes).sum();
		return new RestoreReading(RestoreOptions.DEFAULTS.parallelism(), false, MEMORY,
				RestoreMeter.quiet(this.database, progress, total));
	}

}
