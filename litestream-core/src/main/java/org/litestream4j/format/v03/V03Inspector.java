package org.litestream4j.format.v03;

import java.io.IOException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.litestream4j.BackupFormat;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalSegment;
import org.litestream4j.inspect.CheckReport;
import org.litestream4j.inspect.ReplicaInspector;
import org.litestream4j.inspect.ReplicaLook;
import org.litestream4j.inspect.StatusReport;
import org.litestream4j.restore.PlanOutcome;
import org.litestream4j.restore.PlanOutcome.Planned;
import org.litestream4j.restore.RestorePlan;
import org.litestream4j.restore.Restorer;

/**
 * Looks at a replica in the format of Litestream v0.3. Thread-safe.
 *
 * @param client reads the replica
 */
record V03Inspector(V03Replica client) implements ReplicaInspector {

	@Override
	public StatusReport status() throws IOException {
		PlanOutcome outcome = Restorer.quiet("", this.client.store().type(), this.client)
			.plan(RestoreTarget.latest())
			.outcome();
		int snapshots = 0;
		Instant oldest = null;
		long bytes = 0;
		int segments = 0;
		List<Generation> generations = this.client.generations();
		for (Generation generation : generations) {
			List<Snapshot> listed = this.client.snapshots(generation);
			snapshots += listed.size();
			bytes += listed.stream().mapToLong(Snapshot::size).sum();
			oldest = Stream.concat(Stream.ofNullable(oldest), listed.stream().map(Snapshot::createdAt))
				.min(Comparator.naturalOrder())
				.orElse(null);
			Sum sum = new Sum();
			this.client.visitWalSegments(generation, sum::add);
			segments += sum.count;
			bytes += sum.bytes;
		}
		RestorePlan plan = (outcome instanceof Planned planned) ? planned.plan() : null;
		return new StatusReport(this.client.url(), BackupFormat.V3, (plan != null) ? state(plan) : null,
				(plan != null) ? null : ReplicaLook.problem(outcome), oldest,
				(plan != null) ? newestSnapshot(plan) : null, generations.size(), snapshots, segments, bytes,
				ReplicaLook.owner(this.client.store()), null);
	}

	private static final class Sum {

		private int count;

		private long bytes;

		void add(WalSegment segment) {
			this.count++;
			this.bytes += segment.size();
		}

	}

	private StatusReport.State state(RestorePlan plan) throws IOException {
		return new StatusReport.State(plan.lastStart(), this.client.newestCommit(plan), plan.storedBytes(),
				plan.applied() + 1);
	}

	private @Nullable Instant newestSnapshot(RestorePlan plan) throws IOException {
		return this.client.snapshots(((V03Plan) plan).generation())
			.stream()
			.map(Snapshot::createdAt)
			.max(Comparator.naturalOrder())
			.orElse(null);
	}

	@Override
	public CheckReport check(int parallelism, RestoreProgress progress) throws IOException {
		return new V03Check(this.client, parallelism, progress).run();
	}

}
