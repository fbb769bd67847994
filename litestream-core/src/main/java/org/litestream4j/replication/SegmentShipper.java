package org.litestream4j.replication;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.live.ShadowFrames;
import org.litestream4j.live.ShadowWal;
import org.litestream4j.live.WalShadower;
import org.litestream4j.replication.ReplicaHealth.Cause;

/**
 * One step of shipping: asks the replica where it stands, if that is not known, and
 * stores the segments that follow, one after the other, as a hole in a generation makes
 * everything after it worthless. Runs on the replica's thread; {@link #lastSyncAt()} may
 * be asked by any.
 */
final class SegmentShipper {

	/** How long a listing is given to catch up. */
	private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

	private final ReplicaLog log;

	private final ShadowWal shadow;

	private final ReplicaProgress progress;

	private final ReplicaHealth health;

	private final ShippingPace pace;

	private final ReplicaNotes notes;

	/** How far apart the commits of one segment may be, which has one time. */
	private final Duration span;

	private final Clock clock;

	private final StillOwned stillOwned;

	/** The same, whenever the replica was last seen to be this run's. */
	private final StillOwned owned;

	/** Looks whether what was stored counts. */
	@FunctionalInterface
	interface StillOwned {

		/**
		 * Looks.
		 * @throws FencedException if it does not
		 */
		void check() throws IOException;

	}

	private volatile Runnable positionKnown = () -> {
	};

	private boolean positionFound;

	/** How the replica goes on from what it holds, until something is stored after it. */
	private ReplicaLog.@Nullable Standing joint;

	@Nullable private volatile Instant lastSyncAt;

	SegmentShipper(ReplicaLog log, WalShadower shadower, ReplicaProgress progress, ReplicaHealth health,
			ShippingPace pace, ReplicaNotes notes, Clock clock, Duration span, StillOwned stillOwned,
			StillOwned owned) {
		this.stillOwned = stillOwned;
		this.owned = owned;
		this.span = span;
		this.notes = notes;
		this.log = log;
		this.shadow = shadower.shadowWal();
		this.progress = progress;
		this.health = health;
		this.pace = pace;
		this.clock = clock;
	}

	/** Sets what is run when the replica's listing was read. */
	void whenPositionKnown(Runnable action) {
		this.positionKnown = action;
	}

	@Nullable Instant lastSyncAt() {
		return this.lastSyncAt;
	}

	/**
	 * Brings the replica to where the shadow WAL is now; less far if it is time to end.
	 * @param writer who writes; null if nobody is kept out
	 * @throws FencedException if somebody else writes there
	 * @throws ReplicaDivergedException if the generation cannot be continued there
	 * @throws IOException if that failed; what was stored is known
	 */
	void step(@Nullable Writer writer) throws IOException {
		this.progress.stepBegins();
		if (this.log.isBeginning()) {
			return; // what comes first is no piece, and says itself how far it reaches
		}
		WalPosition wanted = this.shadow.requirePosition();
		WalPosition from = this.progress.position();
		if (from == null || !from.generation().equals(wanted.generation())) {
			from = resume(wanted);
		}
		if (!this.log.isToBegin()) {
			ship(from, wanted, writer);
		}
	}

	private WalPosition resume(WalPosition wanted) throws IOException {
		this.progress.listingBegins();
		this.joint = null;
		ReplicaLog.Standing found = find(wanted);
		if (this.log.goesOnWhereListed()) {
			this.owned.check();
		}
		if (found.position().offset() > 0 && wanted.index() == found.position().index()
				&& found.position().isAfter(wanted)) {
			throw new ReplicaDivergedException("it is ahead of the local WAL");
		}
		if (found.position().equals(wanted)) {
			// Else that it can be read proves too little
			this.health.succeeded(Cause.SHIPPING);
		}
		this.notes.found(found.newestSegment(), found.position());
		this.progress.found(found.position(), found.newestSnapshot());
		this.positionFound = true;
		this.joint = found;
		return found.position();
	}

