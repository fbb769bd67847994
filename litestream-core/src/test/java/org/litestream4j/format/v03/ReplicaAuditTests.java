package org.litestream4j.format.v03;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import org.junit.jupiter.api.Test;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.StoredObjects.Known;
import org.litestream4j.replication.AuditFinding.Foreign;
import org.litestream4j.replication.AuditFinding.ForeignGeneration;
import org.litestream4j.replication.AuditFinding.Lost;
import org.litestream4j.replication.AuditFinding.Overtaken;
import org.litestream4j.replication.AuditFinding;
import org.litestream4j.replication.Cure.FreshSnapshot;
import org.litestream4j.replication.Cure.NewGeneration;
import org.litestream4j.replication.Cure.None;
import org.litestream4j.replication.Cure;

import static org.assertj.core.api.Assertions.assertThat;

class ReplicaAuditTests {

	private static final Generation OURS = new Generation("1111111111111111");

	private static final Generation OTHER = new Generation("2222222222222222");

	private final StoredObjects stored = new StoredObjects();

	private final List<Snapshot> snapshots = new ArrayList<>();

	private final List<WalSegment> segments = new ArrayList<>();

	private static Snapshot snapshot(Generation generation, int index, long size, int minute) {
		return new Snapshot(generation, index, size, at(minute));
	}

	private static WalSegment segment(Generation generation, int index, long offset, long size, int minute) {
		return new WalSegment(generation, index, offset, size, at(minute));
	}

	private static Instant at(int minute) {
		return Instant.EPOCH.plusSeconds(60L * minute);
	}

	/** Indexes 0 to 2 with three segments each, a snapshot of 0 and of 2. */
	private void fill(Consumer<WalSegment> segmentStored) {
		for (int index = 0; index <= 2; index++) {
			for (int offset = 0; offset < 300; offset += 100) {
				WalSegment segment = segment(OURS, index, offset, 50 + offset, index * 10);
				this.segments.add(segment);
				segmentStored.accept(segment);
			}
		}
		this.snapshots.add(snapshot(OURS, 0, 1000, 1));
		this.snapshots.add(snapshot(OURS, 2, 2000, 21));
		this.snapshots.forEach(this.stored::stored);
	}

	private void acknowledged() {
		this.stored.listedSegments(OURS, List.of());
		fill(this.stored::stored);
	}

	/** As after a start: what was listed then counts as stored. */
	private void listedAtTheStart() {
		fill((segment) -> {
		});
		this.stored.listedSegments(OURS, this.segments);
	}

	private List<AuditFinding> audit() {
		return audit(false);
	}

	private List<AuditFinding> audit(boolean shipping) {
		Known known = this.stored.known();
		return ReplicaAudit.of(listing(), known, known, new WalPosition(OURS, 2, 300), shipping);
	}

	private ListedObjects listing() {
		return new ListedObjects(this.snapshots, this.segments);
	}

	private Cure cure() {
		return CureChoice.of(audit(), listing(), OURS);
	}

	private void remove(int index, long offset) {
		assertThat(this.segments.removeIf((segment) -> segment.index() == index && segment.offset() == offset))
			.isTrue();
	}

	@Test
	void nothingIsFoundWhereAllIsThere() {
		acknowledged();
		assertThat(audit()).isEmpty();
		assertThat(cure()).isEqualTo(new None());
	}

	@Test
	void nothingIsFoundWhereAllThatWasListedIsStillThere() {
		listedAtTheStart();
		assertThat(audit()).isEmpty();
	}

	@Test
	void newestSegmentThatIsMissingIsLostAndASnapshotAboveItsIndexCures() {
		acknowledged();
		remove(2, 200);
		assertThat(audit()).containsExactly(new Lost(2, true,
				"the WAL segment generations/%s/wal/00000002_000000c8.wal.lz4 is missing".formatted(OURS)));
		assertThat(cure()).isEqualTo(new FreshSnapshot(2));
	}

	@Test
	void segmentInTheMiddleThatWasListedAtTheStartIsLost() {
		listedAtTheStart();
		remove(2, 100);
		assertThat(audit()).containsExactly(new Lost(2, true, "1 of 2 segments of WAL index 00000002 are missing"));
		assertThat(cure()).isEqualTo(new FreshSnapshot(2));
	}

