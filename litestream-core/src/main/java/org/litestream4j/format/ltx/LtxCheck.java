package org.litestream4j.format.ltx;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.TransactionId;
import org.litestream4j.inspect.CheckReport;
import org.litestream4j.inspect.CheckReport.GenerationCheck;
import org.litestream4j.inspect.CheckReport.Newest;
import org.litestream4j.inspect.CheckReport.Verdict;
import org.litestream4j.inspect.CheckedReads;
import org.litestream4j.inspect.Finding.Kind;
import org.litestream4j.inspect.Findings;
import org.litestream4j.inspect.ReplicaLook;
import org.litestream4j.lease.LockFile;
import org.litestream4j.restore.ObjectFetcher;
import org.litestream4j.restore.ObjectPrefetcher;
import org.litestream4j.restore.PlanOutcome;
import org.litestream4j.restore.PlanOutcome.NoBackup;
import org.litestream4j.restore.PlanOutcome.Planned;
import org.litestream4j.restore.RestoreMeter;
import org.litestream4j.restore.RestoreThreads;
import org.litestream4j.sqlite.DatabaseHeader;
import org.litestream4j.store.ObjectReader;
import org.litestream4j.store.ObjectStore.Depth;
import org.litestream4j.store.StoredObject;

/**
 * Reads every file of a replica, each by itself, and holds its levels against each other:
 * whatever is good, and can be reached without a gap, is a state that can be restored.
 * Not thread-safe, and for one run.
 */
final class LtxCheck {

	/** More are counted. */
	private static final int MOST_STRAY = 100;

	/** What belongs to the format of Litestream v0.3. */
	private static final String OTHER_FORMAT = "generations/";

	private final LtxSource source;

	private final LtxReplica replica;

	private final int parallelism;

	private final RestoreProgress progress;

	private final long startedAt = System.nanoTime();

	private final Findings findings = new Findings();

	private final CheckedReads reads = new CheckedReads(this.findings);

	/**
	 * Files that hold what they should, and when their last transaction was committed.
	 */
	private final Map<LtxFile, Instant> good = new HashMap<>();

	private final Set<LtxFile> bad = new HashSet<>();

	/** How many pages the database has after transactions; of several the most. */
	private final Map<Long, Integer> pages = new HashMap<>();

	/** How large they are then. */
	private final Map<Long, Integer> pageSizes = new HashMap<>();

	private long readNanos;

	LtxCheck(LtxSource source, int parallelism, RestoreProgress progress) {
		this.source = source;
		this.replica = source.replica();
		this.parallelism = parallelism;
		this.progress = progress;
	}

	CheckReport run() throws IOException {
		noteOthers();
		List<LtxFile> listed = this.source.list()
			.stream()
			.sorted(Comparator.comparingLong(LtxFile::maxTxid).thenComparingInt(LtxFile::level))
			.toList();
		read(listed);
		// What was deleted meanwhile is no loss: others hold it
		List<LtxFile> there = listed.stream()
			.filter((file) -> this.good.containsKey(file) || this.bad.contains(file))
			.toList();
		noteHoles(there);
		LtxView view = new LtxView(this.source, there.stream().filter(this.good::containsKey).toList());
		PlanOutcome outcome = new LtxListing(there, null).plan(RestoreTarget.latest(), this.bad::contains);
		LtxPlan plan = (outcome instanceof Planned planned) ? (LtxPlan) planned.plan() : null;
		return new CheckReport(this.replica.store().url(), verdict(outcome), ReplicaLook.problem(outcome),
				(plan != null) ? new Newest(plan.lastStart(), plan.createdAt()) : null, levels(there, view),
				this.reads.objects(), this.reads.bytes(), Duration.ofNanos(System.nanoTime() - this.startedAt),
				(plan != null) ? restore(plan) : null, this.findings.kept(), this.findings.leftOut());
	}

	private Verdict verdict(PlanOutcome outcome) {
		if (outcome instanceof NoBackup) {
			return Verdict.EMPTY;
		}
		if (!(outcome instanceof Planned)) {
			return Verdict.NOT_RESTORABLE;
		}
		return this.findings.holdDamage() ? Verdict.DAMAGED : Verdict.GOOD;
	}

