package org.litestream4j.restore;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.io.Disk;
import org.litestream4j.replica.ArchivedObjectException;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.restore.RestoreException.Kind;

/**
 * Carries out one plan: everything is written to a draft, which is published only once
 * all of it was verified. Not thread-safe.
 */
final class RestoreRun {

	private static final Logger logger = LoggerFactory.getLogger(Restorer.class);

	private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

	private final RestorePlan plan;

	private final ReplicaListing listing;

	private final RestoreOptions options;

	private final RestoreMeter meter;

	private final ObjectFetcher fetcher;

	private final ObjectDecoder decoder;

	private final RestoreMemory memory = RestoreMemory.ofThisProcess();

	/** What the state must lie behind, if it shall replace one that cannot be had. */
	@Nullable private final WalPosition beyond;

	RestoreRun(RestorePlan plan, ReplicaListing listing, ReplicaClient client, RestoreOptions options,
			RestoreMeter meter, @Nullable WalPosition beyond, boolean sized) throws IOException {
		this.plan = plan;
		this.listing = listing;
		this.options = options;
		this.meter = meter;
		this.beyond = beyond;
		this.fetcher = new ObjectFetcher(client, options.parallelism(), FIRST_PAUSE, sized);
		this.decoder = new ObjectDecoder();
	}

	RestoredFile run(Disk disk, RestoreOutput output) throws IOException {
		RestoreSpace space = RestoreSpace.of(output.directory());
		space.require(this.plan.snapshot().size());
		try (RestoreDraft draft = RestoreDraft.create(disk, output);
				RestoreThreads fetching = new RestoreThreads(this.fetcher.parallelSmall());
				RestoreThreads helpers = new RestoreThreads(2)) {
			WalPosition position;
			@Nullable String sha256;
			try (SegmentPrefetcher segments = new SegmentPrefetcher(this.plan.segments(), this.fetcher, fetching,
					this.memory.segments()); SnapshotSource snapshot = openSnapshot()) {
				DatabaseImage image = new DatabaseImage(snapshot, draft.file(), space, this.memory.pages(), this.meter);
				if (this.options.parallelism() == 1) {
					image.settle(); // no segment can be read while the snapshot is open
				}
				position = applySegments(segments, new WalApplier(image, snapshot.pageSize(), this.plan.segments()),
						snapshot.heldOffset());
				sha256 = image.finish(this.options.checksum());
			}
			long bytes = draft.file().size();
			sha256 = verify(draft, sha256, helpers);
			this.meter.checkCancelled();
			draft.publish(output);
			return new RestoredFile(position, this.plan.createdAt(), bytes, sha256, this.meter.elapsed(),
					this.plan.segments().size());
		}
	}

	private SnapshotSource openSnapshot() throws IOException {
		InputStream stored = this.fetcher.open(this.plan.snapshot());
		try {
			return new SnapshotSource(this.plan.snapshot(), this.listing, this.meter.measure(stored));
		}
		catch (IOException | RuntimeException ex) {
			stored.close();
			throw ex;
		}
	}

	private WalPosition applySegments(SegmentPrefetcher segments, WalApplier applier, Optional<Long> held)
			throws IOException {
		WalSegment last = null;
		boolean cut = false;
		for (WalSegment segment : this.plan.segments()) {
			if (cut) {
				break; // it overlaps what lies behind the wanted offset
			}
			if (!applier.follows(segment)) {
				WalPosition expected = applier.position();
				throw missing((expected != null) ? expected : segment.start().at(0));
			}
			Long endOffset = isOfLastIndex(segment) ? this.plan.endOffset() : null;
			try (InputStream stored = segments.next(this.meter)) {
				PushbackInputStream begin = new PushbackInputStream(stored, Encrypted.LOOK);
				Encrypted.refuse(segment.objectName(), begin);
				cut = applier.apply(segment, this.decoder.decode(begin), endOffset);
			}
			catch (FetchException | ObjectGoneException | DraftException | RestoreException ex) {
				throw ex;
			}
			catch (IOException ex) {
				String what = (ex instanceof ArchivedObjectException) ? "cannot be read" : "is damaged";
				throw new RestoreException(Kind.DAMAGED,
						"The WAL segment %s %s (%s): %s".formatted(segment.objectName(), what, ex.getMessage(),
								this.listing.describeRest(segment.start(), (snapshot) -> false)),
						ex);
			}
			this.meter.advance(segment.size());
			last = segment;
		}
		applier.finishIndex();
		requireEnd(applier, last, cut, held);
		WalPosition end = applier.position();
		requireAllThatTheSnapshotHolds((end != null) ? end : this.plan.lastStart(), cut, held);
		if (end == null) {
			end = this.plan.lastStart().at(held.orElse(0L));
		}
		requireNotOlder(end);
		return end;
	}