	@Test
	void beginningOfAnIndexThatIsMissingIsFoundWithoutKnowingIt() {
		acknowledged();
		remove(2, 0);
		Known nothing = new StoredObjects().known();
		assertThat(ReplicaAudit.of(listing(), nothing, nothing, new WalPosition(OURS, 2, 300), false))
			.containsExactly(new Lost(2, true, "the beginning of WAL index 00000002 is missing"));
	}

	@Test
	void indexThatIsMissingIsFoundWithoutKnowingIt() {
		acknowledged();
		this.snapshots.remove(1);
		this.segments.removeIf((segment) -> segment.index() == 1);
		Known nothing = new StoredObjects().known();
		assertThat(ReplicaAudit.of(listing(), nothing, nothing, new WalPosition(OURS, 2, 300), false))
			.containsExactly(new Lost(1, true, "WAL index 00000001 is missing"));
	}

	@Test
	void whatOlderStatesNeedIsLostButNeedsNoCure() {
		acknowledged();
		remove(1, 100);
		this.snapshots.remove(0);
		assertThat(audit()).extracting(AuditFinding::describe)
			.containsExactlyInAnyOrder(
					"the snapshot generations/%s/snapshots/00000000.snapshot.lz4 is missing".formatted(OURS),
					"the WAL segment generations/%s/wal/00000001_00000064.wal.lz4 is missing".formatted(OURS));
		assertThat(cure()).isEqualTo(new None());
		assertThat(CureChoice.isNewestStateLost(audit(), listing(), OURS)).isFalse();
	}

	@Test
	void indexThatLostItsBeginningIsCuredByANewGenerationHoweverOldItIs() {
		listedAtTheStart();
		remove(1, 0);
		assertThat(cure()).isEqualTo(new NewGeneration());
		assertThat(CureChoice.isNewestStateLost(audit(), listing(), OURS)).isTrue();
		remove(1, 100);
		remove(1, 200);
		assertThat(cure()).as("the whole index").isEqualTo(new None());
	}

	@Test
	void newestSnapshotThatIsMissingIsCuredByAnyThatIsNewerThanTheOneThatIsLeft() {
		acknowledged();
		this.snapshots.remove(1);
		assertThat(audit()).extracting(AuditFinding::describe)
			.containsExactly("the snapshot generations/%s/snapshots/00000002.snapshot.lz4 is missing".formatted(OURS));
		assertThat(cure()).isEqualTo(new FreshSnapshot(0));
	}

	@Test
	void emptiedReplicaIsCuredByASnapshotAboveAllThatIsLost() {
		acknowledged();
		this.snapshots.clear();
		this.segments.clear();
		assertThat(audit()).hasSize(11).allMatch(Lost.class::isInstance);
		assertThat(cure()).isEqualTo(new FreshSnapshot(2));
	}

	@Test
	void snapshotsThatAreMissingWhileAllWalIsThereAreCuredByAnySnapshot() {
		acknowledged();
		this.snapshots.clear();
		assertThat(audit()).hasSize(2);
		assertThat(cure()).isEqualTo(new FreshSnapshot(-1));
	}

	@Test
	void objectsOfAnotherSizeAreLost() {
		acknowledged();
		this.snapshots.set(1, snapshot(OURS, 2, 1999, 21));
		remove(2, 0);
		this.segments.add(segment(OURS, 2, 0, 49, 20));
		assertThat(audit()).extracting(AuditFinding::describe)
			.containsExactlyInAnyOrder(
					"generations/%s/snapshots/00000002.snapshot.lz4 has 1999 bytes, 2000 were stored".formatted(OURS),
					"generations/%s/wal/00000002_00000000.wal.lz4 has 49 bytes, 50 were stored".formatted(OURS));
		assertThat(cure()).isEqualTo(new FreshSnapshot(2));
	}

	@Test
	void olderSegmentOfAnotherSizeIsLost() {
		listedAtTheStart();
		remove(2, 0);
		this.segments.add(segment(OURS, 2, 0, 49, 20));
		assertThat(audit())
			.containsExactly(new Lost(2, true, "not all segments of WAL index 00000002 have the size that was stored"));
	}

