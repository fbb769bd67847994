package org.litestream4j.format.v03;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalSegment;

import static org.assertj.core.api.Assertions.assertThat;

class RetentionPlanTests {

	private static final Generation FIRST = new Generation("1111111111111111");

	private static final Generation SECOND = new Generation("2222222222222222");

	private static Snapshot snapshot(Generation generation, int index, int minute) {
		return new Snapshot(generation, index, 100, at(minute));
	}

	private static WalSegment segment(Generation generation, int index, long offset, int minute) {
		return new WalSegment(generation, index, offset, 10, at(minute));
	}

	private static Instant at(int minute) {
		return Instant.EPOCH.plusSeconds(60L * minute);
	}

	@Test
	void withoutASnapshotBeforeTheWindowNothingIsDeleted() {
		List<Snapshot> snapshots = List.of(snapshot(FIRST, 0, 10), snapshot(FIRST, 3, 20));
		List<WalSegment> segments = List.of(segment(FIRST, 0, 0, 5), segment(FIRST, 1, 0, 15));
		assertThat(RetentionPlan.of(FIRST, snapshots, segments, at(9)).isEmpty()).isTrue();
	}

	@Test
	void newestSnapshotBeforeTheWindowIsKeptAndWhatIsBeforeItIsNot() {
		List<Snapshot> snapshots = List.of(snapshot(FIRST, 0, 10), snapshot(FIRST, 3, 20), snapshot(FIRST, 5, 30));
		List<WalSegment> segments = List.of(segment(FIRST, 0, 0, 9), segment(FIRST, 2, 0, 15), segment(FIRST, 3, 0, 19),
				segment(FIRST, 4, 0, 25));
		RetentionPlan plan = RetentionPlan.of(FIRST, snapshots, segments, at(20));
		assertThat(plan.snapshots()).containsExactly(snapshots.get(0));
		assertThat(plan.segments()).containsExactly(segments.get(0), segments.get(1));
	}

	@Test
	void generationThatEndedBeforeTheWindowGoesWholly() {
		List<Snapshot> snapshots = List.of(snapshot(SECOND, 0, 20), snapshot(FIRST, 0, 10));
		List<WalSegment> segments = List.of(segment(SECOND, 0, 0, 19), segment(FIRST, 0, 64, 12),
				segment(FIRST, 0, 0, 9));
		RetentionPlan plan = RetentionPlan.of(SECOND, snapshots, segments, at(25));
		assertThat(plan.snapshots()).containsExactly(snapshots.get(1));
		assertThat(plan.segments()).as("the beginning last").containsExactly(segments.get(1), segments.get(2));
	}

	@Test
	void generationThatWentOnAfterTheFirstSnapshotOfTheWindowIsKept() {
		List<Snapshot> snapshots = List.of(snapshot(FIRST, 0, 10), snapshot(SECOND, 0, 20));
		List<WalSegment> segments = List.of(segment(FIRST, 0, 0, 9), segment(FIRST, 1, 0, 21));
		assertThat(RetentionPlan.of(SECOND, snapshots, segments, at(25)).isEmpty()).isTrue();
	}

	@Test
	void generationWhoseLastObjectIsExactlyAsOldAsTheFirstSnapshotOfTheWindowIsKept() {
		List<Snapshot> snapshots = List.of(snapshot(FIRST, 0, 10), snapshot(SECOND, 0, 20));
		List<WalSegment> segments = List.of(segment(FIRST, 0, 0, 9), segment(FIRST, 1, 0, 20));
		assertThat(RetentionPlan.of(SECOND, snapshots, segments, at(25)).isEmpty()).isTrue();
	}

	@Test
	void whatIsYoungIsKeptWhateverItsPosition() {
		List<Snapshot> snapshots = List.of(snapshot(FIRST, 0, 26), snapshot(FIRST, 3, 20));
		List<WalSegment> segments = List.of(segment(FIRST, 1, 0, 26), segment(FIRST, 2, 0, 15),
				segment(FIRST, 3, 0, 19));
		RetentionPlan plan = RetentionPlan.of(FIRST, snapshots, segments, at(25));
		assertThat(plan.snapshots()).isEmpty();
		assertThat(plan.segments()).containsExactly(segments.get(1));
	}