	private boolean isOfLastIndex(WalSegment segment) {
		return segment.index() == this.plan.lastStart().index();
	}

	private RestoreException missing(WalPosition start) {
		return new RestoreException(Kind.DAMAGED,
				RestorePlanner.missing(start, this.listing.describeRest(start, (snapshot) -> false)));
	}

	/**
	 * A snapshot already holds some of the WAL of its own index. With less than that laid
	 * over it, old pages would replace newer ones: a state that never was. So either all
	 * of it is applied, or nothing of that index. Where the snapshot does not say how
	 * much it holds, times tell, unless these are out of order.
	 * @param end where the WAL ends that was applied
	 * @param cut whether its last segment has more
	 * @param held how much the snapshot holds, if that is known
	 */
	private void requireAllThatTheSnapshotHolds(WalPosition end, boolean cut, Optional<Long> held)
			throws RestoreException {
		Snapshot snapshot = this.plan.snapshot();
		if (end.index() > snapshot.index()) {
			return;
		}
		boolean all = !cut && this.listing.of(snapshot.generation())
			.from(snapshot)
			.stream()
			.noneMatch((segment) -> segment.index() == snapshot.index() && segment.offset() >= end.offset());
		boolean less = held.isPresent() ? held.get() > end.offset() : !all && this.listing.isOutOfTime(snapshot);
		if (less && all && end.offset() > 0) {
			throw missing(end);
		}
		if (less && !all) {
			throw new UnusableSnapshotException(Kind.NO_SUCH_STATE, snapshot,
					"%s cannot be restored: the snapshot %s may be newer".formatted(end, snapshot.objectName()), null);
		}
	}

	private void requireNotOlder(WalPosition end) throws RestoreException {
		if (this.beyond != null && !end.isAfter(this.beyond)) {
			throw new RestoreException(Kind.NO_SUCH_STATE,
					"The newest state is that of %s, which is older than what was wanted".formatted(end));
		}
	}

	/** Requires that the wanted offset was reached exactly, where one was given. */
	private void requireEnd(WalApplier applier, @Nullable WalSegment last, boolean cut, Optional<Long> held)
			throws RestoreException {
		Long wanted = this.plan.endOffset();
		if (wanted == null) {
			return;
		}
		WalPosition end = applier.position();
		if (end == null || end.offset() != wanted || !applier.isCommitted()) {
			throw new RestoreException(Kind.NO_SUCH_STATE,
					(end != null && end.offset() < wanted)
							? "Offset %d is not in the replica: its WAL ends at %s".formatted(wanted, end)
							: "No transaction ends at offset %d of %s: a transaction's end is expected"
								.formatted(wanted, this.plan.lastStart()));
		}
		Snapshot snapshot = this.plan.snapshot();
		if (held.isEmpty() && cut && last != null && last.index() == snapshot.index()
				&& !last.createdAt().isAfter(snapshot.createdAt())) {
			// the snapshot may hold what the segment holds behind the wanted offset
			throw new UnusableSnapshotException(Kind.NO_SUCH_STATE, snapshot,
					"%s cannot be restored: the snapshot %s may be newer".formatted(end, snapshot.objectName()), null);
		}
	}

	private void requireSound(IntegrityResult result) throws RestoreException {
		Optional<String> refusal = IntegrityChecker.refusal(result, this.options.integrityCheck());
		if (refusal.isPresent()) {
			throw new RestoreException(Kind.CHECK_FAILED, refusal.get());
		}
		if (result instanceof IntegrityResult.Unchecked unchecked) {
			logger.warn("The restored database could not be checked by SQLite ({}); its frames and objects were"
					+ " verified", unchecked.reason());
		}
	}

	/**
	 * Slow things that do not depend on each other.
	 * @param known the file's SHA-256, or null if it was not computed yet
	 * @return it, or null if nobody asked
	 */
	private @Nullable String verify(RestoreDraft draft, @Nullable String known, RestoreThreads helpers)
			throws IOException {
		Path path = draft.path();
		Future<Path> forced = helpers.submit(() -> {
			draft.force();
			return path;
		});
		boolean missing = known == null && this.options.checksum();
		Future<String> sha256 = missing ? helpers.submit(() -> Sha256.of(path)) : CompletableFuture.completedFuture("");
		requireSound(new IntegrityChecker(this.meter).check(path, this.options.integrityCheck()));
		RestoreThreads.await(forced, this.meter);
		String computed = RestoreThreads.await(sha256, this.meter);
		return missing ? computed : known;
	}

}
