package org.litestream4j.format.ltx;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;

import org.litestream4j.testing.Seeds;

import static org.assertj.core.api.Assertions.assertThat;

/** What is read, compacted and deleted, as listings tell. */
class LtxPlansTests {

	private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");

	private static LtxFile file(int level, long min, long max, long minutes, long size) {
		return new LtxFile(level, min, max, size, T0.plus(Duration.ofMinutes(minutes)), null);
	}

	private static LtxFile file(int level, long min, long max) {
		return file(level, min, max, max, 1000);
	}

	private static LtxKnown known(LtxFile... files) {
		LtxKnown known = new LtxKnown();
		List.of(files).forEach(known::stored);
		return known;
	}

	private static List<String> names(List<LtxFile> files) {
		return files.stream()
			.map((file) -> "%d/%d-%d".formatted(file.level(), file.minTxid(), file.maxTxid()))
			.toList();
	}

	@Test
	void chainTakesWhatReachesFarthestWhateverItsLevel() {
		LtxKnown known = known(file(9, 1, 1), file(0, 1, 1), file(1, 1, 4), file(0, 4, 4), file(0, 5, 5), file(2, 1, 8),
				file(1, 5, 8), file(0, 9, 9), file(0, 10, 10));
		LtxChain chain = LtxChain.towards(known.all(), Long.MAX_VALUE);
		assertThat(names(chain.files())).containsExactly("2/1-8", "0/9-9", "0/10-10");
		assertThat(chain.reached()).isEqualTo(10);
		assertThat(names(LtxChain.towards(known.all(), 5).files())).containsExactly("1/1-4", "0/5-5");
		assertThat(names(LtxChain.towards(known.all(), 9).files())).containsExactly("2/1-8", "0/9-9");
	}

	@Test
	void chainEndsAtAGapAndOverlapsIfNeedBe() {
		assertThat(LtxChain.towards(known(file(0, 2, 2)).all(), 5).reached()).isZero();
		LtxKnown gap = known(file(9, 1, 3), file(0, 4, 4), file(0, 6, 6));
		assertThat(LtxChain.towards(gap.all(), 6).reached()).isEqualTo(4);
		gap.stored(file(1, 2, 6));
		assertThat(names(LtxChain.towards(gap.all(), 6).files())).containsExactly("9/1-3", "1/2-6");
	}

	/** Held against trying everything. */
	@Test
	void chainIsFoundIfThereIsOne() {
		long seed = Seeds.some(1).get(0);
		Random random = new Random(seed);
		for (int round = 0; round < 300; round++) {
			LtxKnown known = new LtxKnown();
			for (int i = 0; i < 12; i++) {
				long min = 1L + random.nextInt(10);
				known.stored(file(random.nextInt(4), min, min + random.nextInt(4)));
			}
			boolean[] reachable = new boolean[20];
			reachable[0] = true;
			for (boolean changed = true; changed;) {
				changed = false;
				for (LtxFile file : known.all()) {
					for (int from = (int) file.minTxid() - 1; from < file.maxTxid(); from++) {
						if (reachable[from] && !reachable[(int) file.maxTxid()]) {
							reachable[(int) file.maxTxid()] = true;
							changed = true;
						}
					}
				}
			}
			for (int target = 1; target < 15; target++) {
				long farthest = 0;
				for (int txid = 1; txid <= target; txid++) {
					farthest = reachable[txid] ? txid : farthest;
				}
				assertThat(LtxChain.towards(known.all(), target).reached()).as("seed %d", seed).isEqualTo(farthest);
			}
		}
	}

