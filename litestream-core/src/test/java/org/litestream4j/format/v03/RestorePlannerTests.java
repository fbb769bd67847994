package org.litestream4j.format.v03;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.restore.PlanOutcome.Gap;
import org.litestream4j.restore.PlanOutcome.NoBackup;
import org.litestream4j.restore.PlanOutcome.NoSuchState;
import org.litestream4j.restore.PlanOutcome.Planned;
import org.litestream4j.restore.PlanOutcome;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

/** Times are seconds since the epoch; segments are written as index/offset@time. */
class RestorePlannerTests {

	private static final Generation OLD = new Generation("00000000000000aa");

	private static final Generation NEW = new Generation("00000000000000bb");

	private static final Generation NEWER = new Generation("00000000000000cc");

	@Test
	void planOfAnEmptyReplicaIsNoBackup() {
		assertThat(plan(RestoreTarget.latest())).isInstanceOf(NoBackup.class);
		assertThat(plan(RestoreTarget.latest(), listing(OLD, "", ""))).isInstanceOf(NoBackup.class);
		assertThat(plan(RestoreTarget.asOf(at(5)))).isInstanceOf(NoBackup.class);
	}

	@Test
	void planUsesTheNewestSnapshotAndEverySegmentFromItsIndexOn() {
		V03Plan plan = planned(RestoreTarget.latest(),
				listing(OLD, "0@1 1@4 3@9", "0/0@2 0/64@3 1/0@4 2/0@6 3/0@8 3/64@10 4/0@11"));
		assertThat(plan.snapshot().index()).isEqualTo(3);
		assertThat(names(plan)).containsExactly("3/0", "3/64", "4/0");
		assertThat(plan.createdAt()).isEqualTo(at(11));
		assertThat(plan.note()).isNull();
	}

	@Test
	void orderOfListingsDoesNotMatter() {
		Random random = new Random(42);
		for (int i = 0; i < 50; i++) {
			V03Plan plan = planned(RestoreTarget.latest(),
					shuffled(OLD, "0@1 1@4 3@9", "0/0@2 0/64@3 1/0@4 2/0@6 3/0@8 3/64@10 3/4096@10 4/0@11", random));
			assertThat(names(plan)).containsExactly("3/0", "3/64", "3/4096", "4/0");
		}
	}

	@Test
	void snapshotAloneIsRestorable() {
		V03Plan plan = planned(RestoreTarget.latest(), listing(OLD, "7@1", ""));
		assertThat(plan.segments()).isEmpty();
		assertThat(plan.createdAt()).isEqualTo(at(1));
		assertThat(plan.lastStart().index()).isEqualTo(7);
	}

	@Test
	void generationWithTheNewestObjectIsChosen() {
		assertThat(planned(RestoreTarget.latest(), listing(NEW, "0@20", "0/0@21"), listing(OLD, "0@1", "0/0@2"))
			.generation()).isEqualTo(NEW);
		assertThat(planned(RestoreTarget.latest(), listing(NEW, "0@20", "0/0@21"), listing(OLD, "0@1", "0/0@30"))
			.generation()).isEqualTo(OLD);
	}

	@Test
	void generationAsOfATimeIsTheOneWithTheNewestObjectThen() {
		GenerationListing old = listing(OLD, "0@1", "0/0@2 0/64@12");
		GenerationListing newer = listing(NEW, "0@10", "0/0@11 0/64@20");
		assertThat(planned(RestoreTarget.asOf(at(11)), old, newer).generation()).isEqualTo(NEW);
		assertThat(planned(RestoreTarget.asOf(at(13)), old, newer).generation()).isEqualTo(OLD);
		assertThat(planned(RestoreTarget.asOf(at(5)), old, newer).generation()).isEqualTo(OLD);
		assertThat(planned(RestoreTarget.asOf(at(99)), old, newer).generation()).isEqualTo(NEW);
	}

