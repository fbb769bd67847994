package org.litestream4j.format.ltx;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

/**
 * A way from one state to a later one. What can be applied to a state can be applied to
 * each later one up to its own end: so the cheapest way to where a file ends goes over
 * the cheapest of the states that it can be applied to, and a state is forgotten once a
 * later one costs no more. Pure.
 *
 * @param file the last file; null at the beginning
 * @param before the way to the state that this is applied to; null at the beginning
 * @param bytes that all of it takes
 */
record LtxWay(@Nullable LtxFile file, @Nullable LtxWay before, long bytes) {

	/**
	 * Finds the way that takes the fewest bytes.
	 * @param files of a replica
	 * @param from the transaction of the first state
	 * @param to the transaction of the second state
	 * @return the files by ascending transactions; empty if both are one state
	 * @throws IllegalArgumentException if there is no way
	 */
	static List<LtxFile> cheapest(Collection<LtxFile> files, long from, long to) {
		TreeMap<Long, LtxWay> ways = new TreeMap<>(); // whoever is later costs more
		ways.put(from, new LtxWay(null, null, 0));
		List<LtxFile> sorted = files.stream()
			.filter((file) -> file.maxTxid() > from && file.maxTxid() <= to)
			.sorted(Comparator.comparingLong(LtxFile::maxTxid))
			.toList();
		int next = 0;
		while (next < sorted.size()) {
			long end = sorted.get(next).maxTxid();
			LtxWay best = null;
			for (; next < sorted.size() && sorted.get(next).maxTxid() == end; next++) {
				LtxWay way = over(ways, sorted.get(next));
				best = (way != null && (best == null || way.bytes() < best.bytes())) ? way : best;
			}
			if (best != null) {
				while (!ways.isEmpty() && ways.lastEntry().getValue().bytes() >= best.bytes()) {
					ways.pollLastEntry();
				}
				ways.put(end, best);
			}
		}
		LtxWay there = ways.get(to);
		if (there == null) {
			throw new IllegalArgumentException("nothing leads from transaction %d to %d".formatted(from, to));
		}
		return there.files();
	}

	private static @Nullable LtxWay over(TreeMap<Long, LtxWay> ways, LtxFile file) {
		Map.Entry<Long, LtxWay> base = ways.ceilingEntry(file.minTxid() - 1);
		return (base == null) ? null
				: new LtxWay(file, base.getValue(), base.getValue().bytes() + Math.max(file.size(), 1));
	}

	private List<LtxFile> files() {
		Deque<LtxFile> files = new ArrayDeque<>();
		for (LtxWay way = this; way != null && way.file() != null; way = way.before()) {
			files.addFirst(way.file());
		}
		return List.copyOf(files);
	}

}
