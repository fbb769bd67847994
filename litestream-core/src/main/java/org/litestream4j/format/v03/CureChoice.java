package org.litestream4j.format.v03;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalSegment;
import org.litestream4j.replication.AuditFinding;
import org.litestream4j.replication.AuditFinding.Foreign;
import org.litestream4j.replication.AuditFinding.ForeignGeneration;
import org.litestream4j.replication.AuditFinding.Lost;
import org.litestream4j.replication.Cure;

/**
 * Chooses what makes a replica restorable again. Pure.
 */
final class CureChoice {

	private CureChoice() {
	}

	/**
	 * Chooses.
	 * @param findings of a listing
	 * @param listing the same one
	 * @param generation the current one
	 */
	static Cure of(List<AuditFinding> findings, ListedObjects listing, Generation generation) {
		if (findings.stream().anyMatch(Foreign.class::isInstance) || !torn(findings, listing, generation).isEmpty()) {
			return new Cure.NewGeneration();
		}
		int whole = newestWhole(findings, listing, generation);
		List<Lost> needed = needed(findings, whole);
		if (!needed.isEmpty()) {
			int damaged = needed.stream().filter(Lost::wal).mapToInt(Lost::index).max().orElse(-1);
			return new Cure.FreshSnapshot(Math.max(damaged, whole));
		}
		boolean passedOver = findings.stream()
			.anyMatch((finding) -> finding instanceof ForeignGeneration foreign && foreign.newest());
		return passedOver ? new Cure.FreshSnapshot(whole) : new Cure.None();
	}

	/** The newest snapshot of which nothing is known to be wrong; -1 if there is none. */
	private static int newestWhole(List<AuditFinding> findings, ListedObjects listing, Generation generation) {
		List<Integer> damaged = lost(findings).stream().filter((lost) -> !lost.wal()).map(Lost::index).toList();
		return listing.snapshots(generation)
			.stream()
			.mapToInt(Snapshot::index)
			.filter((index) -> !damaged.contains(index))
			.max()
			.orElse(-1);
	}

	/** Whether some reader cannot restore the newest state for what is lost. */
	static boolean isNewestStateLost(List<AuditFinding> findings, ListedObjects listing, Generation generation) {
		return !needed(findings, newestWhole(findings, listing, generation)).isEmpty()
				|| !torn(findings, listing, generation).isEmpty();
	}

	/** What is lost of indexes that are there without their beginning. */
	private static List<Lost> torn(List<AuditFinding> findings, ListedObjects listing, Generation generation) {
		Set<Integer> begun = new HashSet<>();
		Set<Integer> listed = new HashSet<>();
		for (WalSegment segment : listing.segments(generation)) {
			listed.add(segment.index());
			if (segment.offset() == 0) {
				begun.add(segment.index());
			}
		}
		return lost(findings).stream()
			.filter((lost) -> lost.wal() && listed.contains(lost.index()) && !begun.contains(lost.index()))
			.toList();
	}

	private static List<Lost> needed(List<AuditFinding> findings, int whole) {
		return lost(findings).stream().filter((lost) -> lost.index() >= whole).toList();
	}

	private static List<Lost> lost(List<AuditFinding> findings) {
		return findings.stream().filter(Lost.class::isInstance).map(Lost.class::cast).toList();
	}

}
