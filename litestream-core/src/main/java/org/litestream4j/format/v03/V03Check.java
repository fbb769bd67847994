package org.litestream4j.format.v03;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.inspect.CheckReport.GenerationCheck;
import org.litestream4j.inspect.CheckedReads;
import org.litestream4j.inspect.Findings;
import org.litestream4j.inspect.CheckReport.Newest;
import org.litestream4j.inspect.CheckReport.Verdict;
import org.litestream4j.inspect.CheckReport;
import org.litestream4j.inspect.Finding.Kind;
import org.litestream4j.inspect.ReplicaLook;
import org.litestream4j.lease.LockFile;
import org.litestream4j.restore.ObjectFetcher;
import org.litestream4j.restore.PlanOutcome;
import org.litestream4j.restore.PlanOutcome.Gap;
import org.litestream4j.restore.PlanOutcome.NoBackup;
import org.litestream4j.restore.PlanOutcome.Planned;
import org.litestream4j.restore.RestoreMeter;
import org.litestream4j.restore.RestoreThreads;
import org.litestream4j.store.ObjectReader;
import org.litestream4j.store.ObjectStore.Depth;
import org.litestream4j.store.StoredObject;

/**
 * Reads a whole replica, one generation after another. Not thread-safe, and for one run.
 */
final class V03Check {

	/** More are counted. */
	private static final int MOST_STRAY = 100;

	private final V03Replica client;

	private final int parallelism;

	private final RestoreProgress progress;

	private final long startedAt = System.nanoTime();

	private final Findings findings = new Findings();

	private final CheckedReads reads = new CheckedReads(this.findings);

	private final Map<Generation, Oldest> generations = new HashMap<>();

	private final Map<Generation, GenerationCheckRun> runs = new HashMap<>();

	private long total;

	private long stray;

	private long snapshotBytes;

	private long segmentBytes;

	V03Check(V03Replica client, int parallelism, RestoreProgress progress) {
		this.client = client;
		this.parallelism = parallelism;
		this.progress = progress;
	}

	private record Oldest(Generation generation, Instant at) {
	}

	CheckReport run() throws IOException {
		takeStock();
		PlanOutcome listed = plan();
		List<GenerationCheck> checks = new ArrayList<>();
		RestoreMeter meter = RestoreMeter.silent(this.progress, this.total);
		ObjectFetcher fetcher = new ObjectFetcher(this.client.store(), new ObjectReader(this.client.store()),
				this.parallelism, true);
		long memory = Math.max(4 << 20, Math.min(Runtime.getRuntime().maxMemory() / 8, 32 << 20));
		try (RestoreThreads threads = new RestoreThreads(fetcher.parallelSmall())) {
			for (Oldest each : this.generations.values().stream().sorted(Comparator.comparing(Oldest::at)).toList()) {
				List<Snapshot> snapshots = this.client.snapshots(each.generation());
				GenerationListing listing = new GenerationListing(each.generation(), snapshots,
						this.client.walSegments(each.generation()));
				GenerationCheckRun run = new GenerationCheckRun(listing, this.client.codec(), this.reads, this.findings,
						meter);
				checks.add(run.run(fetcher, threads, memory));
				this.runs.put(each.generation(), run);
				this.snapshotBytes += snapshots.stream().mapToLong(Snapshot::size).sum();
				this.segmentBytes += checks.get(checks.size() - 1).bytes()
						- snapshots.stream().mapToLong(Snapshot::size).sum();
			}
		}
		return report(checks, listed);
	}

	/** Everything that lies there, which need not be a replica's. */
	private void takeStock() throws IOException {
		long[] ltx = new long[1];
		this.client.store().list("", Depth.TREE, (object) -> {
			if (ReplicaLayout.isObject(object.name())) {
				this.total += object.size();
				Generation generation = new Generation(object.name().split("/")[1]);
				this.generations.merge(generation, new Oldest(generation, object.storedAt()),
						(one, other) -> one.at().isBefore(other.at()) ? one : other);
			}
			else if (ReplicaLayout.isLtx(object.fileName())) {
				ltx[0]++;
			}
			else if (!LockFile.isOwn(object.name())) {
				noteStray(object);
			}
			return true;
		});
		if (ltx[0] > 0) {
			this.findings.add(Kind.OTHER_FORMAT, "",
					"%d objects are in %s, and were not looked at".formatted(ltx[0], ReplicaLayout.LTX));
		}
		if (this.stray > MOST_STRAY) {
			this.findings.add(Kind.STRAY, "",
					"%d more objects are none of a replica's".formatted(this.stray - MOST_STRAY));
		}
	}

