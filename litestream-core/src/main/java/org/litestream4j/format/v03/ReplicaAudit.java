package org.litestream4j.format.v03;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.StoredObjects.Known;
import org.litestream4j.format.v03.StoredObjects.Tally;
import org.litestream4j.replication.AuditFinding.Foreign;
import org.litestream4j.replication.AuditFinding.ForeignGeneration;
import org.litestream4j.replication.AuditFinding.Lost;
import org.litestream4j.replication.AuditFinding.Overtaken;
import org.litestream4j.replication.AuditFinding;

/**
 * Holds a listing against what is known to be stored. Pure. A listing may lag: what it
 * lacks counts as lost only if the next one, some time later, lacks it as well.
 */
final class ReplicaAudit {

	private final ListedObjects listing;

	private final Known before;

	private final Known after;

	private final WalPosition reached;

	private final boolean shipping;

	private final Generation generation;

	private final boolean fencing;

	private final Authors authors;

	/** Objects beyond the position, of which only the first is asked who stored it. */
	private int beyond;

	private final List<AuditFinding> findings = new ArrayList<>();

	private ReplicaAudit(ListedObjects listing, Known before, Known after, WalPosition reached, boolean shipping,
			boolean fencing, Authors authors) {
		this.fencing = fencing;
		this.authors = authors;
		this.listing = listing;
		this.before = before;
		this.after = after;
		this.reached = reached;
		this.shipping = shipping;
		this.generation = reached.generation();
	}

	/**
	 * Audits.
	 * @param listing what is there
	 * @param before what was known before it was read: all of that must be there
	 * @param after what was known afterwards, of the same generation: nothing else may be
	 * there
	 * @param reached the replica's position, afterwards
	 * @param shipping whether the next segment may just be being stored
	 * @return what is wrong, the worst not first; nothing if all is well
	 */
	static List<AuditFinding> of(ListedObjects listing, Known before, Known after, WalPosition reached,
			boolean shipping) {
		return of(listing, before, after, reached, shipping, false, (segment) -> null);
	}

	/**
	 * Audits.
	 * @param fencing whether this engine never replaces what others have stored
	 * @param authors the run that has stored a segment, for messages; null if that cannot
	 * be told
	 */
	static List<AuditFinding> of(ListedObjects listing, Known before, Known after, WalPosition reached,
			boolean shipping, boolean fencing, Authors authors) {
		return new ReplicaAudit(listing, before, after, reached, shipping, fencing, authors).run();
	}

	/** Tells who has stored what. */
	@FunctionalInterface
	interface Authors {

		@Nullable String runOf(WalSegment segment);

	}

	private List<AuditFinding> run() {
		checkSnapshots();
		checkSegments();
		checkBeginnings();
		checkGenerations();
		return List.copyOf(this.findings);
	}

	private void checkSnapshots() {
		Map<Integer, Snapshot> listed = new TreeMap<>();
		this.listing.snapshots(this.generation).forEach((snapshot) -> listed.put(snapshot.index(), snapshot));
		this.before.snapshots().forEach((index, size) -> {
			Snapshot found = listed.get(index);
			String name = ReplicaLayout.snapshotName(this.generation, index);
			if (found == null) {
				lost(index, false, "the snapshot %s is missing".formatted(name));
			}
			else if (found.size() != size && !isSize(this.after.snapshots().get(index), found.size())) {
				lost(index, false, differs(name, size, found.size()));
			}
		});
		int oldest = this.before.snapshots().isEmpty() ? Integer.MAX_VALUE : this.before.snapshots().firstKey();
		for (Snapshot snapshot : listed.values()) {
			// One may be there before its store has answered, or without any answer
			boolean ours = this.after.snapshots().containsKey(snapshot.index())
					|| this.after.sentSnapshots().contains(snapshot.index());
			if (snapshot.index() > oldest && !ours && !isBeingTaken(snapshot)) {
				this.findings.add(new Foreign("it holds the snapshot %s, which this application did not write"
					.formatted(ReplicaLayout.nameOf(snapshot))));
			}
		}
	}

	private boolean isBeingTaken(Snapshot snapshot) {
		return snapshot.index() >= this.before.snapshots().lastKey() && snapshot.index() <= this.reached.index() + 1;
	}

