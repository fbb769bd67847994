package org.litestream4j.format.v03;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalSegment;
import org.litestream4j.restore.PlanOutcome.NoSuchState;
import org.litestream4j.restore.PlanOutcome.Planned;
import org.litestream4j.restore.PlanOutcome;
import org.litestream4j.testing.MemoryStore;

import static org.assertj.core.api.Assertions.assertThat;

class CommitTimesTests {

	private static final Generation FIRST = new Generation("1111111111111111");

	private static final Generation SECOND = new Generation("2222222222222222");

	private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

	private static final Instant COPIED = START.plusSeconds(1_000_000);

	/** When the commits were made, by object name; what is not here is not known. */
	private final Map<String, Instant> committed = new HashMap<>();

	private int requests;

	@ParameterizedTest(name = "seed {0}")
	@ValueSource(longs = { 1, 2, 3, 4, 5 })
	void copiedBucketRestoresWhatWasCommittedByATime(long seed) throws IOException {
		Random random = new Random(seed);
		int count = 1 + random.nextInt(6000);
		GenerationListing listing = generation(FIRST, 0, count, COPIED);
		for (int i = 0; i < 20; i++) {
			int last = random.nextInt(count);
			this.requests = 0;
			V03Plan plan = planned(asOf(at(last), listing));
			assertThat(plan.segments()).hasSize(last + 1);
			assertThat(plan.createdAt()).isEqualTo(at(last));
			assertThat(this.requests).isLessThan(30);
		}
	}

	@Test
	void copiedBucketHasNothingBeforeItsFirstSnapshot() throws IOException {
		assertThat(asOf(START.minusSeconds(1), generation(FIRST, 0, 10, COPIED))).isInstanceOf(NoSuchState.class);
	}