	@Test
	void segmentThatWasWrittenAgainMeanwhileMayHaveEitherSize() {
		acknowledged();
		Known before = this.stored.known();
		this.stored.stored(segment(OURS, 2, 200, 999, 22));
		for (WalSegment listed : List.of(segment(OURS, 2, 200, 999, 22), segment(OURS, 2, 200, 250, 22))) {
			remove(2, 200);
			this.segments.add(listed);
			assertThat(ReplicaAudit.of(listing(), before, this.stored.known(), new WalPosition(OURS, 2, 300), false))
				.isEmpty();
		}
	}

	@Test
	void segmentThatIsStoredWhileTheListingIsReadIsNotForeign() {
		acknowledged();
		Known before = this.stored.known();
		WalSegment next = segment(OURS, 2, 300, 80, 30);
		this.segments.add(next);
		this.stored.stored(next);
		assertThat(ReplicaAudit.of(listing(), before, this.stored.known(), new WalPosition(OURS, 2, 400), false))
			.isEmpty();
	}

	@Test
	void segmentAtThePositionIsForeignUnlessItIsJustBeingStored() {
		acknowledged();
		this.segments.add(segment(OURS, 2, 300, 80, 30));
		assertThat(audit(true)).isEmpty();
		assertThat(audit(false)).hasSize(1).allMatch(Foreign.class::isInstance);
		assertThat(cure()).isEqualTo(new NewGeneration());
	}

	@Test
	void beginningOfTheNextIndexIsForeignUnlessItIsJustBeingStored() {
		acknowledged();
		this.segments.add(segment(OURS, 3, 0, 80, 30));
		assertThat(audit(true)).isEmpty();
		assertThat(audit(false)).hasSize(1).allMatch(Foreign.class::isInstance);
	}

	@Test
	void segmentBeyondThePositionIsForeignWhateverIsBeingStored() {
		acknowledged();
		this.segments.add(segment(OURS, 2, 400, 80, 30));
		assertThat(audit(true)).extracting(AuditFinding::describe)
			.singleElement()
			.asString()
			.contains("00000002_00000190", "beyond position", "did not write");
	}

	@Test
	void fenceOfAnotherRunSaysWhoTookTheReplicaOverAndNeedsNoGeneration() {
		acknowledged();
		this.segments.add(segment(OURS, 2, 300, 75, 30));
		this.segments.add(segment(OURS, 3, 0, 111, 30));
		Known known = this.stored.known();
		List<AuditFinding> findings = ReplicaAudit.of(listing(), known, known, new WalPosition(OURS, 2, 300), false,
				true, (segment) -> "00000000000000b2");
		assertThat(findings).hasSize(2).hasOnlyElementsOfType(Overtaken.class);
		assertThat(findings.get(0).describe()).contains("00000002_0000012c",
				"run 00000000000000b2 has stored and not this application", "beyond position");
		assertThat(findings.get(1).describe()).contains("00000003_00000000", "did not write");
		assertThat(CureChoice.of(findings, listing(), OURS)).isInstanceOf(Cure.None.class);
		assertThat(CureChoice.isNewestStateLost(findings, listing(), OURS)).isFalse();
	}

	@Test
	void fencesAndBridgesOfOneselfAreNeitherForeignNorMissing() {
		acknowledged();
		for (WalSegment fence : List.of(segment(OURS, 2, 300, 75, 30), segment(OURS, 3, 0, 111, 30),
				segment(OURS, 4, 0, 110, 31), segment(OURS, 5, 0, 500, 32))) {
			this.segments.add(fence);
			this.stored.stored(fence);
		}
		Known known = this.stored.known();
		assertThat(ReplicaAudit.of(listing(), known, known, new WalPosition(OURS, 5, 900), false)).isEmpty();
	}

	@Test
	void segmentWhereNoneWasWrittenIsForeign() {
		acknowledged();
		this.segments.add(segment(OURS, 1, 50, 80, 30));
		assertThat(audit()).containsExactly(
				new Foreign("it holds 1 segment(s) of WAL index 00000001 that this application did not write"));
	}