	/** At the rate of this check. */
	private Duration restore(LtxPlan plan) {
		double share = (double) plan.storedBytes() / Math.max(this.reads.bytes(), 1);
		return Duration.ofNanos((long) (this.readNanos * share));
	}

	/** Names what lies there and is no file of the replica. */
	private void noteOthers() throws IOException {
		LtxNames names = LtxNames.of(this.replica.store());
		long[] counts = new long[2];
		this.replica.store().list("", Depth.TREE, (object) -> {
			if (object.name().startsWith(OTHER_FORMAT)) {
				counts[0]++;
			}
			else if (!names.isFile(object) && !LockFile.isOwn(object.name())) {
				counts[1]++;
				noteStray(object, counts[1]);
			}
			return true;
		});
		if (counts[0] > 0) {
			this.findings.add(Kind.OTHER_FORMAT, "",
					"%d objects are in the format of Litestream v0.3, and were not looked at".formatted(counts[0]));
		}
		if (counts[1] > MOST_STRAY) {
			this.findings.add(Kind.STRAY, "",
					"%d more objects are none of a replica's".formatted(counts[1] - MOST_STRAY));
		}
	}

	private void noteStray(StoredObject object, long count) {
		if (count <= MOST_STRAY) {
			this.findings.add(Kind.STRAY, object.name(),
					"%s is none of a replica's objects: it is never touched".formatted(object.name()));
		}
	}

	private void read(List<LtxFile> files) throws IOException {
		long begin = System.nanoTime();
		RestoreMeter meter = RestoreMeter.silent(this.progress, files.stream().mapToLong(LtxFile::size).sum());
		ObjectFetcher fetcher = new ObjectFetcher(this.replica.store(), new ObjectReader(this.replica.store()),
				this.parallelism, true);
		long memory = Math.max(4 << 20, Math.min(Runtime.getRuntime().maxMemory() / 8, 32 << 20));
		try (RestoreThreads threads = new RestoreThreads(fetcher.parallelSmall());
				ObjectPrefetcher objects = new ObjectPrefetcher(files.stream().map(this.replica::object).iterator(),
						fetcher, threads, memory)) {
			for (LtxFile file : files) {
				CheckedReads.Result result = this.reads.read(this.replica.name(file), file.size(),
						() -> objects.next(meter), (stored) -> this.good.put(file, read(file, stored)));
				if (result == CheckedReads.Result.BAD) {
					this.bad.add(file);
				}
				meter.advance(file.size());
			}
		}
		this.readNanos = System.nanoTime() - begin;
	}

	/**
	 * {@return when its last transaction was committed}
	 */
	private Instant read(LtxFile file, InputStream stored) throws IOException {
		LtxReader reader = new LtxReader(stored);
		LtxHeader header = reader.header();
		header.requireNamed(file);
		int pageSize = header.pageSize();
		requirePageSize(header, this.pageSizes.getOrDefault(file.maxTxid(), pageSize));
		int sizeBefore = this.pageSizes.getOrDefault(file.minTxid() - 1, pageSize);
		// A database that was made anew with another page size begins with all of it
		boolean whole = file.isWhole() || sizeBefore != pageSize;
		Integer before = whole ? (Integer) 0 : this.pages.get(file.minTxid() - 1);
		byte[] page = new byte[header.pageSize()];
		long added = 0;
		for (int number = reader.next(page); number != 0; number = reader.next(page)) {
			if (number == 1 && page[DatabaseHeader.SIZE] != 13 && page[DatabaseHeader.SIZE] != 5) {
				throw new LtxDamagedException("its first page is no page of a schema");
			}
			added += (before != null && number > before) ? 1 : 0;
		}
		if (before != null) {
			header.requireGrowth(before, added);
		}
		this.pageSizes.put(file.maxTxid(), pageSize);
		this.pages.merge(file.maxTxid(), header.pages(), Math::max);
		return header.time();
	}

	private static void requirePageSize(LtxHeader header, int expected) throws LtxDamagedException {
		if (header.pageSize() != expected) {
			throw new LtxDamagedException(
					"it has pages of %d bytes, and others of %d".formatted(header.pageSize(), expected));
		}
	}