	@Test
	void bucketThatWasNotCopiedIsAskedThreeTimesOrNever() throws IOException {
		List<WalSegment> segments = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			WalSegment segment = new WalSegment(FIRST, i, 0, 1, at(i).plusSeconds(1));
			this.committed.put(ReplicaLayout.nameOf(segment), at(i));
			segments.add(segment);
		}
		GenerationListing listing = new GenerationListing(FIRST, List.of(snapshot(FIRST, 0, START, START)), segments);
		assertThat(planned(asOf(at(50).plusMillis(500), listing)).segments()).hasSize(51);
		assertThat(this.requests).isEqualTo(3);
		this.requests = 0;
		assertThat(planned(asOf(COPIED, listing)).segments()).hasSize(100);
		assertThat(planned(plan(RestoreTarget.latest(), listing)).segments()).hasSize(100);
		assertThat(this.requests).isZero();
	}

	@Test
	void timesThatAreCutToSecondsDoNotDecideWithinTheSecond() throws IOException {
		Snapshot snapshot = snapshot(FIRST, 0, START, START);
		GenerationListing listing = new GenerationListing(FIRST, List.of(snapshot),
				List.of(segment(0, 0, START.plusMillis(10), START), segment(0, 100, START.plusMillis(20), START),
						segment(0, 200, START.plusMillis(700), START)));
		assertThat(planned(asOf(START.plusMillis(500), listing)).segments()).hasSize(2);
		assertThat(planned(asOf(START.plusMillis(700), listing)).segments()).hasSize(3);
		assertThat(planned(asOf(START, listing)).segments()).hasSize(3);
	}

	/** As those of files are, which know of no commit. */
	@Test
	void finerTimesAreExact() throws IOException {
		Instant stored = START.plusMillis(300);
		GenerationListing listing = new GenerationListing(FIRST, List.of(new Snapshot(FIRST, 0, 1, stored)),
				List.of(new WalSegment(FIRST, 0, 0, 1, START.plusMillis(200)),
						new WalSegment(FIRST, 0, 100, 1, START.plusMillis(1500))));
		assertThat(planned(asOf(START.plusMillis(800), listing)).segments()).hasSize(1);
		assertThat(planned(asOf(stored, listing)).segments()).hasSize(1);
		assertThat(this.requests).isLessThanOrEqualTo(4);
		assertThat(asOf(stored.minusNanos(1), listing)).isInstanceOf(NoSuchState.class);
	}

	@Test
	void segmentThatWaitedForItsStoreCountsFromItsCommit() throws IOException {
		WalSegment first = new WalSegment(FIRST, 0, 0, 1, START);
		WalSegment late = new WalSegment(FIRST, 1, 0, 1, START.plusSeconds(500));
		this.committed.put(ReplicaLayout.nameOf(late), START.plusSeconds(10));
		GenerationListing listing = new GenerationListing(FIRST, List.of(snapshot(FIRST, 0, START, START)),
				List.of(first, late));
		assertThat(planned(asOf(START.plusSeconds(100), listing)).segments()).containsExactly(first,
				new WalSegment(FIRST, 1, 0, 1, START.plusSeconds(10)));
	}

	@Test
	void snapshotWhoseSegmentsMayBeTooNewIsNotUsed() throws IOException {
		Instant copied = COPIED;
		Snapshot old = snapshot(FIRST, 0, at(0), copied);
		Snapshot risky = snapshot(FIRST, 1, at(5), copied);
		WalSegment before = segment(0, 0, at(0), copied);
		WalSegment upToSnapshot = segment(1, 0, at(5), copied);
		WalSegment acrossTimestamp = segment(1, 100, at(9), copied);
		GenerationListing listing = new GenerationListing(FIRST, List.of(old, risky),
				List.of(before, upToSnapshot, acrossTimestamp));
		// the commit of the snapshot may lie in the segment across the timestamp
		assertThat(planned(asOf(at(7), listing)).snapshot().index()).isZero();
		assertThat(planned(asOf(at(9), listing)).snapshot().index()).isEqualTo(1);
	}

	@Test
	void snapshotWithALaterSegmentInTimeIsUsed() throws IOException {
		Snapshot snapshot = snapshot(FIRST, 0, at(1), COPIED);
		GenerationListing listing = new GenerationListing(FIRST, List.of(snapshot),
				List.of(segment(0, 0, at(1), COPIED), segment(0, 100, at(2), COPIED), segment(0, 200, at(9), COPIED)));
		assertThat(planned(asOf(at(5), listing)).segments()).hasSize(2);
	}

	@Test
	void newestGenerationIsToldByCommitsInACopiedBucket() throws IOException {
		GenerationListing older = generation(FIRST, 0, 5, COPIED.plusSeconds(60));
		GenerationListing newer = generation(SECOND, 100, 5, COPIED);
		assertThat(planned(plan(RestoreTarget.latest(), older, newer)).generation()).isEqualTo(SECOND);
		assertThat(this.requests).isEqualTo(2);
		assertThat(planned(asOf(at(50), older, newer)).generation()).isEqualTo(FIRST);
		assertThat(planned(asOf(at(102), older, newer)).generation()).isEqualTo(SECOND);
	}

	/** As a bucket keeps times, which are whole seconds. */
	@Test
	void newestGenerationIsToldByCommitsWithinOneSecond() throws IOException {
		for (List<Generation> order : List.of(List.of(FIRST, SECOND), List.of(SECOND, FIRST))) {
			GenerationListing older = oneCommit(order.get(0), START.plusMillis(200));
			GenerationListing newer = oneCommit(order.get(1), START.plusMillis(700));
			assertThat(planned(plan(RestoreTarget.latest(), older, newer)).generation()).isEqualTo(order.get(1));
			assertThat(planned(plan(RestoreTarget.latest(), newer, older)).generation()).isEqualTo(order.get(1));
		}
	}

	private GenerationListing oneCommit(Generation generation, Instant committed) {
		WalSegment segment = new WalSegment(generation, 0, 0, 1, START);
		this.committed.put(ReplicaLayout.nameOf(segment), committed);
		return new GenerationListing(generation, List.of(snapshot(generation, 0, START, START)), List.of(segment));
	}

	@Test
	void objectThatIsGoneMeanwhileCountsFromItsCreation() throws IOException {
		GenerationListing listing = generation(FIRST, 0, 3, COPIED);
		this.committed.replaceAll((name, time) -> name.contains("snapshot") ? Instant.MIN : time);
		assertThat(asOf(at(2), listing)).isInstanceOf(NoSuchState.class);
	}

	private GenerationListing generation(Generation generation, int firstSecond, int count, Instant createdAt) {
		List<WalSegment> segments = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			WalSegment segment = new WalSegment(generation, i / 100, i % 100, 1, createdAt);
			this.committed.put(ReplicaLayout.nameOf(segment), at(firstSecond + i));
			segments.add(segment);
		}
		return new GenerationListing(generation,
				List.of(snapshot(generation, 0, at(firstSecond).minusMillis(1), createdAt)), segments);
	}

	private WalSegment segment(int index, long offset, Instant committedAt, Instant createdAt) {
		WalSegment segment = new WalSegment(FIRST, index, offset, 1, createdAt);
		this.committed.put(ReplicaLayout.nameOf(segment), committedAt);
		return segment;
	}

	private Snapshot snapshot(Generation generation, int index, Instant committedAt, Instant createdAt) {
		Snapshot snapshot = new Snapshot(generation, index, 1, createdAt);
		this.committed.put(ReplicaLayout.nameOf(snapshot), committedAt);
		return snapshot;
	}

	private static Instant at(int second) {
		return START.plusSeconds(second);
	}

	private PlanOutcome asOf(Instant timestamp, GenerationListing... listings) throws IOException {
		return plan(RestoreTarget.asOf(timestamp), listings);
	}

	private PlanOutcome plan(RestoreTarget target, GenerationListing... listings) throws IOException {
		return RestorePlanner.plan(new CommitTimes(client()).correct(List.of(listings), target), target);
	}

	private static V03Plan planned(PlanOutcome outcome) {
		assertThat(outcome).isInstanceOf(Planned.class);
		return (V03Plan) ((Planned) outcome).plan();
	}

	private V03Replica client() {
		return new V03Replica(new MemoryStore() {
			@Override
			public Map<String, String> metadata(String name) throws IOException {
				CommitTimesTests.this.requests++;
				Instant time = CommitTimesTests.this.committed.get(name);
				if (Instant.MIN.equals(time)) {
					throw new NoSuchFileException(name);
				}
				return (time != null) ? Map.of("litestream-committed-at", time.toString()) : Map.of();
			}
		});
	}

}
