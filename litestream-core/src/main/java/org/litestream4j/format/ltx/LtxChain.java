package org.litestream4j.format.ltx;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * The fewest files, one after the other, that make a state: each continues what those
 * before it reach, whatever its level, and goes on farthest from there. That finds a way
 * if there is one, as what can be used from an earlier transaction on can be used from a
 * later one, too. Pure.
 *
 * @param files by ascending transactions; one may begin before the one before it ends
 * @param reached the transaction that they end with; 0 without files
 */
record LtxChain(List<LtxFile> files, long reached) {

	/** A fence that was stored too late does not count where others hold its number. */
	private static final Comparator<LtxFile> CHEAPEST_LAST = Comparator.comparingLong(LtxFile::maxTxid)
		.thenComparing(LtxFile::isFence, Comparator.reverseOrder())
		.thenComparing(Comparator.comparingLong(LtxFile::size).reversed());

	LtxChain {
		files = List.copyOf(files);
	}

	/**
	 * Finds out how far files lead.
	 * @param all of a replica
	 * @param target no further than that
	 */
	static LtxChain towards(Collection<LtxFile> all, long target) {
		List<LtxFile> sorted = new ArrayList<>(all);
		sorted.sort(LtxFile.BY_TRANSACTIONS);
		List<LtxFile> chosen = new ArrayList<>();
		long reached = 0;
		LtxFile farthest = null;
		int next = 0;
		while (true) {
			for (; next < sorted.size() && sorted.get(next).minTxid() <= reached + 1; next++) {
				LtxFile file = sorted.get(next);
				boolean farther = farthest == null || CHEAPEST_LAST.compare(file, farthest) > 0;
				farthest = (file.maxTxid() <= target && farther) ? file : farthest;
			}
			if (farthest == null || farthest.maxTxid() <= reached) {
				return new LtxChain(chosen, reached);
			}
			chosen.add(farthest);
			reached = farthest.maxTxid();
		}
	}

}
