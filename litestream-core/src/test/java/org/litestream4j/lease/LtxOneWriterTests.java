package org.litestream4j.lease;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import org.litestream4j.lease.Exploration.Result;
import org.litestream4j.lease.LtxExplorer.Bounds;
import org.litestream4j.lease.LtxExplorer.Fault;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every interleaving of runs that share a replica in the LTX format, over the decision
 * code itself. With {@code -Dtest.exhaustive=true} 3,960,063 states more.
 */
class LtxOneWriterTests {

	private static final List<Integer> NONE = List.of(0, 0);

	/** Each run may look again where the replica ends. */
	private static final Bounds LISTINGS = new Bounds(1, List.of(1, 1), NONE, 1, NONE);

	/** The first one begins a generation after another. */
	private static final Bounds GENERATIONS = new Bounds(1, List.of(1, 1), List.of(2, 0), 0, NONE);

	/** The second one compacts what is there, and deletes what it may. */
	private static final Bounds LATE_WRITER = new Bounds(1, List.of(1, 1), NONE, 0, List.of(0, 1));

	/** The first one compacts and deletes while the second one is about to fence. */
	private static final Bounds LATE_FENCE = new Bounds(1, List.of(2, 0), NONE, 0, List.of(1, 0));

	static Stream<Bounds> bounds() {
		Stream<Bounds> bounds = Stream.of(LISTINGS, GENERATIONS, LATE_WRITER, LATE_FENCE,
				new Bounds(1, List.of(2, 1), List.of(1, 0), 0, NONE),
				new Bounds(1, List.of(2, 1), NONE, 1, List.of(1, 1)));
		Stream<Bounds> more = Stream.of(new Bounds(1, List.of(2, 2), List.of(1, 1), 1, NONE));
		return Boolean.getBoolean("test.exhaustive") ? Stream.concat(bounds, more) : bounds;
	}

	@ParameterizedTest
	@MethodSource("bounds")
	void everyInterleavingRestoresOneHistoryWithAllThatWasAcknowledged(Bounds bounds) {
		assertThat(tried(bounds, Set.of()).violation()).isNull();
	}

	@ParameterizedTest
	@EnumSource
	void ruleThatIsLeftOutIsCaught(Fault fault) {
		Bounds bounds = switch (fault) {
			case KEEP_FENCES -> LATE_WRITER;
			case LIST_AFTER_FENCE -> LATE_FENCE;
			case ONE_LOG -> GENERATIONS;
			default -> LISTINGS;
		};
		assertThat(tried(bounds, EnumSet.of(fault)).violation()).isNotNull();
	}

	static Result tried(Bounds bounds, Set<Fault> faults) {
		long begun = System.nanoTime();
		Result result = new LtxExplorer(bounds, faults).run();
		System.out.printf("%s without %s: %,d states in %.1f s, %s%n", bounds, faults, result.states(),
				(System.nanoTime() - begun) / 1e9, (result.violation() != null) ? "broken" : "whole");
		return result;
	}

}