	@Test
	void compactionTakesEverythingOfTheLevelBelowSinceTheLastOne() {
		LtxKnown known = known(file(0, 1, 1), file(0, 2, 2), file(0, 3, 3));
		LtxCompaction first = LtxCompaction.next(known, 1).orElseThrow();
		assertThat(names(first.sources())).containsExactly("0/1-1", "0/2-2", "0/3-3");
		assertThat(names(List.of(first.target()))).containsExactly("1/1-3");
		known.stored(file(1, 1, 3));
		assertThat(LtxCompaction.next(known, 1)).isEmpty();
		known.stored(file(0, 4, 4));
		assertThat(names(LtxCompaction.next(known, 1).orElseThrow().sources())).containsExactly("0/4-4");
		assertThat(names(LtxCompaction.next(known, 2).orElseThrow().sources())).containsExactly("1/1-3");
	}

	@Test
	void compactionEndsAtAGapAndGoesOnBehindIt() {
		LtxKnown known = known(file(0, 4, 4), file(0, 5, 5), file(0, 7, 7));
		assertThat(names(List.of(LtxCompaction.next(known, 1).orElseThrow().target()))).containsExactly("1/4-5");
		known.stored(file(1, 4, 5));
		assertThat(names(List.of(LtxCompaction.next(known, 1).orElseThrow().target()))).containsExactly("1/7-7");
	}

	@Test
	void compactionIsNotLargerThanWhatCanBeReadAtOnce() {
		LtxKnown known = new LtxKnown();
		for (int txid = 1; txid <= 1000; txid++) {
			known.stored(file(0, txid, txid));
		}
		int rounds = 0;
		for (; LtxCompaction.next(known, 1).isPresent(); rounds++) {
			known.stored(LtxCompaction.next(known, 1).orElseThrow().target());
		}
		assertThat(rounds).isEqualTo(4);
		assertThat(LtxChain.towards(known.level(1), Long.MAX_VALUE).reached()).isEqualTo(1000);
	}

	@Test
	void compactionLeavesOutOnHigherLevelsWhatASnapshotHoldsAsWell() {
		LtxKnown known = known(file(9, 1, 1, 1, 500_000), file(0, 1, 1, 1, 500_000), file(0, 2, 2));
		assertThat(names(LtxCompaction.next(known, 1).orElseThrow().sources())).as("level 1 has no gap")
			.containsExactly("0/1-1", "0/2-2");
		known.stored(file(1, 1, 1, 1, 500_000));
		known.stored(file(1, 2, 9));
		assertThat(names(LtxCompaction.next(known, 2).orElseThrow().sources())).containsExactly("1/2-9");
	}

	@Test
	void retentionKeepsEveryStateOfItsWindow() {
		LtxKnown known = known(file(9, 1, 10), file(9, 1, 20), file(9, 1, 30), file(1, 1, 9), file(1, 10, 20),
				file(1, 21, 25), file(1, 26, 30), file(0, 29, 29), file(0, 30, 30));
		LtxRetention plan = LtxRetention.of(known, T0.plus(Duration.ofMinutes(24)), Duration.ofHours(1));
		assertThat(names(plan.snapshots())).containsExactly("9/1-10");
		assertThat(names(plan.files())).containsExactly("1/1-9", "1/10-20");
		assertThat(LtxRetention.of(known, T0.plus(Duration.ofMinutes(9)), Duration.ofHours(1)).isEmpty())
			.as("no snapshot is old enough")
			.isTrue();
		assertThat(LtxRetention.of(known, Instant.MIN, Duration.ZERO).isEmpty()).as("everything is kept").isTrue();
	}

	@Test
	void retentionDeletesSinglesThatAHigherLevelHasOnceTheyAreOld() {
		LtxKnown known = known(file(9, 1, 1), file(0, 1, 1), file(0, 2, 2), file(0, 3, 3), file(0, 100, 100),
				file(1, 1, 2, 3, 1000), file(0, 101, 101, 101, LtxEnd.EMPTY_FILE));
		LtxRetention plan = LtxRetention.of(known, T0, Duration.ofMinutes(60));
		assertThat(names(plan.files())).containsExactly("0/1-1", "0/2-2");
		known.stored(file(1, 3, 101, 101, 1000));
		assertThat(names(LtxRetention.of(known, T0, Duration.ZERO).files()))
			.as("the newest that changes anything, and what follows, stays")
			.containsExactly("0/1-1", "0/2-2", "0/3-3");
	}

