package org.litestream4j.format.ltx;

import java.io.IOException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.BackupFormat;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreTarget;
import org.litestream4j.inspect.CheckReport;
import org.litestream4j.inspect.ReplicaInspector;
import org.litestream4j.inspect.ReplicaLook;
import org.litestream4j.inspect.StatusReport;
import org.litestream4j.restore.PlanOutcome;
import org.litestream4j.restore.PlanOutcome.Planned;
import org.litestream4j.store.ObjectStore;

/**
 * Looks at an LTX replica. Thread-safe.
 *
 * @param source lists it
 */
record LtxInspector(LtxSource source) implements ReplicaInspector {

	@Override
	public StatusReport status() throws IOException {
		ObjectStore store = this.source.replica().store();
		List<LtxFile> files = this.source.list();
		PlanOutcome outcome = new LtxListing(files, null).plan(RestoreTarget.latest(), (file) -> false);
		LtxPlan plan = (outcome instanceof Planned planned) ? (LtxPlan) planned.plan() : null;
		StatusReport.State newest = (plan == null) ? null : new StatusReport.State(plan.lastStart(),
				this.source.newestCommit(plan), plan.storedBytes(), plan.applied() + 1);
		List<LtxFile> whole = files.stream()
			.filter(LtxFile::isWhole)
			.sorted(Comparator.comparing(LtxFile::storedAt))
			.toList();
		return new StatusReport(store.url(), BackupFormat.LTX, newest, ReplicaLook.problem(outcome), first(whole),
				whole.isEmpty() ? null : whole.get(whole.size() - 1).storedAt(), 0, whole.size(),
				files.size() - whole.size(), files.stream().mapToLong(LtxFile::size).sum(), ReplicaLook.owner(store),
				null);
	}

	private static @Nullable Instant first(List<LtxFile> files) {
		return files.isEmpty() ? null : files.get(0).storedAt();
	}

	@Override
	public CheckReport check(int parallelism, RestoreProgress progress) throws IOException {
		return new LtxCheck(this.source, parallelism, progress).run();
	}

}