	@Test
	void generationWithoutASnapshotYetIsPassedOverAndThatIsSaid() {
		V03Plan plan = planned(RestoreTarget.latest(), listing(NEW, "", "0/0@21"), listing(OLD, "0@1", "0/0@2"));
		assertThat(plan.generation()).isEqualTo(OLD);
		assertThat(plan.note())
			.isEqualTo("Generation 00000000000000bb ended before it had its first snapshot, so its commits, stored from"
					+ " 1970-01-01T00:00:21Z to 1970-01-01T00:00:21Z, are lost: the older generation 00000000000000aa is"
					+ " restored");
	}

	@Test
	void generationsThatAllEndedBeforeTheirFirstSnapshotArePassedOverAndNamed() {
		V03Plan plan = planned(RestoreTarget.latest(), listing(NEW, "", "0/0@21 0/64@25"), listing(NEWER, "", "0/0@31"),
				listing(OLD, "0@1", "0/0@2"));
		assertThat(plan.generation()).isEqualTo(OLD);
		assertThat(plan.note()).contains("00000000000000cc, 00000000000000bb", "00:00:21Z to 1970-01-01T00:00:31Z");
	}

	@Test
	void generationThatWentOnForHoursWithoutASnapshotIsNotPassedOver() {
		long hour = RestorePlanner.YOUNG.toSeconds();
		assertThat(planned(RestoreTarget.latest(), listing(NEW, "", "0/0@21 7/0@" + (21 + hour)),
				listing(OLD, "0@1", "0/0@2"))
			.generation()).isEqualTo(OLD);
		assertRefused(RestoreTarget.latest(), listing(NEW, "", "0/0@21 7/0@" + (22 + hour)),
				listing(OLD, "0@1", "0/0@2"));
	}

	@ParameterizedTest
	@CsvSource({ "1/0@21", "0/64@21" })
	void generationWhoseBeginningIsGoneHadASnapshotAndIsNotPassedOver(String segments) {
		assertRefused(RestoreTarget.latest(), listing(NEW, "", segments), listing(OLD, "0@1", "0/0@2"));
	}

	private static void assertRefused(RestoreTarget target, GenerationListing... listings) {
		assertThat(plan(target, listings)).asInstanceOf(type(Gap.class))
			.extracting(Gap::message)
			.asString()
			.contains("Generation 00000000000000bb, the newest, has no snapshot to apply its WAL to",
					"timestamp 1970-01-01T00:00:02Z (generation 00000000000000aa, index 0)", "is asked for");
	}

	@Test
	void timeBeforeWhatRetentionLeftOfAGenerationIsNotTakenFromAnOlderOne() {
		GenerationListing old = listing(OLD, "0@1", "0/0@2");
		GenerationListing newer = listing(NEW, "5@60", "4/64@50 5/0@55 6/0@70");
		assertThat(plan(RestoreTarget.asOf(at(52)), old, newer)).asInstanceOf(type(NoSuchState.class))
			.extracting(NoSuchState::message)
			.asString()
			.contains("Generation 00000000000000bb, the newest as of 1970-01-01T00:00:52Z, has no snapshot that old");
		assertThat(planned(RestoreTarget.asOf(at(40)), old, newer).generation()).isEqualTo(OLD);
	}

	@Test
	void generationWhoseSnapshotIsLaterThanTheTimeIsPassedOver() {
		V03Plan plan = planned(RestoreTarget.asOf(at(22)), listing(NEW, "0@23", "0/0@21"),
				listing(OLD, "0@1", "0/0@2"));
		assertThat(plan.generation()).isEqualTo(OLD);
		assertThat(plan.note()).contains("has no snapshot as of 1970-01-01T00:00:22Z");
	}