	/** Runs what waits for the listing, if it was read since this was last called. */
	void tellIfPositionFound() {
		if (this.positionFound) {
			this.positionFound = false;
			this.positionKnown.run();
		}
	}

	/** A listing may lag, so one that lacks something is read twice. */
	private ReplicaLog.Standing find(WalPosition wanted) throws IOException {
		SentSegment acknowledged = this.notes.acknowledged(wanted.generation());
		try {
			return this.log.resume(wanted, acknowledged);
		}
		catch (ReplicaDivergedException ex) {
			this.pace.pause(LOOK_AGAIN);
			return this.log.resume(wanted, acknowledged);
		}
	}

	private void ship(WalPosition from, WalPosition wanted, @Nullable Writer writer) throws IOException {
		WalPosition at = from;
		while (!this.pace.isStopping() && !this.log.isToBegin() && wanted.isAfter(at)) {
			long end = (at.index() == wanted.index()) ? wanted.offset() : endOf(at);
			if (at.offset() == end) {
				at = new WalPosition(at.generation(), this.shadow.indexAfter(at.generation(), at.index()), 0);
				continue;
			}
			requireNoNewerSnapshot(at);
			join(at, writer);
			SentSegment segment = nextSegment(at, end);
			this.notes.sending(segment);
			long bytes = this.log.append(segment, writer);
			this.stillOwned.check();
			this.notes.stored(segment.stored(bytes));
			this.joint = null;
			this.lastSyncAt = this.clock.instant();
			this.pace.shipped();
			this.health.succeeded(Cause.SHIPPING);
			at = segment.position();
			// Only now: who waits for it finds all else in order
			this.progress.reached(at);
		}
		if (!this.log.isToBegin()) {
			this.progress.reached(at);
		}
	}

	/** Leaves no index out between what the replica holds and what follows. */
	private void join(WalPosition at, @Nullable Writer writer) throws IOException {
		ReplicaLog.Standing known = this.joint;
		if (known != null && known.bridgeFrom() < known.position().index()) {
			this.log.bridge(at.generation(), known.bridgeFrom(), known.position().index(), writer);
		}
	}

	/**
	 * How far the next segment must reach: what it repeats of a replica must not be cut,
	 * nor what may still appear there.
	 */
	private long reach(WalPosition at, long available) {
		ReplicaLog.Standing known = this.joint;
		if (known == null || known.reach() == 0 || !known.position().equals(at)) {
			return 0;
		}
		return Math.min(Math.max(known.reach(), this.notes.lateEnd(at.generation())), available);
	}

	/**
	 * What was sent from here before is sent again as it was: a request that was not
	 * answered can take effect at any time, and would replace a longer segment by a
	 * shorter one, which leaves a hole.
	 */
	private SentSegment nextSegment(WalPosition at, long available) throws IOException {
		SentSegment sent = this.notes.sentAt(at);
		if (sent == null) {
			long reach = reach(at, available);
			long end = Math.max(this.log.cut(at, available), reach);
			ShadowFrames frames = LocalCopyException.wrap(at, () -> this.shadow.frames(at, end, reach, this.span));
			return SentSegment.unanswered(at, frames.end(), frames.committedAt());
		}
		if (sent.end() > available) {
			throw new ReplicaDivergedException(
					"it was sent WAL up to %s, which the local disk has lost".formatted(sent.position()));
		}
		return SentSegment.unanswered(at, sent.end(), sent.committedAt());
	}

	private long endOf(WalPosition at) throws IOException {
		try {
			return this.shadow.end(at.generation(), at.index());
		}
		catch (NoSuchFileException ex) {
			throw new ReplicaDivergedException(
					"it stands at WAL index %08x, of which no local copy exists".formatted(at.index()));
		}
	}

	private void requireNoNewerSnapshot(WalPosition at) throws ReplicaDivergedException {
		Snapshot snapshot = this.progress.newestSnapshot();
		if (snapshot != null && snapshot.generation().equals(at.generation()) && at.index() < snapshot.index()) {
			throw new ReplicaDivergedException(
					"WAL index %08x goes on although a snapshot of the next one exists".formatted(at.index()));
		}
	}

}
