package org.litestream4j;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.CompressionLibrary;
import org.litestream4j.format.ltx.LtxSource;
import org.litestream4j.format.v03.ReplicaLayout;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.restore.PlanOutcome.Gap;
import org.litestream4j.restore.PlanOutcome.NoBackup;
import org.litestream4j.restore.PlanOutcome.NoSuchState;
import org.litestream4j.restore.PlanOutcome.Planned;
import org.litestream4j.restore.PlanOutcome;
import org.litestream4j.restore.ReplicaCatalogue;
import org.litestream4j.restore.RestoreContent;
import org.litestream4j.restore.RestorePlan;
import org.litestream4j.restore.RestoreReading;
import org.litestream4j.restore.RestoreSource;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoredObject;

/**
 * A replica to restore from, in whichever format it is: what lies there decides, and not
 * what is configured, as a replica that was moved to another format holds both for a
 * while. Of two the newer one is restored, as Litestream v0.5 does it. To know whether
 * there is LTX costs one listing request. Thread-safe.
 */
final class ReplicaFormatsSource implements RestoreSource {

	private static final Logger logger = LoggerFactory.getLogger(ReplicaFormatsSource.class);

	private final ObjectStore store;

	private final RestoreSource v03;

	private final LtxSource ltx;

	ReplicaFormatsSource(ObjectStore store) {
		this.store = store;
		this.v03 = new V03Replica(store);
		this.ltx = new LtxSource(store);
	}

	@Override
	public ReplicaCatalogue catalogue(RestoreTarget target) throws IOException {
		CompressionLibrary.load(); // while the store is waited for
		if (target.txid() != null) {
			ReplicaCatalogue files = this.ltx.catalogue(target);
			boolean holdsNone = files.plan(target, Set.of()) instanceof NoBackup;
			return (holdsNone && this.v03.holdsBackupAfterAll()) ? new WithoutTransactions(files) : files;
		}
		List<String> names = (target.generation() == null) ? this.store.directories("") : List.of();
		if (this.ltx.mayHoldFiles(names) && !names.contains(ReplicaLayout.GENERATIONS)) {
			return this.ltx.catalogue(target, names);
		}
		ReplicaCatalogue segments = this.v03.catalogue(target);
		if (!this.ltx.mayHoldFiles(names)) {
			return segments;
		}
		Both both = both(segments, target);
		if (both.isReallyBoth()) {
			logger.info("{} holds {}: {} is taken", this.store.url(), both.describe(), both.isLtx() ? "LTX" : "v0.3");
		}
		return both.isLtx() ? both.files() : segments;
	}

	/**
	 * Compares the newest states of a replica that may hold both formats.
	 * @return which one is newer, and when each ends
	 * @throws IOException if the store cannot be read
	 */
	Both both() throws IOException {
		return both(this.v03.catalogue(RestoreTarget.latest()), RestoreTarget.latest());
	}

	private Both both(ReplicaCatalogue segments, RestoreTarget target) throws IOException {
		ReplicaCatalogue files = this.ltx.catalogue(target);
		PlanOutcome ofFiles = files.plan(target, Set.of());
		PlanOutcome ofSegments = segments.plan(target, Set.of());
		boolean hasFiles = !(ofFiles instanceof NoBackup);
		boolean hasSegments = !(ofSegments instanceof NoBackup);
		if (!hasFiles || !hasSegments) {
			return new Both(files, hasFiles, hasSegments, null, null);
		}
		return new Both(files, true, true, time(this.ltx, ofFiles), time(this.v03, ofSegments));
	}

	/**
	 * A backup in the format of v0.3, of which a transaction is wanted.
	 *
	 * @param files what there is in LTX, which is nothing
	 */
	private record WithoutTransactions(ReplicaCatalogue files) implements ReplicaCatalogue {

		@Override
		public PlanOutcome plan(RestoreTarget target, Set<StoredObject> unusable) {
			return new NoSuchState(
					"The replica is in format v3, which has no transaction numbers: give a timestamp, or a generation and an index");
		}

		@Override
		public RestoreContent open(RestorePlan plan, RestoreReading reading) throws IOException {
			return this.files.open(plan, reading);
		}

	}

	/**
	 * A replica that was moved from one format to another.
	 *
	 * @param files what there is in LTX
	 * @param hasFiles whether that is anything
	 * @param hasSegments whether there is a backup in the format of v0.3
	 * @param filesEnd when the newest state in LTX was committed; null if not both have
	 * one
	 * @param segmentsEnd when that in the format of v0.3 was
	 */
	record Both(ReplicaCatalogue files, boolean hasFiles, boolean hasSegments, @Nullable Instant filesEnd,
			@Nullable Instant segmentsEnd) {

		boolean isReallyBoth() {
			return this.hasFiles && this.hasSegments;
		}

		/** Whether LTX is newer, or all there is. */
		boolean isLtx() {
			if (!isReallyBoth()) {
				return this.hasFiles;
			}
			return this.filesEnd != null && (this.segmentsEnd == null || this.filesEnd.isAfter(this.segmentsEnd));
		}

		String describe() {
			return "backups in two formats, of which the newer one counts: that in LTX, of Litestream v0.5, ends %s, that in the format of v0.3 %s"
				.formatted(ReplicaFormatsSource.describe(this.filesEnd),
						ReplicaFormatsSource.describe(this.segmentsEnd));
		}

	}

	/** Null where there is no state of the target. */
	private static @Nullable Instant time(RestoreSource source, PlanOutcome outcome) throws IOException {
		if (outcome instanceof Planned planned) {
			return source.newestCommit(planned.plan());
		}
		return (outcome instanceof Gap gap) ? gap.createdAt() : null;
	}

	private static String describe(@Nullable Instant end) {
		return (end != null) ? "at " + end : "without a state that fits";
	}

	@Override
	public boolean planned(RestorePlan plan) {
		return this.ltx.planned(plan) || this.v03.planned(plan);
	}

	@Override
	public Instant newestCommit(RestorePlan plan) throws IOException {
		return this.ltx.planned(plan) ? this.ltx.newestCommit(plan) : this.v03.newestCommit(plan);
	}

	@Override
	public boolean holdsBackupAfterAll() throws IOException {
		return this.v03.holdsBackupAfterAll() || this.ltx.holdsBackupAfterAll();
	}

}
