package org.litestream4j.format.ltx;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What may be deleted so that every state since a time stays restorable. What only states
 * before the window's first whole file need, goes. So do single transactions that a
 * higher level has, once they are old enough for readers to have seen them; but not
 * fences, whose numbers are those that an owner who sleeps would use next. The newest
 * file of each level always stays, and of level 0 all from the newest on that changes
 * anything: whoever goes on looks at these. Pure.
 *
 * @param snapshots to delete, oldest first
 * @param files of other levels to delete afterwards, oldest first
 */
record LtxRetention(List<LtxFile> snapshots, List<LtxFile> files) {

	LtxRetention {
		snapshots = List.copyOf(snapshots);
		files = List.copyOf(files);
	}

	/**
	 * Plans.
	 * @param known all of the replica
	 * @param keepSince the beginning of the window; what was stored by then counts as
	 * older. {@link Instant#MIN} deletes nothing
	 * @param keepSingles how long single transactions stay that a higher level has, from
	 * when they were stored to when the newest file was
	 */
	static LtxRetention of(LtxKnown known, Instant keepSince, Duration keepSingles) {
		Instant newest = known.all().stream().map(LtxFile::storedAt).max(Instant::compareTo).orElse(null);
		if (keepSince.equals(Instant.MIN) || newest == null) {
			return new LtxRetention(List.of(), List.of());
		}
		Instant singlesSince = newest.minus(keepSingles);
		long base = known.whole()
			.stream()
			.filter((file) -> !file.storedAt().isAfter(keepSince))
			.mapToLong(LtxFile::maxTxid)
			.max()
			.orElse(0);
		List<LtxFile> snapshots = new ArrayList<>();
		List<LtxFile> files = new ArrayList<>();
		for (int level = LtxFile.SNAPSHOTS; level >= 0; level--) {
			List<LtxFile> there = known.level(level);
			int kept = (level == 0) ? newestThatChanges(there) : there.size() - 1;
			for (LtxFile file : there.subList(0, Math.max(kept, 0))) {
				// The base itself holds the state that it ends with
				boolean before = file.isWhole() ? file.maxTxid() < base : file.maxTxid() <= base;
				boolean single = level == 0 && !file.isFence() && isElsewhere(known, file, singlesSince);
				if (before || single) {
					((level == LtxFile.SNAPSHOTS) ? snapshots : files).add(file);
				}
			}
		}
		return new LtxRetention(snapshots, files);
	}

	private static int newestThatChanges(List<LtxFile> there) {
		int newest = there.size() - 1;
		while (newest > 0 && there.get(newest).isFence()) {
			newest--;
		}
		return newest;
	}

	/**
	 * Whether a higher level has had a transaction for long enough. Not how old it is
	 * itself counts: those that are needed to reach a younger one in the same file stay.
	 */
	private static boolean isElsewhere(LtxKnown known, LtxFile single, Instant since) {
		for (int level = 1; level < LtxFile.SNAPSHOTS; level++) {
			if (known.level(level)
				.stream()
				.anyMatch((file) -> file.minTxid() <= single.minTxid() && file.maxTxid() >= single.maxTxid()
						&& !file.storedAt().isAfter(since))) {
				return true;
			}
		}
		return false;
	}

	boolean isEmpty() {
		return this.snapshots.isEmpty() && this.files.isEmpty();
	}

}
