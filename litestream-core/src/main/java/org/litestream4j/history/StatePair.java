package org.litestream4j.history;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.Internal;
import org.litestream4j.Replica;
import org.litestream4j.ReplicaFormats;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.WalPosition;
import org.litestream4j.history.diff.DatabaseState;
import org.litestream4j.io.Disk;
import org.litestream4j.observe.GuardedListener;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.Proposal;
import org.litestream4j.restore.RestoreMeter;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.RestorePlan;
import org.litestream4j.restore.RestoreReading;
import org.litestream4j.restore.Restorer;

/**
 * Two states of one replica, of which the second is made from the first where it follows
 * it: a copy of the file, and what was committed in between. The snapshot is then fetched
 * once. Where that cannot be told from listings, or does not come out as it should, the
 * second is restored by itself. Not thread-safe.
 */
@Internal
public final class StatePair {

	private static final Logger logger = LoggerFactory.getLogger(StatePair.class);

	/** Bytes of objects that are held while they wait for their turn. */
	private static final long MEMORY = 16 << 20;

	private static final int CHUNK = 1 << 20;

	private final String database;

	private final HistorySource source;

	private final RestoreOptions options;

	private final RestoreProgress progress;

	@Nullable private RestoreReport first;

	private boolean moved;

	/**
	 * Creates a pair. Does no I/O.
	 * @param database names the database in logs
	 * @param replica is read; stays open
	 * @param options how to fetch
	 * @param progress hears of what is fetched, and may end it
	 */
	public StatePair(String database, Replica replica, RestoreOptions options, RestoreProgress progress) {
		this(database, ReplicaFormats.history(database, replica, GuardedListener.of(LitestreamListener.NONE)), options,
				progress);
	}

	StatePair(String database, HistorySource source, RestoreOptions options, RestoreProgress progress) {
		this.database = database;
		this.source = source;
		this.options = options.withIntegrityCheck(IntegrityCheck.NONE).withoutChecksum();
		this.progress = progress;
	}

	/**
	 * The first state, which is restored.
	 * @param target which one
	 * @return makes it
	 */
	public DatabaseState<RestoreReport> first(RestoreTarget target) {
		return (output, disk) -> {
			RestoreReport report = restore(restorer(), target, output, disk);
			this.first = report;
			return report;
		};
	}

	/**
	 * The second state, once the first is there.
	 * @param target which one
	 * @return makes it, from the first where it follows that
	 */
	public DatabaseState<RestoreReport> second(RestoreTarget target) {
		return (output, disk) -> {
			Restorer restorer = restorer();
			RestoreReport made = (this.first != null) ? follow(this.first, restorer, target, output, disk) : null;
			this.moved = made != null;
			return (made != null) ? made : restore(restorer, target, output, disk);
		};
	}

	/** Whether the second state was made from the first. */
	boolean isMoved() {
		return this.moved;
	}

	private Restorer restorer() {
		return new Restorer(this.database, "the replica", this.source.restoreSource());
	}

	private RestoreReport restore(Restorer restorer, RestoreTarget target, RestoreOutput output, Disk disk)
			throws IOException {
		return restorer.restore(target, output, this.options, this.progress, disk);
	}

	/** Null if it cannot be done so. */
	private @Nullable RestoreReport follow(RestoreReport begin, Restorer restorer, RestoreTarget target,
			RestoreOutput output, Disk disk) throws IOException {
		long startedAt = System.nanoTime();
		ReplicaPosition from = begin.position();
		Proposal proposal = restorer.plan(target);
		if (!proposal.isPlanned()) {
			return null; // a restore says why
		}
		RestorePlan plan = proposal.requirePlan();
		HistoryView view = this.source.view();
		List<? extends HistoryPoint> between = (from instanceof WalPosition inWal) ? between(view, inWal, plan, target)
				: between(view, from, plan);
		if (between.isEmpty()) {
			return null;
		}
		Path path = output.path();
		boolean whole = false;
		try (Disk.DiskFile file = disk.create(path)) {
			long bytes = copy(begin.outputPath(), file);
			Mover mover = new Mover(file, from, target, bytes);
			ReplicaPosition end = apply(view, between, from, mover);
			if (!mover.isWhole(end)) {
				return null;
			}
			file.truncate(mover.size());
			whole = true;
			return new RestoreReport(path, begin.replica(), end, plan.createdAt(), mover.size(), null,
					Duration.ofNanos(System.nanoTime() - startedAt), between.size());
		}
		catch (RestoreException ex) {
			if (ex.kind() == Kind.CANCELLED) {
				throw ex;
			}
			logger.debug("The second state is restored by itself", ex);
			return null;
		}
		finally {
			if (!whole) {
				disk.deleteIfExists(path);
			}
		}
	}