	@Test
	void indexThatEndsWithAYoungFenceKeepsItsBeginning() {
		List<Snapshot> snapshots = List.of(snapshot(FIRST, 0, 5), snapshot(FIRST, 3, 20));
		List<WalSegment> segments = List.of(segment(FIRST, 1, 0, 10), segment(FIRST, 2, 0, 15),
				segment(FIRST, 2, 64, 26), segment(FIRST, 3, 0, 26));
		RetentionPlan plan = RetentionPlan.of(FIRST, snapshots, segments, at(25));
		assertThat(plan.segments()).as("v0.3.13 refuses an index without its beginning")
			.containsExactly(segments.get(0));
	}

	@Test
	void oldIndexWithoutItsBeginningGoesHoweverYoungItIs() {
		List<Snapshot> snapshots = List.of(snapshot(FIRST, 0, 5), snapshot(FIRST, 3, 20));
		List<WalSegment> segments = List.of(segment(FIRST, 2, 64, 26), segment(FIRST, 3, 64, 26));
		RetentionPlan plan = RetentionPlan.of(FIRST, snapshots, segments, at(25));
		assertThat(plan.segments()).containsExactly(segments.get(0));
	}

	@Test
	void currentGenerationIsKeptEvenWhileItsFirstSnapshotIsBeingWritten() {
		List<Snapshot> snapshots = List.of(snapshot(FIRST, 0, 10));
		List<WalSegment> segments = List.of(segment(SECOND, 0, 0, 5), segment(FIRST, 0, 0, 9));
		assertThat(RetentionPlan.of(SECOND, snapshots, segments, at(99)).isEmpty()).isTrue();
	}

	@Test
	void snapshotExactlyAsOldAsTheWindowIsTheOneItBeginsWith() {
		List<Snapshot> snapshots = List.of(snapshot(FIRST, 0, 10), snapshot(FIRST, 3, 20));
		assertThat(RetentionPlan.of(FIRST, snapshots, List.of(), at(20)).snapshots()).containsExactly(snapshots.get(0));
		assertThat(RetentionPlan.of(FIRST, snapshots, List.of(), at(20).minusNanos(1)).isEmpty()).isTrue();
	}

	@Test
	void generationWhoseNewestObjectIsExactlyAsOldAsTheWindowsFirstSnapshotIsKept() {
		Snapshot old = snapshot(FIRST, 0, 10);
		Snapshot base = snapshot(SECOND, 0, 20);
		assertThat(RetentionPlan.of(SECOND, List.of(old, base), List.of(segment(FIRST, 1, 0, 20)), at(25)).isEmpty())
			.as("a segment of the same time")
			.isTrue();
		assertThat(RetentionPlan.of(SECOND, List.of(old, base), List.of(segment(FIRST, 1, 0, 19)), at(25)).isEmpty())
			.as("an older segment")
			.isFalse();
		List<Snapshot> same = List.of(base, snapshot(FIRST, 0, 20));
		assertThat(RetentionPlan.of(SECOND, same, List.of(), at(25)).isEmpty()).as("a snapshot of the same time")
			.isTrue();
	}

