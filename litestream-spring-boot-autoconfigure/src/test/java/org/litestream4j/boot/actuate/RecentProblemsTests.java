package org.litestream4j.boot.actuate;

import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

import org.litestream4j.observe.LitestreamListener.Problem;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RecentProblems}.
 */
class RecentProblemsTests {

	private static final RecentProblems.Key KEY = RecentProblems.Key.of("app", "file", Problem.NOT_RESTORABLE);

	/** Overflows, as the real one may. */
	private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);

	private final RecentProblems problems = new RecentProblems(this.now::get);

	private void pass(long nanos) {
		this.now.addAndGet(nanos);
	}

	@Test
	void problemIsShownUntilItIsSolvedHoweverLongThatTakes() {
		assertThat(this.problems.contains(KEY)).isFalse();
		this.problems.found(KEY, "a segment is missing");
		pass(100 * RecentProblems.SHOWN.toNanos());
		assertThat(this.problems.contains(KEY)).isTrue();
		assertThat(this.problems.solvedLately()).isEmpty();
		this.problems.solved(KEY);
		assertThat(this.problems.contains(KEY)).isFalse();
		assertThat(this.problems.solvedLately()).isEmpty();
	}

	@Test
	void problemThatIsSolvedAtOnceIsShownForAWhile() {
		this.problems.found(KEY, "a segment is missing");
		this.problems.solved(KEY);
		pass(RecentProblems.SHOWN.toNanos() - 1);
		assertThat(this.problems.contains(KEY)).isTrue();
		assertThat(this.problems.solvedLately()).singleElement()
			.asString()
			.startsWith("replica 'file' of database 'app': a segment is missing (mended by now");
		pass(1);
		assertThat(this.problems.contains(KEY)).isFalse();
		assertThat(this.problems.solvedLately()).isEmpty();
	}

	@Test
	void databaseThatIsGoneHasNoProblem() {
		this.problems.found(KEY, "a segment is missing");
		this.problems.found(RecentProblems.Key.of("other", null, Problem.DATABASE_FILE_REPLACED), "it was deleted");
		this.problems.remove("app");
		assertThat(this.problems.contains(KEY)).isFalse();
		this.problems.solved(RecentProblems.Key.of("other", null, Problem.DATABASE_FILE_REPLACED));
		assertThat(this.problems.solvedLately()).singleElement().asString().startsWith("database 'other': it was");
	}

}