	private void noteStray(StoredObject object) {
		this.stray++;
		if (this.stray <= MOST_STRAY) {
			this.findings.add(Kind.STRAY, object.name(),
					"%s is none of a replica's objects: it is never touched".formatted(object.name()));
		}
	}

	/** Lists twice if something is missing: retention deletes while we list. */
	private PlanOutcome plan() throws IOException {
		PlanOutcome outcome = plan(RestoreTarget.latest(), Set.of());
		return (outcome instanceof Gap) ? plan(RestoreTarget.latest(), Set.of()) : outcome;
	}

	/**
	 * As a restore does, which tries an older snapshot of the same generation when one is
	 * damaged, and no other generation, which is another state.
	 */
	private PlanOutcome planAnew() throws IOException {
		RestoreTarget target = RestoreTarget.latest();
		Set<String> unusable = new HashSet<>();
		while (true) {
			PlanOutcome outcome = plan(target, unusable);
			if (!(outcome instanceof Planned planned) || isUsable(((V03Plan) planned.plan()).snapshot())) {
				return outcome;
			}
			Snapshot bad = ((V03Plan) planned.plan()).snapshot();
			unusable.add(ReplicaLayout.nameOf(bad));
			target = target.within(bad.generation());
		}
	}

	private PlanOutcome plan(RestoreTarget target, Set<String> unusable) throws IOException {
		return ReplicaListing.read(this.client, target)
			.plan(target, (snapshot) -> unusable.contains(ReplicaLayout.nameOf(snapshot)));
	}

	/** As far as it is known. */
	private boolean isUsable(Snapshot snapshot) {
		GenerationCheckRun run = this.runs.get(snapshot.generation());
		return run == null || run.isUsable(snapshot);
	}

	private Optional<String> obstacle(PlanOutcome outcome) {
		if (!(outcome instanceof Planned planned)) {
			return Optional.of(Objects.requireNonNull(ReplicaLook.problem(outcome)));
		}
		V03Plan plan = (V03Plan) planned.plan();
		GenerationCheckRun run = this.runs.get(plan.generation());
		if (run == null) {
			return Optional.of("Generation %s began while this was read: check again".formatted(plan.generation()));
		}
		if (!run.isUsable(plan.snapshot())) {
			return Optional.of("%s is damaged or cannot be read".formatted(ReplicaLayout.nameOf(plan.snapshot())));
		}
		return run.obstacle(plan);
	}

	private CheckReport report(List<GenerationCheck> checks, PlanOutcome listed) throws IOException {
		PlanOutcome outcome = listed;
		Optional<String> obstacle = obstacle(outcome);
		if (obstacle.isPresent() && !(outcome instanceof NoBackup)) {
			outcome = planAnew(); // also without what is gone meanwhile
			obstacle = obstacle(outcome);
		}
		Verdict verdict = verdict(outcome, obstacle);
		V03Plan plan = (obstacle.isEmpty() && outcome instanceof Planned planned) ? (V03Plan) planned.plan() : null;
		return new CheckReport(this.client.url(), verdict, obstacle.orElse(null), (plan != null) ? newest(plan) : null,
				List.copyOf(checks), this.reads.objects(), this.reads.bytes(),
				Duration.ofNanos(System.nanoTime() - this.startedAt), (plan != null) ? restore(plan) : null,
				this.findings.kept(), this.findings.leftOut());
	}

	private Verdict verdict(PlanOutcome outcome, Optional<String> obstacle) {
		if (outcome instanceof NoBackup) {
			return Verdict.EMPTY;
		}
		if (obstacle.isPresent()) {
			return Verdict.NOT_RESTORABLE;
		}
		return this.findings.holdDamage() ? Verdict.DAMAGED : Verdict.GOOD;
	}

	private Newest newest(V03Plan plan) {
		WalPosition end = Objects.requireNonNull(this.runs.get(plan.generation())).end();
		return new Newest((end != null) ? end : plan.lastStart(), plan.createdAt());
	}

	/** Snapshots are read as fast as the store can, segments as fast as it answers. */
	private Duration restore(V03Plan plan) {
		long snapshotNanos = this.runs.values().stream().mapToLong(GenerationCheckRun::snapshotNanos).sum();
		long segmentNanos = this.runs.values().stream().mapToLong(GenerationCheckRun::segmentNanos).sum();
		return Duration.ofNanos(share(snapshotNanos, plan.snapshotBytes(), this.snapshotBytes)
				+ share(segmentNanos, plan.storedBytes() - plan.snapshotBytes(), this.segmentBytes));
	}

	private static long share(long nanos, long part, long whole) {
		return (whole > 0) ? (long) ((double) nanos * part / whole) : 0;
	}

}
