package org.litestream4j;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import org.litestream4j.format.TransactionId;
import org.litestream4j.format.ltx.LtxFormat;
import org.litestream4j.format.ltx.LtxSource;
import org.litestream4j.format.v03.V03Format;
import org.litestream4j.inspect.CheckReport;
import org.litestream4j.inspect.CheckReport.GenerationCheck;
import org.litestream4j.inspect.CheckReport.Verdict;
import org.litestream4j.inspect.Finding;
import org.litestream4j.inspect.ReplicaInspector;
import org.litestream4j.inspect.StatusReport;
import org.litestream4j.restore.PlanOutcome.Planned;
import org.litestream4j.restore.Restorer;
import org.litestream4j.store.ObjectStore;

/**
 * Looks at a replica in whichever format it is: what lies there decides, as for a
 * restore. Where both lie, both are looked at, and the newest state is that of the one
 * that a restore takes. Thread-safe.
 */
final class ReplicaFormatsInspector implements ReplicaInspector {

	private final ObjectStore store;

	private final ReplicaInspector v03;

	private final ReplicaInspector ltx;

	ReplicaFormatsInspector(ObjectStore store) {
		this.store = store;
		this.v03 = V03Format.INSTANCE.inspector(store);
		this.ltx = LtxFormat.of(LtxOptions.DEFAULTS).inspector(store);
	}

	@Override
	public StatusReport status() throws IOException {
		boolean newer = isNewestInLtx();
		StatusReport status = (newer ? this.ltx : this.v03).status();
		boolean both = newer ? ReplicaFormats.holdsSegments(this.store) : new LtxSource(this.store).mayHoldFiles();
		StatusReport other = both ? (newer ? this.v03 : this.ltx).status() : status;
		return (both && other.holdsAnything()) ? status.beside(other) : status;
	}

	/**
	 * Where there is one format only, that is looked at once, and not listed for this.
	 * Where no state can be restored at all, what lies there alone decides.
	 */
	private boolean isNewestInLtx() throws IOException {
		if (!new LtxSource(this.store).mayHoldFiles()) {
			return false;
		}
		if (!ReplicaFormats.holdsSegments(this.store)) {
			return true;
		}
		return Restorer.quiet("", this.store.type(), ReplicaFormats.source(this.store))
			.plan(RestoreTarget.latest())
			.outcome() instanceof Planned planned && planned.plan().lastStart() instanceof TransactionId;
	}

	@Override
	public CheckReport check(int parallelism, RestoreProgress progress) throws IOException {
		boolean newer = isNewestInLtx();
		CheckReport first = (newer ? this.ltx : this.v03).check(parallelism, progress);
		if (first.findings().stream().noneMatch((finding) -> finding.kind() == Finding.Kind.OTHER_FORMAT)) {
			return first;
		}
		CheckReport second = (newer ? this.v03 : this.ltx).check(parallelism, progress);
		return (second.verdict() == Verdict.EMPTY) ? first : both(first, second);
	}

	/** What one of them names as of another format, the other one has looked at. */
	private static CheckReport both(CheckReport newer, CheckReport older) {
		List<Finding> findings = Stream.of(newer, older)
			.flatMap((report) -> report.findings().stream())
			.filter((finding) -> finding.kind() != Finding.Kind.OTHER_FORMAT)
			.distinct()
			.toList();
		int kept = Math.min(findings.size(), CheckReport.MOST_FINDINGS);
		boolean lost = newer.verdict() == Verdict.GOOD && older.verdict() != Verdict.GOOD;
		Duration duration = newer.duration().plus(older.duration());
		List<GenerationCheck> parts = Stream.of(older, newer)
			.flatMap((report) -> report.generations().stream())
			.toList();
		return new CheckReport(newer.url(), lost ? Verdict.DAMAGED : newer.verdict(), newer.problem(), newer.newest(),
				parts, newer.objects() + older.objects(), newer.bytes() + older.bytes(), duration, newer.restore(),
				findings.subList(0, kept), newer.findingsLeftOut() + older.findingsLeftOut() + findings.size() - kept);
	}

}
