package org.litestream4j.live;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.api.Test;

import org.litestream4j.testing.Seeds;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Numbering}, against files that are renamed one by one.
 */
class NumberingTests {

	@Test
	void indexesAreTheNumbersOfTheirFilesWhereNothingWasMoved() {
		assertThat(Numbering.PLAIN.index(7)).isEqualTo(7);
		assertThat(Numbering.PLAIN.number(7)).isEqualTo(7);
		assertThat(Numbering.PLAIN.firstIndex()).isZero();
	}

	@Test
	void numbersThatWereSkippedAreNobodys() {
		Numbering moved = Numbering.PLAIN.moved(5, 3, 0);
		assertThat(moved.number(4)).isEqualTo(4);
		assertThat(List.of(5, 6, 7)).allSatisfy((index) -> assertThat(moved.number(index)).isEqualTo(-1));
		assertThat(moved.number(8)).isEqualTo(5);
		assertThat(moved.indexAfter(4)).isEqualTo(8);
		assertThat(moved.numberFrom(6)).isEqualTo(5);
	}

	@Test
	void movesOfWhatIsGoneAreNotToldApart() {
		Numbering numbering = Numbering.PLAIN;
		for (int run = 0; run < 1000; run++) {
			int oldest = Math.toIntExact(numbering.index(run / 10));
			numbering = numbering.moved(oldest, 2, oldest);
		}
		assertThat(numbering.moves()).hasSize(1);
		assertThat(numbering.index(99)).isEqualTo(99 + 2000);
	}

	static List<Long> seeds() {
		return Seeds.some(20);
	}

	@ParameterizedTest(name = "-Dtest.seed={0}")
	@MethodSource("seeds")
	void filesHaveTheIndexesThatRenamingThemWouldHaveGiven(long seed) {
		Random random = new Random(seed);
		int begin = random.nextInt(3);
		Numbering numbering = new Numbering(begin, List.of());
		// By number, the index that its file would be named by
		TreeMap<Integer, Integer> renamed = new TreeMap<>();
		renamed.put(begin, begin);
		for (int step = 0; step < 60; step++) {
			int newest = renamed.lastEntry().getValue();
			switch (random.nextInt(4)) {
				case 0 -> renamed.pollFirstEntry();
				case 1 -> {
					int from = random.nextInt(newest + 2);
					int by = 1 + random.nextInt(5);
					numbering = numbering.moved(from, by, renamed.firstEntry().getValue());
					renamed.replaceAll((number, index) -> (index >= from) ? index + by : index);
					// One for each file and the next, as moves of what is gone are not
					// told apart
					assertThat(numbering.moves()).hasSizeLessThanOrEqualTo(renamed.size() + 1);
				}
				default -> {
					// Read first: it may follow a gap
					long next = numbering.indexAfter(newest);
					assertThat(next).isGreaterThan(newest);
					renamed.put(renamed.lastKey() + 1, (int) next);
				}
			}
			if (renamed.isEmpty()) {
				return;
			}
			for (Map.Entry<Integer, Integer> file : renamed.entrySet()) {
				int number = file.getKey();
				int index = file.getValue();
				assertThat(numbering.index(number)).as("file %d", number).isEqualTo(index);
				assertThat(numbering.number(index)).as("index %d", index).isEqualTo(number);
			}
		}
	}

}