	@ParameterizedTest(name = "seed {0}")
	@ValueSource(longs = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 })
	void everyStateOfTheWindowStaysRestorableWhereverDeletingStops(long seed) {
		Random random = new Random(seed);
		int deleted = 0;
		for (int round = 0; round < 20; round++) {
			History history = History.random(random);
			Instant keepSince = history.someTime(random);
			RetentionPlan plan = RetentionPlan.of(history.current, history.snapshots(), history.segments(), keepSince);
			deleted += checkWindow(history, plan, keepSince);
		}
		assertThat(deleted).as("objects deleted").isPositive();
	}

	private static int checkWindow(History before, RetentionPlan plan, Instant keepSince) {
		List<Instant> times = new ArrayList<>(before.times());
		times.add(keepSince);
		times.removeIf((time) -> time.isBefore(keepSince));
		List<Object> order = new ArrayList<>(plan.snapshots());
		order.addAll(plan.segments());
		for (int done = 0; done <= order.size(); done++) {
			History after = before.without(order.subList(0, done));
			for (Instant time : times) {
				assertThat(after.restore(time)).as("commit as of %s, %d of %d deleted", time, done, order.size())
					.isEqualTo(before.restore(time));
			}
		}
		History after = before.without(order);
		assertThat(RetentionPlan.of(before.current, after.snapshots(), after.segments(), keepSince).isEmpty()).isTrue();
		return order.size();
	}

	/** A replica's objects, each with the commit that it ends with. */
	private record History(Generation current, List<Stored> objects) {

		private static final int NONE = -1;

		/** A snapshot, or a segment that reaches from an offset to an end. */
		private record Stored(Generation generation, int index, long offset, long end, boolean snapshot, Instant at,
				int commit) {

			Object listed() {
				return this.snapshot ? new Snapshot(this.generation, this.index, 1, this.at)
						: new WalSegment(this.generation, this.index, this.offset, 1, this.at);
			}

		}

		/** As an engine would write them: WAL before snapshot, and no holes. */
		static History random(Random random) {
			List<Stored> objects = new ArrayList<>();
			Generation generation = generation(random);
			Instant now = Instant.EPOCH;
			int commit = 0;
			int index = 0;
			long offset = 0;
			int steps = 5 + random.nextInt(60);
			for (int step = 0; step < steps; step++) {
				now = now.plusMillis(random.nextInt(3));
				int action = random.nextInt(20);
				if (action < 12) {
					long end = offset + 10;
					objects.add(new Stored(generation, index, offset, end, false, now, ++commit));
					offset = end;
				}
				else if (action < 15 && offset > 0) {
					index++;
					offset = 0;
				}
				else if (action < 19) {
					objects.add(new Stored(generation, index, 0, 0, true, now, commit));
				}
				else {
					generation = generation(random);
					index = 0;
					offset = 0;
				}
			}
			return new History(generation, objects);
		}

		private static Generation generation(Random random) {
			return new Generation("%016x".formatted(random.nextLong()));
		}

		Instant someTime(Random random) {
			return this.objects.isEmpty() ? Instant.EPOCH
					: this.objects.get(random.nextInt(this.objects.size())).at().minusMillis(random.nextInt(2));
		}

		List<Instant> times() {
			return this.objects.stream().map(Stored::at).distinct().toList();
		}

		List<Snapshot> snapshots() {
			return this.objects.stream()
				.map(Stored::listed)
				.filter(Snapshot.class::isInstance)
				.map(Snapshot.class::cast)
				.toList();
		}

		List<WalSegment> segments() {
			return this.objects.stream()
				.map(Stored::listed)
				.filter(WalSegment.class::isInstance)
				.map(WalSegment.class::cast)
				.toList();
		}

		History without(List<Object> deleted) {
			return new History(this.current,
					this.objects.stream().filter((object) -> !deleted.contains(object.listed())).toList());
		}

		/** The commit that a reader finds who follows the rules; fails at a gap. */
		int restore(Instant time) {
			List<Stored> visible = this.objects.stream().filter((object) -> !object.at().isAfter(time)).toList();
			List<Generation> byAge = visible.stream()
				.sorted(Comparator.comparing(Stored::at).thenComparing(Stored::commit).reversed())
				.map(Stored::generation)
				.distinct()
				.toList();
			for (Generation generation : byAge) {
				List<Stored> own = visible.stream().filter((object) -> object.generation().equals(generation)).toList();
				Stored base = own.stream()
					.filter(Stored::snapshot)
					.max(Comparator.comparing(Stored::index).thenComparing(Stored::commit))
					.orElse(null);
				if (base != null) {
					return apply(base, own);
				}
			}
			return NONE;
		}

		private static int apply(Stored base, List<Stored> own) {
			int commit = base.commit();
			int index = base.index();
			long end = 0;
			for (Stored segment : own.stream()
				.filter((object) -> !object.snapshot() && object.index() >= base.index())
				.sorted(Comparator.comparing(Stored::index).thenComparing(Stored::offset))
				.toList()) {
				boolean follows = segment.index() == index ? segment.offset() == end
						: segment.index() == index + 1 && segment.offset() == 0;
				assertThat(follows).as("gap before %s", segment).isTrue();
				index = segment.index();
				end = segment.end();
				commit = Math.max(commit, segment.commit());
			}
			return commit;
		}

	}

}