	/** An owner who sleeps would use its number next, and must find it taken. */
	@Test
	void retentionKeepsFencesUntilTheirStatesAreOld() {
		LtxFile fence = file(0, 3, 3, 3, LtxEnd.EMPTY_FILE);
		LtxKnown known = known(file(9, 1, 1), file(0, 1, 1), file(0, 2, 2), fence, file(0, 4, 4), file(0, 5, 5),
				file(1, 1, 5));
		LtxRetention plan = LtxRetention.of(known, T0, Duration.ZERO);
		assertThat(names(plan.files())).containsExactly("0/1-1", "0/2-2", "0/4-4");
		known.deleted(plan.files());
		assertThat(LtxListing.holesOfSingles(known.all())).isEmpty();
		assertThat(known.all()).noneMatch(new LtxListing(known.all(), null)::isCutOff);
		known.stored(file(9, 1, 5, 6, 1000));
		known.stored(file(0, 6, 6));
		assertThat(names(LtxRetention.of(known, T0.plus(Duration.ofMinutes(6)), Duration.ZERO).files()))
			.contains("0/3-3");
	}

	@Test
	void gapAfterAFenceIsAHoleUnlessFilesOfHigherLevelsHaveIt() {
		LtxFile fence = file(0, 3, 3, 3, LtxEnd.EMPTY_FILE);
		List<LtxFile> files = List.of(file(0, 1, 1), file(0, 2, 2), fence, file(0, 6, 6), file(1, 1, 4));
		assertThat(LtxListing.holesOfSingles(files)).containsExactly(new LtxListing.Hole(4, 5));
	}

	@Test
	void lateFenceDoesNotCountWhereAHigherLevelHasItsNumber() {
		LtxFile fence = file(0, 4, 4, 9, LtxEnd.EMPTY_FILE);
		assertThat(LtxChain.towards(List.of(file(9, 1, 3), file(1, 2, 4), fence, file(0, 5, 5)), 5).files())
			.doesNotContain(fence);
	}

	/** Whatever is kept of any replica, all states of the window are still made. */
	@Test
	void retentionLeavesNothingUnrestorableThatWasRestorable() {
		long seed = Seeds.some(1).get(0);
		Random random = new Random(seed);
		for (int round = 0; round < 200; round++) {
			LtxKnown known = new LtxKnown();
			long newest = 0;
			for (int minute = 0; minute < 60; minute++) {
				newest++;
				known.stored(file(0, newest, newest, minute, 1000));
				for (int level = 1; level <= 3; level++) {
					if (random.nextInt(1 << (level + 1)) == 0) {
						int at = minute;
						LtxCompaction.next(known, level)
							.ifPresent((next) -> known.stored(
									file(next.level(), next.target().minTxid(), next.target().maxTxid(), at, 1000)));
					}
				}
				if (minute == 0 || random.nextInt(12) == 0) {
					known.stored(file(9, 1, newest, minute, 5000));
				}
			}
			int since = random.nextInt(60);
			LtxRetention plan = LtxRetention.of(known, T0.plus(Duration.ofMinutes(since)), Duration.ofMinutes(15));
			List<LtxFile> left = new ArrayList<>(known.all());
			left.removeAll(plan.snapshots());
			left.removeAll(plan.files());
			for (long txid = 1; txid <= newest; txid++) {
				boolean young = txid > newest - 14;
				boolean compacted = left.contains(file(0, txid, txid, txid - 1, 1000));
				if (txid > since + 1 && (young || compacted)) {
					assertThat(LtxChain.towards(left, txid).reached()).as("seed %d, since %d", seed, since)
						.isEqualTo(txid);
				}
			}
		}
	}

}