	@Test
	void walWithoutAnySnapshotIsABackupThatCannotBeRestored() {
		assertThat(plan(RestoreTarget.latest(), listing(NEW, "", "0/0@21"))).asInstanceOf(type(NoSuchState.class))
			.extracting(NoSuchState::message)
			.asString()
			.contains("WAL of generation 00000000000000bb, but no snapshot");
	}

	@Test
	void timeSelectsSnapshotAndSegments() {
		GenerationListing listing = listing(OLD, "0@1 1@6", "0/0@2 0/64@3 1/0@5 1/64@7 2/0@9");
		assertThat(names(planned(RestoreTarget.asOf(at(1)), listing))).isEmpty();
		assertThat(names(planned(RestoreTarget.asOf(at(2)), listing))).containsExactly("0/0");
		assertThat(names(planned(RestoreTarget.asOf(at(5)), listing))).containsExactly("0/0", "0/64", "1/0");
		assertThat(names(planned(RestoreTarget.asOf(at(6)), listing))).containsExactly("1/0");
		assertThat(names(planned(RestoreTarget.asOf(at(8)), listing))).containsExactly("1/0", "1/64");
	}

	@Test
	void timeAfterTheNewestObjectIsTheNewestState() {
		V03Plan plan = planned(RestoreTarget.asOf(at(1_000_000)), listing(OLD, "0@1", "0/0@2 0/64@3"));
		assertThat(names(plan)).containsExactly("0/0", "0/64");
	}

	@Test
	void timeBeforeTheFirstSnapshotNamesTheWindow() {
		assertThat(plan(RestoreTarget.asOf(at(9)), listing(OLD, "0@10", "0/0@8 0/64@12"), listing(NEW, "0@20", "")))
			.isEqualTo(new NoSuchState("There is no state as of 1970-01-01T00:00:09Z: the backup reaches from"
					+ " 1970-01-01T00:00:10Z to 1970-01-01T00:00:20Z"));
	}

	@Test
	void segmentStoredLaterThanItsSuccessorIsNotSkipped() {
		// a copied replica may have lost the order of times
		V03Plan plan = planned(RestoreTarget.asOf(at(5)), listing(OLD, "0@1", "0/0@2 0/64@9 0/128@4 1/0@5"));
		assertThat(names(plan)).containsExactly("0/0");
	}

	@Test
	void indexSelectsEverythingUpToItsEnd() {
		GenerationListing listing = listing(OLD, "0@1 1@6 2@10", "0/0@2 0/64@3 1/0@5 1/64@7 2/0@9");
		assertThat(names(planned(index(OLD, 0), listing))).containsExactly("0/0", "0/64");
		V03Plan plan = planned(index(OLD, 1), listing);
		assertThat(plan.snapshot().index()).isEqualTo(1);
		assertThat(names(plan)).containsExactly("1/0", "1/64");
	}

	@Test
	void indexBeyondTheEndNamesTheNewest() {
		assertThat(plan(index(OLD, 3), listing(OLD, "0@1", "0/0@2 1/0@5")))
			.isEqualTo(new NoSuchState("Index 3 is not in generation 00000000000000aa: its newest is 1"));
	}

	@Test
	void indexBeforeTheFirstSnapshotNamesTheWindow() {
		assertThat(plan(index(OLD, 1), listing(OLD, "2@1", "2/0@2 3/0@5")))
			.isEqualTo(new NoSuchState("Index 1 of generation 00000000000000aa cannot be restored: its first snapshot"
					+ " is of index 2, its newest index is 3"));
	}

