package org.litestream4j.lease;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.litestream4j.lease.Exploration.Result;
import org.litestream4j.lease.Explorer.Bounds;
import org.litestream4j.lease.Explorer.Fault;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every interleaving of runs that share a replica, over the decision code itself.
 * {@link OneWriterIT} tries more of them.
 */
class OneWriterTests {

	/** Two runs, two commits each, one of which begins a generation. */
	private static final Bounds BOUNDS = new Bounds(1, 2, List.of(1, 0), 0, 0, 0);

	/** Each deletes once what it need not keep. */
	private static final Bounds RETENTION = new Bounds(1, 1, List.of(1, 1), 0, 0, 1);

	/** Both begin one. */
	private static final List<Integer> EACH = List.of(1, 1);

	@Test
	void everyInterleavingRestoresOneHistoryWithAllThatWasAcknowledged() {
		assertThat(tried(new Bounds(1, 2, EACH, 0, 0, 0), Set.of())).satisfies((result) -> {
			assertThat(result.violation()).isNull();
			assertThat(result.states()).isGreaterThan(500_000);
		});
	}

	@Test
	void requestsThatAreMadeTwiceRestoreOneHistory() {
		assertThat(tried(new Bounds(1, 1, EACH, 1, 0, 0), Set.of()).violation()).isNull();
	}

	@Test
	void ownersThatSayThatTheyAreAliveRestoreOneHistory() {
		assertThat(tried(new Bounds(1, 1, EACH, 0, 1, 0), Set.of()).violation()).isNull();
	}

	@Test
	void ownersThatDeleteFencesRestoreOneHistory() {
		assertThat(tried(RETENTION, Set.of()).violation()).isNull();
	}

	@ParameterizedTest
	@EnumSource
	void ruleThatIsLeftOutIsCaught(Fault fault) {
		assertThat(tried((fault == Fault.LOOK_AFTER_STORING) ? RETENTION : BOUNDS, EnumSet.of(fault)).violation())
			.isNotNull();
	}

	static Result tried(Bounds bounds, Set<Fault> faults) {
		long begun = System.nanoTime();
		Result result = new Explorer(bounds, faults).run();
		System.out.printf("%s without %s: %,d states in %.1f s, %s%n", bounds, faults, result.states(),
				(System.nanoTime() - begun) / 1e9, (result.violation() != null) ? "broken" : "whole");
		return result;
	}

}
