package org.litestream4j.lease;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.litestream4j.lease.Explorer.Bounds;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * As {@link OneWriterTests}, with more runs that do more: several million states each.
 * With {@code -Dtest.exhaustive=true} three more of that size, and three runs each of
 * which may begin a generation: 55,428,861 states, for which a heap of 6 GB is needed.
 */
class OneWriterIT {

	static Stream<Bounds> bounds() {
		Stream<Bounds> bounds = Stream.of(new Bounds(2, 1, List.of(0, 0), 0, 0, 1),
				new Bounds(1, 1, List.of(0, 0, 0), 0, 0, 1));
		Stream<Bounds> more = Stream.of(new Bounds(2, 1, List.of(1, 0), 0, 0, 0),
				new Bounds(1, 2, List.of(0, 0, 0), 0, 0, 0), new Bounds(1, 2, List.of(1, 1), 0, 0, 1),
				new Bounds(1, 1, List.of(1, 1, 1), 0, 0, 0));
		return Boolean.getBoolean("test.exhaustive") ? Stream.concat(bounds, more) : bounds;
	}

	@ParameterizedTest
	@MethodSource("bounds")
	void everyInterleavingRestoresOneHistoryWithAllThatWasAcknowledged(Bounds bounds) {
		assertThat(OneWriterTests.tried(bounds, Set.of()).violation()).isNull();
	}

}