	@Test
	void unknownGenerationIsNamed() {
		assertThat(plan(RestoreTarget.of(NEW), listing(OLD, "0@1", "0/0@2")))
			.isEqualTo(new NoSuchState("The replica holds nothing of generation 00000000000000bb"));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			# snapshots | segments                     | missing           | newest restorable
			0@1         | 0/0@2 0/64@3 2/0@5           | 00000001_00000000 | timestamp 1970-01-01T00:00:03Z
			0@1         | 0/0@2 1/64@3 2/0@5           | 00000001_00000000 | timestamp 1970-01-01T00:00:02Z
			0@1         | 0/64@3 1/0@5                 | 00000000_00000000 | no earlier state
			0@1         | 1/0@5                        | 00000000_00000000 | no earlier state
			0@1 2@6     | 0/0@2 1/0@4 2/64@7           | 00000002_00000000 | timestamp 1970-01-01T00:00:04Z
			0@1 2@6     | 0/0@2 2/64@7                 | 00000002_00000000 | timestamp 1970-01-01T00:00:02Z
			1@4 2@6     | 0/0@2 1/0@3 1/64@5 3/0@8     | 00000002_00000000 | timestamp 1970-01-01T00:00:05Z
			""")
	void planWhenSegmentIsMissingNamesTheGapAndWhatCanBeRestored(String snapshots, String segments, String missing,
			String newest) {
		assertThat(plan(RestoreTarget.latest(), listing(OLD, snapshots, segments))).asInstanceOf(type(Gap.class))
			.extracting(Gap::message)
			.asString()
			.contains("wal/" + missing + ".wal.lz4 is missing", newest);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			0@1         | 0/0@2 0/64@3 2/0@5
			0@1 2@6     | 0/0@2 1/0@4 2/64@7
			0@1 2@6     | 0/0@2 2/64@7
			1@4 2@6     | 0/0@2 1/0@3 1/64@5 3/0@8
			""")
	void whatAGapSaysCanBeRestoredCanBe(String snapshots, String segments) {
		GenerationListing listing = listing(OLD, snapshots, segments);
		String message = ((Gap) plan(RestoreTarget.latest(), listing)).message();
		Instant newest = Instant.parse(message.replaceAll(".*timestamp (\\S+) .*", "$1"));
		V03Plan plan = planned(RestoreTarget.asOf(newest).within(OLD), listing);
		assertThat(plan.createdAt()).isEqualTo(newest);
	}

	@Test
	void gapBeforeTheSnapshotDoesNotMatter() {
		assertThat(names(planned(RestoreTarget.latest(), listing(OLD, "0@1 2@6", "0/64@2 2/0@5 2/64@7"))))
			.containsExactly("2/0", "2/64");
	}

	@Test
	void gapBehindTheTargetDoesNotMatter() {
		assertThat(names(planned(index(OLD, 0), listing(OLD, "0@1", "0/0@2 2/0@5")))).containsExactly("0/0");
		assertThat(names(planned(RestoreTarget.asOf(at(4)), listing(OLD, "0@1", "0/0@2 2/0@5"))))
			.containsExactly("0/0");
	}

	@Test
	void indexWithinAGapNamesTheGap() {
		assertThat(plan(index(OLD, 1), listing(OLD, "0@1 2@5", "0/0@2 2/0@5"))).asInstanceOf(type(Gap.class))
			.extracting(Gap::message)
			.asString()
			.contains("00000001_00000000.wal.lz4 is missing");
	}

	@Test
	void gapInTheNewestGenerationIsNotHiddenByAnOlderOne() {
		assertThat(plan(RestoreTarget.latest(), listing(NEW, "0@20", "1/0@22"), listing(OLD, "0@1", "0/0@2")))
			.isInstanceOf(Gap.class);
	}

	@Test
	void offsetSelectsTheSegmentsThatBeginBeforeIt() {
		GenerationListing listing = listing(OLD, "0@1", "0/0@2 0/64@3 1/0@5 1/64@7 1/128@8 2/0@9");
		V03Plan plan = planned(offset(OLD, 1, 100), listing);
		assertThat(names(plan)).containsExactly("0/0", "0/64", "1/0", "1/64");
		assertThat(plan.endOffset()).isEqualTo(100);
		assertThat(names(planned(offset(OLD, 1, 64), listing))).containsExactly("0/0", "0/64", "1/0");
		assertThat(names(planned(offset(OLD, 1, 0), listing))).containsExactly("0/0", "0/64");
	}

