package org.litestream4j.format.v03;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Generation;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.Writer;
import org.litestream4j.format.v03.StoredObjects.Known;
import org.litestream4j.live.DatabaseView;
import org.litestream4j.live.ShadowWal;
import org.litestream4j.replication.AuditFinding;
import org.litestream4j.replication.Cure;
import org.litestream4j.replication.ReplicaLog;
import org.litestream4j.replication.SentSegment;
import org.litestream4j.store.ObjectStore;

/**
 * Segments and snapshots of one replica, and what is known to be stored of them.
 */
final class V03Log implements ReplicaLog {

	private static final Logger logger = LoggerFactory.getLogger(V03Log.class);

	private final StoredObjects stored = new StoredObjects();

	/** For what is looked at only: not what is known to be stored. */
	private final V03Replica client;

	/** For shipping: what it lists and stores is known. */
	private final V03Replica shipping;

	private final ShadowWal shadow;

	/** Whether what was stored last was kept from replacing anything. */
	private volatile boolean fencing;

	/** As it was listed; null once something was appended. */
	@Nullable private volatile Standing listed;

	V03Log(ObjectStore store, ShadowWal shadow) {
		this.client = new V03Replica(store);
		this.shipping = new V03Replica(store, this.stored);
		this.shadow = shadow;
	}

	@Override
	public Standing resume(WalPosition local, @Nullable SentSegment acknowledged) throws IOException {
		Standing found = new ReplicaResume(this.shipping, this.shadow).find(local, acknowledged);
		this.listed = found;
		return found;
	}

	/**
	 * Until something is appended the replica ends where it was listed, however many
	 * indexes without a commit follow here.
	 */
	@Override
	public Optional<ReplicaPosition> restorableAs(WalPosition position) {
		Standing found = this.listed;
		boolean same = found != null && found.position().generation().equals(position.generation());
		if (found == null || !same || position.offset() > 0 || found.position().isAfter(position)) {
			return Optional.of(position);
		}
		WalPosition end = found.position();
		return Optional.of((end.offset() > 0) ? end : new WalPosition(end.generation(), found.bridgeFrom(), 0));
	}

	@Override
	public long cut(WalPosition from, long available) throws IOException {
		return SegmentSource.next(this.shadow, from, available).end();
	}

	@Override
	public long append(SentSegment piece, @Nullable Writer writer) throws IOException {
		SegmentSource source = new SegmentSource(this.shadow, piece.start(), piece.end());
		ObjectNote note = by(writer, new ObjectNote(piece.committedAt(), null));
		this.listed = null;
		return this.shipping
			.writeWalSegment(piece.start(), note, (out) -> source.writeTo(out, this.shipping.codec(), note))
			.size();
	}

	@Override
	public void bridge(Generation generation, int from, int to, @Nullable Writer writer) throws IOException {
		new FenceWriter(this.shipping).bridge(generation, from, to, by(writer, new ObjectNote(null, null)));
	}

	@Override
	public Snapshot snapshot(DatabaseView view, SnapshotWatch watch, @Nullable Writer writer) throws IOException {
		Generation generation = view.position().generation();
		this.stored.sendingSnapshot(generation, view.snapshotIndex());
		ObjectNote note = by(writer, noteOf(view));
		return this.shipping.writeSnapshot(generation, view.snapshotIndex(), note, (out) -> {
			try (OutputStream encoded = this.shipping.codec().encode(out, note, view.size())) {
				view.writeTo(watch.watch(encoded));
			}
			watch.requireStillWanted();
		});
	}

	/** Every object names the run that stores it: numbers of indexes mean its own. */
	private ObjectNote by(@Nullable Writer writer, ObjectNote note) {
		this.fencing = writer != null;
		if (writer != null) {
			return note.by(writer);
		}
		String run = this.shadow.run();
		return (run != null) ? note.by(run) : note;
	}

	/** A snapshot of the index after the WAL's holds nothing of its own index. */
	private static ObjectNote noteOf(DatabaseView view) {
		WalPosition position = view.position();
		return new ObjectNote(view.committedAt(),
				(view.snapshotIndex() == position.index()) ? (Long) position.offset() : (Long) 0L);
	}

	@Override
	public boolean holdsNothingOf(Generation generation) throws IOException {
		return this.client.snapshots(generation).isEmpty() && this.client.walSegments(generation).isEmpty();
	}

	@Override
	public @Nullable Generation generation() {
		return this.stored.generation();
	}

	@Override
	public Audit audit() throws IOException {
		Known before = this.stored.known();
		ListedObjects listing = ListedObjects.read(this.client);
		return new ListingAudit(before, listing, this.stored.known());
	}

	/** Who has stored a segment, for a message: that it cannot be read matters less. */
	@Nullable private String runOf(WalSegment segment) {
		try {
			return this.client.note(segment).map(ObjectNote::run).orElse(null);
		}
		catch (IOException ex) {
			logger.debug("Who wrote {} cannot be told", ReplicaLayout.nameOf(segment), ex);
			return null;
		}
	}

	/** A listing, and what was known before and after it was read. */
	private final class ListingAudit implements Audit {

		private final Known before;

		private final ListedObjects listing;

		private final Known after;

		ListingAudit(Known before, ListedObjects listing, Known after) {
			this.before = before;
			this.listing = listing;
			this.after = after;
		}

		@Override
		public List<AuditFinding> findings(WalPosition reached, boolean next) {
			return ReplicaAudit.of(this.listing, this.before, this.after, reached, next, V03Log.this.fencing,
					V03Log.this::runOf);
		}

		@Override
		public Cure cure(List<AuditFinding> findings, Generation current) {
			return CureChoice.of(findings, this.listing, current);
		}

		@Override
		public boolean isNewestStateLost(List<AuditFinding> findings, Generation current) {
			return CureChoice.isNewestStateLost(findings, this.listing, current);
		}

		@Override
		public void accept() {
			V03Log.this.stored.accept(this.before, this.listing);
		}

		@Override
		public Pruned prune(Generation current, Instant keepSince) throws IOException {
			RetentionPlan plan = RetentionPlan.of(current, this.listing.snapshots(), this.listing.segments(),
					keepSince);
			if (!plan.isEmpty()) {
				V03Log.this.stored.forget(plan);
				V03Log.this.client.deleteSnapshots(plan.snapshots());
				V03Log.this.client.deleteWalSegments(plan.segments());
			}
			return new Pruned(plan.snapshots().size(), plan.segments().size());
		}

	}

}