	/** Names transactions that are in no file of a level although later ones are. */
	private void noteHoles(List<LtxFile> there) {
		Set<Long> named = new HashSet<>();
		List<LtxFile> singles = level(there, 0);
		LtxListing.holesOfSingles(there).forEach((hole) -> noteHole(0, hole.first(), hole.last(), named));
		List<LtxFile> files = level(there, 1);
		for (int i = 1; i < files.size(); i++) {
			long first = files.get(i - 1).maxTxid() + 1;
			long last = files.get(i).minTxid() - 1;
			if (first <= last && !holdAll(singles, first, last)) {
				noteHole(1, first, last, named);
			}
		}
		LtxView view = new LtxView(this.source, there);
		for (LtxFile file : view.cutOff()) {
			long first = LtxChain.towards(there, file.maxTxid()).reached() + 1;
			if (named.add(first)) {
				this.findings.add(Kind.MISSING, this.replica.name(file),
						"Transaction %s is missing, which %s goes on from: no state can be restored from there to the next snapshot"
							.formatted(new TransactionId(first), this.replica.name(file)));
			}
		}
		noteSurplus(there, view);
	}

	private void noteHole(int level, long first, long last, Set<Long> named) {
		for (long txid = first; txid <= last && txid - first < LtxCompaction.MOST; txid++) {
			named.add(txid);
		}
		String what = (first == last) ? "transaction " + new TransactionId(first)
				: "transactions %s to %s".formatted(new TransactionId(first), new TransactionId(last));
		this.findings.add(Kind.MISSING, this.replica.name(LtxFile.named(level, first, last)),
				"Level %d lacks %s: states that it should hold cannot be restored".formatted(level, what));
	}

	private static boolean holdAll(List<LtxFile> singles, long first, long last) {
		return singles.stream().filter((file) -> file.minTxid() >= first && file.maxTxid() <= last).count() == last
				- first + 1;
	}

	/** What lies before the first whole file was left by retention, or by somebody. */
	private void noteSurplus(List<LtxFile> there, LtxView view) {
		long first = view.points().isEmpty() ? Long.MAX_VALUE : view.points().get(0).txid();
		List<LtxFile> before = there.stream().filter((file) -> file.maxTxid() < first).toList();
		if (!before.isEmpty()) {
			LtxFile last = before.get(before.size() - 1);
			this.findings.add(Kind.SURPLUS, this.replica.name(last),
					"%d files, up to %s, end before the first that holds every page: they restore nothing"
						.formatted(before.size(), this.replica.name(last)));
		}
	}

	private static List<LtxFile> level(List<LtxFile> files, int level) {
		return files.stream().filter((file) -> file.level() == level).sorted(LtxFile.BY_TRANSACTIONS).toList();
	}

	/** Each level with the states that no lower one ends with. */
	private List<GenerationCheck> levels(List<LtxFile> there, LtxView view) {
		Map<Long, LtxFile> lowest = new HashMap<>();
		there.stream()
			.filter(this.good::containsKey)
			.sorted(Comparator.comparingInt(LtxFile::level))
			.forEach((file) -> lowest.putIfAbsent(file.maxTxid(), file));
		List<GenerationCheck> levels = new ArrayList<>();
		for (int level = 0; level <= LtxFile.SNAPSHOTS; level++) {
			int number = level;
			List<LtxFile> files = level(there, level);
			List<Instant> states = view.points()
				.stream()
				.map((point) -> lowest.get(point.txid()))
				.filter((file) -> file.level() == number)
				.map(this.good::get)
				.toList();
			if (!files.isEmpty()) {
				boolean snapshots = level == LtxFile.SNAPSHOTS;
				levels.add(new GenerationCheck("level " + level, level, snapshots ? files.size() : 0,
						snapshots ? 0 : files.size(), files.stream().mapToLong(LtxFile::size).sum(), states.size(),
						states.size(), first(states, Comparator.naturalOrder()),
						first(states, Comparator.reverseOrder())));
			}
		}
		return levels;
	}

	private static @Nullable Instant first(List<Instant> times, Comparator<Instant> order) {
		return times.stream().min(order).orElse(null);
	}

}