	/**
	 * The points from the one in which the first state ends to the last one of a plan.
	 */
	private static List<? extends HistoryPoint> between(HistoryView view, WalPosition from, RestorePlan plan,
			RestoreTarget target) {
		if (!(plan.lastStart() instanceof WalPosition last) || !last.generation().equals(from.generation())
				|| plan.applied() == 0 || isBefore(target, from)) {
			return List.of();
		}
		List<? extends HistoryPoint> points = view.points();
		int begin = -1;
		int end = -1;
		for (int i = 0; i < points.size(); i++) {
			HistoryPoint point = points.get(i);
			if (point.isChange() && point.start() instanceof WalPosition start
					&& start.generation().equals(from.generation())) {
				begin = start.isAfter(from) ? begin : i;
				end = start.equals(last) ? i : end;
			}
		}
		if (begin < 0 || end < begin) {
			return List.of();
		}
		List<? extends HistoryPoint> between = points.subList(begin, end + 1);
		boolean oneLine = between.stream()
			.allMatch((point) -> point.isChange() && point.line().equals(between.get(0).line()));
		return oneLine ? between : List.of();
	}

	/**
	 * The same where a plan says where it ends: the changes that lead there, if they take
	 * less than the plan.
	 */
	private static List<? extends HistoryPoint> between(HistoryView view, ReplicaPosition from, RestorePlan plan) {
		List<? extends HistoryPoint> points = view.points();
		int begin = -1;
		int end = -1;
		for (int i = 0; i < points.size(); i++) {
			begin = from.equals(points.get(i).end()) ? i : begin;
			end = plan.lastStart().equals(points.get(i).end()) ? i : end;
		}
		if (begin < 0 || end < begin || !points.get(begin).line().equals(points.get(end).line())) {
			return List.of();
		}
		List<HistoryPoint> changes = view.between(begin, end).stream().map(HistoryView.Step::change).toList();
		long bytes = changes.stream().mapToLong(HistoryPoint::storedBytes).sum();
		return (bytes < plan.storedBytes()) ? changes : List.of();
	}

	private static boolean isBefore(RestoreTarget target, WalPosition from) {
		WalPosition exact = exact(target);
		return exact != null && (!exact.generation().equals(from.generation()) || from.isAfter(exact));
	}

	private static @Nullable WalPosition exact(RestoreTarget target) {
		return (target.generation() != null && target.index() != null && target.offset() != null)
				? new WalPosition(target.generation(), target.index(), target.offset()) : null;
	}

	private static long copy(Path from, Disk.DiskFile to) throws IOException {
		byte[] buffer = new byte[CHUNK];
		try (RandomAccessFile in = new RandomAccessFile(from.toFile(), "r")) {
			long position = 0;
			int read;
			while ((read = in.read(buffer)) > 0) {
				to.write(position, buffer, 0, read);
				position += read;
			}
			return position;
		}
	}

	private ReplicaPosition apply(HistoryView view, List<? extends HistoryPoint> points, ReplicaPosition from,
			Mover mover) throws IOException {
		long total = points.stream().mapToLong(HistoryPoint::storedBytes).sum();
		RestoreReading reading = new RestoreReading(this.options.parallelism(), false, MEMORY,
				RestoreMeter.quiet(this.database, this.progress, total));
		ReplicaPosition end = from;
		try (PointReader reader = view.open(points, from, reading)) {
			for (int i = 0; i < points.size() && !mover.isThere(); i++) {
				mover.begin(points.get(i).start());
				end = reader.next(mover).end();
			}
		}
		return (mover.reached() != null) ? mover.reached() : end;
	}

	/** Writes what was committed up to the wanted end. */
	private static final class Mover implements PointReader.ChangeVisitor {

		private final Disk.DiskFile file;

		@Nullable private final WalPosition wanted;

		@Nullable private WalPosition reached;

		private long size;

		private int index;

		private int pageSize;

		Mover(Disk.DiskFile file, ReplicaPosition from, RestoreTarget target, long size) {
			this.file = file;
			this.wanted = exact(target);
			this.reached = from.equals(this.wanted) ? this.wanted : null;
			this.size = size;
			this.index = (from instanceof WalPosition inWal) ? inWal.index() : 0;
		}

		/** As a restore does, between two indexes only. */
		void begin(ReplicaPosition start) throws IOException {
			if (start instanceof WalPosition inWal && inWal.index() != this.index) {
				this.file.truncate(this.size);
				this.index = inWal.index();
			}
		}

		@Override
		public void page(long page, byte[] bytes, int offset, int length) throws IOException {
			this.pageSize = length;
			if (!isThere()) {
				this.file.write((page - 1) * length, bytes, offset, length);
			}
		}

		@Override
		public void commit(long pages, ReplicaPosition end) {
			if (!isThere()) {
				this.size = pages * this.pageSize;
				this.reached = end.equals(this.wanted) ? this.wanted : null;
			}
		}

		/** Whether the exact end was reached that was asked for. */
		boolean isThere() {
			return this.reached != null;
		}

		@Nullable WalPosition reached() {
			return this.reached;
		}

		/** Whether the end is the one that was wanted, if an exact one was. */
		boolean isWhole(ReplicaPosition end) {
			return this.wanted == null || this.wanted.equals(end);
		}

		long size() {
			return this.size;
		}

	}

}
