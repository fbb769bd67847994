package org.litestream4j.replication;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.shadow.ShadowWal;
import org.litestream4j.shadow.WalShadower;

/**
 * One step of shipping: asks the replica where it stands, if that is not known, and
 * stores the segments that follow, one behind the other, as a hole in a generation makes
 * everything after it worthless. Runs on the replica's thread; {@link #lastSyncAt()} may
 * be asked by any.
 */
final class SegmentShipper {

	/** How long a listing is given to catch up. */
	private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

	private final ReplicaClient client;

	private final WalShadower shadower;

	private final ShadowWal shadow;

	private final ReplicaProgress progress;

	private final ReplicaHealth health;

	private final ShippingPace pace;

	private final ReplicaNotes notes;

	/** How far apart the commits of one segment may be, which has one time. */
	private final Duration span;

	private final Clock clock;

	private volatile Runnable positionKnown = () -> {
	};

	private boolean positionFound;

	@Nullable private volatile Instant lastSyncAt;

	SegmentShipper(ReplicaClient client, WalShadower shadower, ReplicaProgress progress, ReplicaHealth health,
			ShippingPace pace, ReplicaNotes notes, Clock clock, Duration span) {
		this.span = span;
		this.notes = notes;
		this.client = client;
		this.shadower = shadower;
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
	 * @throws ReplicaDivergedException if the generation cannot be continued there
	 * @throws IOException if that failed; what was stored is known
	 */
	void step() throws IOException {
		this.progress.stepBegins();
		WalPosition wanted = this.shadow.requirePosition();
		Instant committedAt = this.shadower.lastCommitSeen();
		WalPosition from = this.progress.position();
		if (from == null || !from.generation().equals(wanted.generation())) {
			from = resume(wanted);
		}
		ship(from, wanted, committedAt);
	}

	private WalPosition resume(WalPosition wanted) throws IOException {
		this.progress.listingBegins();
		ReplicaResume.Found found = find(wanted);
		if (found.position().offset() > 0 && wanted.index() == found.position().index()
				&& found.position().isAfter(wanted)) {
			throw new ReplicaDivergedException("it is ahead of the local WAL");
		}
		if (found.position().equals(wanted)) {
			this.health.succeeded(); // else that it can be read proves too little
		}
		this.notes.found(found.newestSegment(), found.position());
		this.progress.found(found.position(), found.newestSnapshot());
		this.positionFound = true;
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
	private ReplicaResume.Found find(WalPosition wanted) throws IOException {
		ReplicaResume resume = new ReplicaResume(this.client, this.shadow);
		SentSegment acknowledged = this.notes.acknowledged(wanted.generation());
		try {
			return resume.find(wanted, acknowledged);
		}
		catch (ReplicaDivergedException ex) {
			this.pace.pause(LOOK_AGAIN);
			return resume.find(wanted, acknowledged);
		}
	}

	private void ship(WalPosition from, WalPosition wanted, Instant committedAt) throws IOException {
		WalPosition at = from;
		while (!this.pace.isStopping() && wanted.isAfter(at)) {
			long end = (at.index() == wanted.index()) ? wanted.offset() : endOf(at);
			if (at.offset() == end) {
				at = new WalPosition(at.generation(), at.index() + 1, 0);
				continue;
			}
			requireNoNewerSnapshot(at);
			SentSegment segment = nextSegment(at, end, committedAt);
			this.notes.sending(segment);
			SegmentSource source = new SegmentSource(this.shadow, at, segment.end());
			WalSegment stored = this.client.writeWalSegment(at, segment.committedAt(), (out) -> {
				new ObjectNote(segment.committedAt(), null).writeTo(out);
				source.writeTo(out);
			});
			this.notes.stored(segment.stored(stored.size()));
			this.lastSyncAt = this.clock.instant();
			this.pace.shipped();
			this.health.succeeded();
			at = segment.position();
			// Only now: who waits for it finds all else in order
			this.progress.reached(at);
		}
		this.progress.reached(at);
	}

	/**
	 * What was sent from here before is sent again as it was: a request that was not
	 * answered can take effect at any time, and would replace a longer segment by a
	 * shorter one, which leaves a hole.
	 */
	private SentSegment nextSegment(WalPosition at, long available, Instant committedAt) throws IOException {
		SentSegment sent = this.notes.sentAt(at);
		if (sent == null) {
			long end = this.shadow.cut(at, SegmentSource.next(this.shadow, at, available).end(), this.span);
			Instant seen = this.shadow.committedAt(at.at(end));
			return SentSegment.unanswered(at, end, (seen != null) ? seen : committedAt);
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
