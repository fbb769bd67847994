package org.litestream4j.format.v03;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.format.ObjectCodec;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.restore.DatabaseImage;
import org.litestream4j.restore.DraftException;
import org.litestream4j.restore.FetchException;
import org.litestream4j.restore.ObjectFetcher;
import org.litestream4j.restore.ObjectGoneException;
import org.litestream4j.restore.ObjectPrefetcher;
import org.litestream4j.restore.RestoreContent;
import org.litestream4j.restore.RestoreMeter;
import org.litestream4j.restore.RestoreReading;
import org.litestream4j.restore.RestoreThreads;
import org.litestream4j.restore.SnapshotContent;
import org.litestream4j.restore.UnusableSnapshotException;
import org.litestream4j.store.ArchivedObjectException;
import org.litestream4j.store.ObjectReader;

/**
 * Applies the segments of a plan to its snapshot, and verifies that they make the state
 * that was planned. Not thread-safe.
 */
final class V03Content implements RestoreContent {

	private final V03Plan plan;

	private final ReplicaListing listing;

	private final RestoreMeter meter;

	private final ObjectFetcher fetcher;

	private final ObjectCodec codec;

	private final ObjectCodec.Decoder decoder;

	private final RestoreThreads fetching;

	private final ObjectPrefetcher segments;

	private final SnapshotSource snapshot;

	/** Begins to fetch. */
	V03Content(V03Plan plan, ReplicaListing listing, V03Replica client, RestoreReading reading) throws IOException {
		this.plan = plan;
		this.listing = listing;
		this.meter = reading.meter();
		this.fetcher = new ObjectFetcher(client.store(), new ObjectReader(client.store()), reading.parallelism(),
				reading.sized());
		this.codec = client.codec();
		this.decoder = this.codec.decoder();
		this.fetching = new RestoreThreads(this.fetcher.parallelSmall());
		this.segments = new ObjectPrefetcher(plan.segments().stream().map(V03Replica::object).iterator(), this.fetcher,
				this.fetching, reading.memory());
		try {
			this.snapshot = openSnapshot();
		}
		catch (IOException | RuntimeException ex) {
			endFetching();
			throw ex;
		}
	}

	private SnapshotSource openSnapshot() throws IOException {
		InputStream stored = this.fetcher.openAlone(V03Replica.object(this.plan.snapshot()));
		try {
			return new SnapshotSource(this.plan.snapshot(), this.listing, this.codec, this.meter.measure(stored));
		}
		catch (IOException | RuntimeException ex) {
			stored.close();
			throw ex;
		}
	}

	@Override
	public SnapshotContent snapshot() {
		return this.snapshot;
	}

	@Override
	public WalPosition applyTo(DatabaseImage image) throws IOException {
		WalApplier applier = new WalApplier(image, this.snapshot.pageSize(), this.plan.segments());
		Optional<Long> held = this.snapshot.heldOffset();
		WalSegment last = null;
		boolean cut = false;
		for (WalSegment segment : this.plan.segments()) {
			if (cut) {
				break; // it overlaps what lies after the wanted offset
			}
			if (!applier.follows(segment)) {
				WalPosition expected = applier.position();
				throw missing((expected != null) ? expected : segment.start().at(0));
			}
			Long endOffset = isOfLastIndex(segment) ? this.plan.endOffset() : null;
			try (InputStream stored = this.segments.next(this.meter)) {
				PushbackInputStream begin = new PushbackInputStream(stored, Encrypted.LOOK);
				Encrypted.refuse(ReplicaLayout.nameOf(segment), begin);
				cut = applier.apply(segment, this.decoder.decode(begin), endOffset);
			}
			catch (FetchException | ObjectGoneException | DraftException | RestoreException ex) {
				throw ex;
			}
			catch (IOException ex) {
				String what = (ex instanceof ArchivedObjectException) ? "cannot be read" : "is damaged";
				throw new RestoreException(Kind.DAMAGED,
						"The WAL segment %s %s (%s): %s".formatted(ReplicaLayout.nameOf(segment), what, ex.getMessage(),
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
		List<WalSegment> beyond = this.listing.of(snapshot.generation())
			.from(snapshot)
			.stream()
			.filter((segment) -> segment.index() == snapshot.index() && segment.offset() >= end.offset())
			.toList();
		boolean all = !cut && beyond.isEmpty();
		boolean less = held.isPresent() ? held.get() > end.offset()
				: !all && (this.listing.isOutOfTime(snapshot) || isAnyStoredBefore(snapshot, beyond));
		if (less && all && end.offset() > 0) {
			throw missing(end);
		}
		if (less && !all) {
			throw new UnusableSnapshotException(Kind.NO_SUCH_STATE, V03Replica.object(snapshot),
					"%s cannot be restored: the snapshot %s may be newer".formatted(end,
							ReplicaLayout.nameOf(snapshot)),
					null);
		}
	}

	/** What looks like a fence to the planner may be the smallest of segments. */
	private static boolean isAnyStoredBefore(Snapshot snapshot, List<WalSegment> segments) {
		return segments.stream().anyMatch((segment) -> !segment.createdAt().isAfter(snapshot.createdAt()));
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
			// the snapshot may hold what the segment holds after the wanted offset
			throw new UnusableSnapshotException(Kind.NO_SUCH_STATE, V03Replica.object(snapshot),
					"%s cannot be restored: the snapshot %s may be newer".formatted(end,
							ReplicaLayout.nameOf(snapshot)),
					null);
		}
	}

	private void endFetching() {
		this.segments.close();
		this.fetching.close();
	}

	@Override
	public void close() throws IOException {
		try {
			this.snapshot.close();
		}
		finally {
			endFetching();
		}
	}

}
