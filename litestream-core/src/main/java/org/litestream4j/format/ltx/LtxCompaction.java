package org.litestream4j.format.ltx;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What one file of a level is made of: everything of the level below since the last one.
 * Level 1 has no gaps, as readers of Litestream v0.5 follow it file by file. Higher ones
 * leave out what a snapshot holds as well. Pure.
 *
 * @param sources by transactions, each continuing the one before
 * @param level of the file that is made of them
 */
record LtxCompaction(List<LtxFile> sources, int level) {

	/** So many are read side by side at most. */
	static final int MOST = 256;

	LtxCompaction {
		sources = List.copyOf(sources);
	}

	/**
	 * Plans the next one.
	 * @param known all of the replica
	 * @param level from 1 to below {@link LtxFile#SNAPSHOTS}
	 * @return empty if there is nothing to do
	 */
	static Optional<LtxCompaction> next(LtxKnown known, int level) {
		long reached = known.level(level).stream().mapToLong(LtxFile::maxTxid).max().orElse(0);
		List<LtxFile> snapshots = known.level(LtxFile.SNAPSHOTS);
		List<LtxFile> sources = new ArrayList<>();
		long expected = 0;
		for (LtxFile file : known.level(level - 1)) {
			if (file.maxTxid() <= reached) {
				continue;
			}
			boolean follows = sources.isEmpty() || (file.minTxid() == expected && sources.size() < MOST);
			if (!follows || (level > 1 && isReplaced(file, snapshots))) {
				if (sources.isEmpty()) {
					continue; // the snapshot stands for it
				}
				break;
			}
			sources.add(file);
			expected = file.maxTxid() + 1;
		}
		return sources.isEmpty() ? Optional.empty() : Optional.of(new LtxCompaction(sources, level));
	}

	/**
	 * Whether a file is as good as the snapshot that ends with it, as it holds about as
	 * much: nobody needs it copied from level to level.
	 */
	private static boolean isReplaced(LtxFile file, List<LtxFile> snapshots) {
		return snapshots.stream()
			.anyMatch((snapshot) -> snapshot.maxTxid() == file.maxTxid() && file.size() * 2 >= snapshot.size());
	}

	/** The same of no more than the first sources. */
	LtxCompaction ofFirst(int count) {
		return new LtxCompaction(this.sources.subList(0, count), this.level);
	}

	/** What it makes. */
	LtxFile target() {
		return LtxFile.named(this.level, this.sources.get(0).minTxid(),
				this.sources.get(this.sources.size() - 1).maxTxid());
	}

}