	@Test
	void oneMoreOfWhatWasListedAtTheStartIsForeign() {
		listedAtTheStart();
		this.segments.add(segment(OURS, 1, 50, 80, 30));
		assertThat(audit()).hasSize(1).allMatch(Foreign.class::isInstance);
	}

	@Test
	void snapshotThatWasNotTakenHereIsForeign() {
		acknowledged();
		this.snapshots.add(snapshot(OURS, 1, 1000, 15));
		assertThat(audit()).hasSize(1).allMatch(Foreign.class::isInstance);
	}

	@Test
	void olderGenerationOfSomebodyIsNoNewsButOneThatGrowsIs() {
		acknowledged();
		this.snapshots.add(snapshot(OTHER, 0, 1000, 5));
		assertThat(audit()).isEmpty();
		this.stored.accept(this.stored.known(), listing());
		assertThat(audit()).isEmpty();
		this.segments.add(segment(OTHER, 0, 0, 10, 6));
		assertThat(audit()).containsExactly(new ForeignGeneration(OTHER, false));
		assertThat(cure()).isEqualTo(new None());
	}

	@Test
	void generationThatAppearsAfterTheFirstAuditIsForeign() {
		acknowledged();
		this.stored.accept(this.stored.known(), listing());
		this.snapshots.add(snapshot(OTHER, 0, 1000, 5));
		assertThat(audit()).containsExactly(new ForeignGeneration(OTHER, false));
	}

	@Test
	void generationOfSomebodyThatIsNewerIsCuredByASnapshotThatIsNewerStill() {
		acknowledged();
		this.snapshots.add(snapshot(OTHER, 0, 1000, 22));
		assertThat(audit()).containsExactly(new ForeignGeneration(OTHER, true));
		assertThat(cure()).isEqualTo(new FreshSnapshot(2));
	}

	@Test
	void generationThatThisEngineHasLeftIsItsOwn() {
		this.stored.listedSegments(OTHER, List.of());
		acknowledged();
		this.snapshots.add(snapshot(OTHER, 0, 1000, 99));
		assertThat(audit()).isEmpty();
	}

	@Test
	void whatRetentionDeletesIsNotMissed() {
		acknowledged();
		this.stored.accept(this.stored.known(), listing());
		RetentionPlan plan = RetentionPlan.of(OURS, this.snapshots, this.segments, at(60));
		assertThat(plan.isEmpty()).isFalse();
		this.stored.forget(plan);
		assertThat(audit()).as("deleting may fail").isEmpty();
		this.snapshots.removeAll(plan.snapshots());
		this.segments.removeAll(plan.segments());
		assertThat(audit()).isEmpty();
		remove(2, 100);
		assertThat(audit()).hasSize(1);
	}

	@Test
	void whatIsStoredAfterAnAuditIsExpectedInTheNext() {
		acknowledged();
		this.stored.accept(this.stored.known(), listing());
		this.stored.stored(segment(OURS, 2, 300, 80, 30));
		Known known = this.stored.known();
		assertThat(ReplicaAudit.of(listing(), known, known, new WalPosition(OURS, 2, 400), false)).hasSize(1);
	}

	@Test
	void manySegmentsTakeBoundedMemoryAndEachIsMissed() {
		this.stored.listedSegments(OURS, List.of());
		for (int offset = 0; offset < 50_000; offset++) {
			WalSegment segment = segment(OURS, 0, offset, offset, 1);
			this.segments.add(segment);
			this.stored.stored(segment);
		}
		Known known = this.stored.known();
		assertThat(known.recent().size() + known.older().size()).isLessThanOrEqualTo(10_001);
		WalPosition end = new WalPosition(OURS, 0, 50_000);
		assertThat(ReplicaAudit.of(listing(), known, known, end, false)).isEmpty();
		for (int lost : new int[] { 0, 1, 25_000, 45_000, 49_999 }) {
			List<WalSegment> rest = new ArrayList<>(this.segments);
			rest.remove(lost);
			ListedObjects listing = new ListedObjects(this.snapshots, rest);
			assertThat(ReplicaAudit.of(listing, known, known, end, false)).as("without %d", lost).hasSize(1);
		}
	}

}