	@Test
	void snapshotThatMayHoldMoreThanTheOffsetIsNotUsed() {
		String segments = "0/0@2 1/0@4 1/64@5 1/128@8";
		assertThat(planned(offset(OLD, 1, 128), listing(OLD, "0@1 1@6", segments)).snapshot().index()).isEqualTo(1);
		assertThat(planned(offset(OLD, 1, 64), listing(OLD, "0@1 1@6", segments)).snapshot().index()).isZero();
		assertThat(plan(offset(OLD, 1, 64), listing(OLD, "1@6", segments)))
			.isEqualTo(new NoSuchState("Index 1, offset 64 of generation 00000000000000aa cannot be restored: its"
					+ " snapshots may be newer"));
	}

	@Test
	void snapshotStoredBeforeAnythingOfItsIndexIsAStateOfItsOwn() {
		GenerationListing listing = listing(OLD, "1@5", "0/0@2 0/64@3 1/0@6 1/64@7");
		assertThat(listing.newestBefore(new WalPosition(OLD, 1, 0))).contains(new RestorablePoint(OLD, 1, at(5)));
		assertThat(names(planned(RestoreTarget.asOf(at(5)).within(OLD), listing))).isEmpty();
		assertThat(names(planned(offset(OLD, 1, 0), listing))).isEmpty();
		assertThat(listing(OLD, "1@5", "1/0@4 1/64@7").newestBefore(new WalPosition(OLD, 1, 0)))
			.as("the snapshot may hold what the segment holds")
			.isEmpty();
	}

	private static PlanOutcome plan(RestoreTarget target, GenerationListing... listings) {
		return RestorePlanner.plan(List.of(listings), target);
	}

	private static V03Plan planned(RestoreTarget target, GenerationListing... listings) {
		PlanOutcome outcome = plan(target, listings);
		assertThat(outcome).isInstanceOf(Planned.class);
		return (V03Plan) ((Planned) outcome).plan();
	}

	private static RestoreTarget index(Generation generation, int index) {
		return RestoreTarget.of(generation, index);
	}

	private static RestoreTarget offset(Generation generation, int index, long offset) {
		return RestoreTarget.at(new WalPosition(generation, index, offset));
	}

	private static List<String> names(V03Plan plan) {
		return plan.segments().stream().map((segment) -> segment.index() + "/" + segment.offset()).toList();
	}

	private static GenerationListing listing(Generation generation, @Nullable String snapshots,
			@Nullable String segments) {
		return new GenerationListing(generation, parse(snapshots, (part) -> {
			String[] numbers = part.split("@");
			return new Snapshot(generation, Integer.parseInt(numbers[0]), 1, at(Long.parseLong(numbers[1])));
		}), parse(segments, (part) -> {
			String[] numbers = part.split("[/@]");
			return new WalSegment(generation, Integer.parseInt(numbers[0]), Long.parseLong(numbers[1]), 1,
					at(Long.parseLong(numbers[2])));
		}));
	}

	private static GenerationListing shuffled(Generation generation, String snapshots, String segments, Random random) {
		GenerationListing sorted = listing(generation, snapshots, segments);
		List<Snapshot> someSnapshots = new ArrayList<>(sorted.snapshots());
		List<WalSegment> someSegments = new ArrayList<>(sorted.segments());
		Collections.shuffle(someSnapshots, random);
		Collections.shuffle(someSegments, random);
		return new GenerationListing(generation, someSnapshots, someSegments);
	}

	private static <T> List<T> parse(@Nullable String text, Function<String, T> parser) {
		return (text == null || text.isBlank()) ? List.of() : List.of(text.split(" ")).stream().map(parser).toList();
	}

	private static Instant at(long second) {
		return Instant.ofEpochSecond(second);
	}

}
