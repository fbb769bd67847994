package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.Replica;
import org.litestream4j.boot.actuate.LitestreamReport.GenerationEntry;
import org.litestream4j.boot.actuate.LitestreamReport.SegmentEntry;
import org.litestream4j.boot.actuate.LitestreamReport.Segments;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link SegmentPages} and {@link ReplicaListings}.
 */
class SegmentPagesTests {

	private static final Instant T = Instant.parse("2026-11-26T12:00:00Z");

	private static final Generation OLD = new Generation("ffffffffffffffff");

	private static final Generation NEW = new Generation("0000000000000001");

	private static final Generation NEVER_SNAPSHOT = new Generation("8888888888888888");

	/** Times that contradict the positions, as after a copy of the replica. */
	private final MemoryReplica first = new MemoryReplica().snapshot(OLD, 0, T)
		.segment(OLD, 0, 0, T.plusSeconds(9000))
		.segment(NEVER_SNAPSHOT, 0, 0, T.plusSeconds(50))
		.snapshot(NEW, 0, T.plusSeconds(100))
		.segment(NEW, 0, 0, T.plusSeconds(103))
		.segment(NEW, 1, 0, T.plusSeconds(101))
		.segment(NEW, 0, 4152, T.plusSeconds(102));

	private final MemoryReplica second = new MemoryReplica().snapshot(NEW, 0, T.plusSeconds(90))
		.segment(NEW, 1, 0, T.plusSeconds(95))
		.segment(NEW, 0, 0, T.plusSeconds(94));

	private final List<Replica> replicas = List.of(this.first.named("a"), this.second.named("b"));

	private static final List<String> ORDER = List.of("a 0000000000000001/00000001:00000000",
			"b 0000000000000001/00000001:00000000", "a 0000000000000001/00000000:00001038",
			"a 0000000000000001/00000000:00000000", "b 0000000000000001/00000000:00000000",
			"a 8888888888888888/00000000:00000000", "a ffffffffffffffff/00000000:00000000");

	private static String describe(SegmentEntry entry) {
		return entry.replica() + " "
				+ new WalPosition(new Generation(entry.generation()), entry.index(), entry.offset());
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 3, 4, 5, 6, 7, 8, 1000 })
	void pagesOfAnySizeGiveEverySegmentOnceNewestFirst(int limit) throws IOException {
		List<String> seen = new ArrayList<>();
		@Nullable WalPosition before = null;
		do {
			Segments page = SegmentPages.page(this.replicas, limit, before);
			assertThat(page.segments()).hasSizeLessThanOrEqualTo(Math.max(limit, 2));
			page.segments().forEach((entry) -> seen.add(describe(entry)));
			before = (page.next() != null) ? WalPosition.parse(page.next()) : null;
		}
		while (before != null);
		assertThat(seen).containsExactlyElementsOf(ORDER);
	}

	@Test
	void positionThatNoSegmentBeginsAtIsAsGood() throws IOException {
		Segments page = SegmentPages.page(this.replicas, 1, new WalPosition(NEW, 0, 5000));
		assertThat(page.segments()).extracting(SegmentPagesTests::describe).containsExactly(ORDER.get(2));
	}

	@Test
	void generationThatIsGoneIsRefused() {
		assertThatExceptionOfType(EndpointRequestException.class)
			.isThrownBy(() -> SegmentPages.page(this.replicas, 1, new WalPosition(Generation.random(), 0, 0)))
			.withMessageContaining("a position in a generation that a replica of [a, b] holds is expected");
	}

	@Test
	void nothingThereIsAnEmptyPage() throws IOException {
		assertThat(SegmentPages.page(List.of(new MemoryReplica().named("a")), 10, null))
			.isEqualTo(new Segments(List.of(), null));
	}

	@Test
	void generationsAreSummedUpWithoutHoldingTheirSegments() throws IOException {
		assertThat(ReplicaListings.generations(this.replicas).generations()).containsExactly(
				new GenerationEntry("a", OLD.name(), T, T.plusSeconds(9000), 1, 1, 110),
				new GenerationEntry("a", NEVER_SNAPSHOT.name(), T.plusSeconds(50), T.plusSeconds(50), 0, 1, 10),
				new GenerationEntry("b", NEW.name(), T.plusSeconds(90), T.plusSeconds(95), 1, 2, 120),
				new GenerationEntry("a", NEW.name(), T.plusSeconds(100), T.plusSeconds(103), 1, 3, 130));
	}

}