	private void checkSegments() {
		Map<Integer, Tally> tallies = new TreeMap<>();
		Map<Long, Long> awaited = new TreeMap<>(this.before.recent());
		long newest = this.before.newestKey();
		for (WalSegment segment : this.listing.segments(this.generation)) {
			long key = StoredObjects.key(segment);
			Long expected = awaited.remove(key);
			if (expected != null) {
				checkSize(segment, expected);
			}
			else if (key > newest) {
				checkNew(segment);
			}
			else if (segment.index() >= this.before.lowestIndex()) {
				tallies.put(segment.index(),
						tallies.getOrDefault(segment.index(), Tally.NONE).with(key, segment.size()));
			}
		}
		awaited.keySet()
			.forEach((key) -> lost(StoredObjects.index(key), true,
					"the WAL segment %s is missing".formatted(ReplicaLayout
						.segmentName(new WalPosition(this.generation, StoredObjects.index(key), key & 0xffff_ffffL)))));
		checkTallies(tallies);
	}

	private void checkSize(WalSegment segment, long expected) {
		boolean same = segment.size() == expected
				|| isSize(this.after.recent().get(StoredObjects.key(segment)), segment.size());
		if (!same) {
			lost(segment.index(), true, differs(ReplicaLayout.nameOf(segment), expected, segment.size()));
		}
	}

	/** What was stored while the listing was read is before the position by now. */
	private void checkNew(WalSegment segment) {
		long end = StoredObjects.key(this.reached.index(), this.reached.offset());
		long key = StoredObjects.key(segment);
		boolean next = this.shipping && (key == end || key == StoredObjects.key(this.reached.index() + 1, 0));
		if (key >= end && !next) {
			String run = (this.beyond++ == 0) ? this.authors.runOf(segment) : null;
			String describe = "it holds the WAL segment %s, which %s, beyond position %s".formatted(
					ReplicaLayout.nameOf(segment), (run != null) ? "run " + run + " has stored and not this application"
							: "this application did not write",
					this.reached);
			this.findings.add(this.fencing ? new Overtaken(describe) : new Foreign(describe));
		}
	}

	private void checkTallies(Map<Integer, Tally> listed) {
		this.before.older().forEach((index, known) -> {
			Tally found = listed.getOrDefault(index, Tally.NONE);
			if (found.count() < known.count()) {
				lost(index, true, "%d of %d segments of WAL index %08x are missing"
					.formatted(known.count() - found.count(), known.count(), index));
			}
			else if (found.count() > known.count()) {
				foreignSegments(index, found.count() - known.count());
			}
			else if (found.sum() != known.sum()) {
				lost(index, true, "not all segments of WAL index %08x have the size that was stored".formatted(index));
			}
		});
		listed.forEach((index, found) -> {
			if (!this.before.older().containsKey(index)) {
				foreignSegments(index, found.count());
			}
		});
	}

	private void foreignSegments(int index, int count) {
		this.findings.add(new Foreign("it holds %d segment(s) of WAL index %08x that this application did not write"
			.formatted(count, index)));
	}

	/**
	 * From the newest snapshot on each index must begin at its beginning, and none may be
	 * left out, whatever is known.
	 */
	private void checkBeginnings() {
		int newest = this.listing.newestSnapshot(this.generation);
		if (newest < 0) {
			return;
		}
		int index = newest - 1;
		for (WalSegment segment : this.listing.segments(this.generation)) {
			if (segment.index() <= index || segment.index() > this.reached.index()) {
				continue;
			}
			for (int left = index + 1; left < segment.index(); left++) {
				lost(left, true, "WAL index %08x is missing".formatted(left));
			}
			if (segment.offset() != 0) {
				lost(segment.index(), true, "the beginning of WAL index %08x is missing".formatted(segment.index()));
			}
			index = segment.index();
		}
	}

	private void checkGenerations() {
		Map<Generation, Instant> times = this.listing.newestTimes();
		Instant ours = times.get(this.generation);
		times.forEach((other, newest) -> {
			if (!this.after.own().contains(other)) {
				boolean newer = ours != null && newest.isAfter(ours);
				if (newer || hasGrown(other, newest)) {
					this.findings.add(new ForeignGeneration(other, newer));
				}
			}
		});
	}

	private boolean hasGrown(Generation other, Instant newest) {
		Map<Generation, Instant> seen = this.before.others();
		if (seen == null) {
			return false; // older ones are there from the start
		}
		Instant last = seen.get(other);
		return last == null || newest.isAfter(last);
	}

	private void lost(int index, boolean wal, String describe) {
		this.findings.add(new Lost(index, wal, describe));
	}

	private static boolean isSize(@Nullable Long known, long size) {
		return known != null && known == size;
	}

	private static String differs(String name, long stored, long listed) {
		return "%s has %d bytes, %d were stored".formatted(name, listed, stored);
	}

}
