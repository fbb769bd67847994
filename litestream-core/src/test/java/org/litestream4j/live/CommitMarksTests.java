package org.litestream4j.live;

import java.time.Duration;
import java.time.Instant;

import org.junit.jupiter.api.Test;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;

import static org.assertj.core.api.Assertions.assertThat;

class CommitMarksTests {

	private static final Instant ELEVEN = Instant.parse("2026-01-31T11:00:00Z");

	private static final Duration MINUTE = Duration.ofMinutes(1);

	private final Generation generation = Generation.random();

	private final CommitMarks marks = new CommitMarks();

	private WalPosition at(int index, long offset) {
		return new WalPosition(this.generation, index, offset);
	}

	@Test
	void commitHasItsOwnTimeHoweverLateItIsAskedFor() {
		this.marks.add(at(0, 100), ELEVEN);
		this.marks.add(at(0, 200), ELEVEN.plusSeconds(1800));
		this.marks.add(at(1, 100), ELEVEN.plusSeconds(3600));
		assertThat(this.marks.at(at(0, 50))).isEqualTo(ELEVEN);
		assertThat(this.marks.at(at(0, 100))).isEqualTo(ELEVEN);
		assertThat(this.marks.at(at(0, 200))).isEqualTo(ELEVEN.plusSeconds(1800));
		assertThat(this.marks.at(at(1, 100))).isEqualTo(ELEVEN.plusSeconds(3600));
		assertThat(this.marks.at(at(1, 101))).isNull();
	}

	@Test
	void commitsThatAreCloseShareTheTimeOfTheLast() {
		for (int i = 1; i <= 50; i++) {
			this.marks.add(at(0, i), ELEVEN.plusMillis(100L * i));
		}
		for (int i = 1; i <= 50; i++) {
			assertThat(this.marks.at(at(0, i))).isBetween(ELEVEN.plusMillis(100L * i),
					ELEVEN.plusMillis(100L * i + 1000));
		}
	}

	@Test
	void pieceThatMustReachSomewhereEndsAtTheNextCommitThatIsKnown() {
		this.marks.add(at(0, 100), ELEVEN);
		this.marks.add(at(0, 200), ELEVEN.plusSeconds(3600));
		this.marks.add(at(0, 300), ELEVEN.plusSeconds(7200));
		this.marks.add(at(1, 50), ELEVEN.plusSeconds(7200));
		assertThat(this.marks.firstFrom(at(0, 101), 300)).isEqualTo(200);
		assertThat(this.marks.firstFrom(at(0, 200), 300)).isEqualTo(200);
		assertThat(this.marks.firstFrom(at(0, 201), 250)).isEqualTo(250);
		assertThat(this.marks.firstFrom(at(0, 301), 400)).isEqualTo(400);
	}

	@Test
	void pieceIsCutWhereItsCommitsAreTooFarApart() {
		this.marks.add(at(0, 100), ELEVEN);
		this.marks.add(at(0, 200), ELEVEN.plusSeconds(50));
		this.marks.add(at(0, 300), ELEVEN.plusSeconds(70));
		this.marks.add(at(0, 400), ELEVEN.plusSeconds(3600));
		this.marks.add(at(1, 100), ELEVEN.plusSeconds(3600));
		assertThat(this.marks.cut(at(0, 0), 400, MINUTE)).isEqualTo(200);
		assertThat(this.marks.cut(at(0, 200), 400, MINUTE)).isEqualTo(300);
		assertThat(this.marks.cut(at(0, 300), 400, MINUTE)).isEqualTo(400);
		assertThat(this.marks.cut(at(0, 0), 150, MINUTE)).isEqualTo(150);
		assertThat(this.marks.cut(at(0, 0), 350, Duration.ofSeconds(75))).isEqualTo(300);
		assertThat(this.marks.cut(at(0, 400), 500, MINUTE)).isEqualTo(500);
		assertThat(this.marks.cut(at(1, 100), 500, MINUTE)).isEqualTo(500);
	}

	@Test
	void manyCommitsTakeLittleMemoryAndAreNeverDatedBeforeTheyWereMade() {
		for (int i = 1; i <= 50_000; i++) {
			this.marks.add(at(0, i), ELEVEN.plusSeconds(2L * i));
		}
		for (int i = 1; i <= 50_000; i += 7) {
			assertThat(this.marks.at(at(0, i))).isAfterOrEqualTo(ELEVEN.plusSeconds(2L * i));
		}
		assertThat(this.marks.at(at(0, 49_000))).isEqualTo(ELEVEN.plusSeconds(98_000));
		assertThat(this.marks.size()).isLessThanOrEqualTo(4096);
	}

	@Test
	void indexThatIsDeletedIsForgotten() {
		this.marks.add(at(0, 100), ELEVEN);
		this.marks.add(at(1, 100), ELEVEN.plusSeconds(60));
		this.marks.forgetBefore(at(1, 0));
		assertThat(this.marks.size()).isEqualTo(1);
		this.marks.clear();
		assertThat(this.marks.at(at(1, 100))).isNull();
	}

}
