package org.litestream4j.live;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.PowerCutDisk;
import org.litestream4j.io.PowerCutException;
import org.litestream4j.io.Survival;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link LocalLog} and for what {@link ShadowWal} makes of it.
 */
class LocalLogTests {

	private static final String FIRST = "00000000000000a1";

	private static final String SECOND = "00000000000000a2";

	private static final String THIRD = "00000000000000a3";

	@TempDir
	private Path temp;

	private Path meta;

	@BeforeEach
	void nameDirectory() {
		this.meta = this.temp.resolve("meta");
	}

	private ShadowScript script() throws IOException {
		return new ShadowScript(SystemDisk.ownerOnly(), this.meta);
	}

	private LocalLog read() throws IOException {
		return LocalLog.read(SystemDisk.ownerOnly(), this.meta);
	}

	private ShadowWal reopen() throws IOException {
		return ShadowWal.open(SystemDisk.ownerOnly(), this.meta, ShadowScript.heldLock());
	}

	private LocalLog run(String id) throws IOException {
		LocalLog log = read();
		log.beginRun(id);
		return log;
	}

	/** Indexes 0 to 2, of one commit each, after a run has begun. */
	private WalPosition threeIndexes() throws IOException {
		run(FIRST);
		ShadowScript script = script();
		script.startGeneration();
		for (int i = 0; i < 3; i++) {
			script.roll();
			script.commit(1 + i);
		}
		script.shadow().close();
		return script.shadow().requirePosition();
	}

	private byte[] bytes(LocalLog log, int index) throws IOException {
		byte[] bytes = new byte[(int) log.endOf(index)];
		try (RandomAccessFile file = log.openIndex(index)) {
			file.readFully(bytes);
		}
		return bytes;
	}

	private static WalPosition at(WalPosition like, int index, long offset) {
		return new WalPosition(like.generation(), index, offset);
	}

	@Test
	void nothingIsFoundWhereNothingWas() throws Exception {
		LocalLog log = read();
		assertThat(log.generation()).isEmpty();
		assertThat(log.end()).isEmpty();
		assertThat(log.runs()).isEmpty();
		assertThat(this.meta).doesNotExist();
		Generation any = new Generation("0123456789abcdef");
		assertThat(log.continuationOf(new WalPosition(any, 0, 0), null))
			.isEqualTo(new Continuation.OtherGeneration(null));
	}

	@Test
	void stateOfAnOlderVersionIsGoneOnWith() throws Exception {
		ShadowScript script = script();
		script.startGeneration();
		script.commit(2);
		script.shadow().close();
		WalPosition end = script.shadow().requirePosition();
		assertThat(this.meta.resolve("generation")).hasContent(end.generation().name());
		LocalLog log = run(FIRST);
		assertThat(log.end()).hasValue(end);
		assertThat(log.continuationOf(end, null)).isEqualTo(new Continuation.At(end, 0));
		log.renumber(0, 2);
		assertThat(log.continuationOf(end, null)).isEqualTo(new Continuation.At(at(end, 2, 0), end.offset()));
		assertThat(reopen().position()).isEqualTo(at(end, 2, end.offset()));
	}

	@Test
	void runsStayKnownWhenAGenerationStarts() throws Exception {
		run(FIRST);
		ShadowScript script = script();
		script.startGeneration();
		script.commit(1);
		script.shadow().close();
		run(SECOND);
		script().startGeneration();
		assertThat(read().runs()).containsExactly(FIRST, SECOND);
	}

	@Test
	void lastTwoHundredRunsAreKnownAndOfOthersItIsSaidThatTheyAreNot() throws Exception {
		WalPosition end = threeIndexes();
		assertThat(read().continuationOf(end, FIRST)).isEqualTo(new Continuation.At(end, 0));
		LocalLog log = read();
		for (int i = 0; i < 200; i++) {
			log.beginRun("%016x".formatted(0x1000 + i));
		}
		LocalLog reread = read();
		assertThat(reread.runs()).hasSize(200).doesNotContain(FIRST).endsWith("%016x".formatted(0x1000 + 199));
		assertThat(reread.continuationOf(end, FIRST)).isEqualTo(new Continuation.UnknownWriter(FIRST));
		assertThat(reread.continuationOf(end, null)).isEqualTo(new Continuation.UnknownWriter(null));
	}

	@Test
	void movedIndexesHoldWhatTheyHeld() throws Exception {
		WalPosition end = threeIndexes();
		LocalLog log = run(SECOND);
		byte[] first = bytes(log, 0);
		byte[] second = bytes(log, 1);
		log.renumber(1, 4);
		assertThat(log.indexes()).containsExactly(0, 5, 6);
		assertThat(log.end()).hasValue(at(end, 6, end.offset()));
		assertThat(bytes(log, 0)).isEqualTo(first);
		assertThat(bytes(log, 5)).isEqualTo(second);
		assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> log.endOf(1));
		assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> log.openIndex(1));
		ShadowWal shadow = reopen();
		assertThat(shadow.requirePosition()).isEqualTo(at(end, 6, end.offset()));
		assertThat(shadow.indexAfter(end.generation(), 0)).isEqualTo(5);
		assertThat(shadow.indexAfter(end.generation(), 3)).isEqualTo(5);
		assertThat(shadow.indexAfter(end.generation(), 5)).isEqualTo(6);
		assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> shadow.indexAfter(end.generation(), 6));
		assertThat(read().indexes()).containsExactly(0, 5, 6);
	}

	@Test
	void indexesBeforeTheMoveAreDeletedAsEver() throws Exception {
		WalPosition end = threeIndexes();
		run(SECOND).renumber(1, 4);
		ShadowWal shadow = reopen();
		shadow.deleteBefore(end.generation(), 6);
		assertThat(read().indexes()).containsExactly(6);
		assertThat(shadow.oldestIndex()).isEqualTo(6);
		assertThat(shadow.end(end.generation(), 6)).isEqualTo(end.offset());
	}

	@Test
	void positionIsPutIntoTodaysNumbersByTheMovesOfLaterRuns() throws Exception {
		WalPosition end = threeIndexes();
		run(SECOND).renumber(2, 3);
		LocalLog log = run(THIRD);
		log.renumber(5, 2);
		// By the first run, before either move
		assertThat(log.continuationOf(end, FIRST)).isEqualTo(new Continuation.At(at(end, 7, 0), end.offset()));
		// By the second, which wrote it anew under the new number
		assertThat(log.continuationOf(at(end, 5, end.offset()), SECOND))
			.isEqualTo(new Continuation.At(at(end, 7, 0), end.offset()));
		// By this one
		assertThat(log.continuationOf(at(end, 7, end.offset()), THIRD))
			.isEqualTo(new Continuation.At(at(end, 7, end.offset()), 0));
		// Unmoved
		assertThat(log.continuationOf(at(end, 1, 32), FIRST)).isEqualTo(new Continuation.At(at(end, 1, 32), 0));
		assertThat(reopen().continuationOf(end, FIRST)).isEqualTo(log.continuationOf(end, FIRST));
	}

	@Test
	void indexOfWhichAllIsThereIsNotRepeated() throws Exception {
		WalPosition end = threeIndexes();
		LocalLog log = run(SECOND);
		long whole = log.endOf(1);
		log.renumber(1, 2);
		assertThat(log.continuationOf(at(end, 1, whole), FIRST)).isEqualTo(new Continuation.At(at(end, 4, 0), 0));
	}

	@Test
	void itIsSaidWhyNothingGoesOn() throws Exception {
		WalPosition end = threeIndexes();
		LocalLog log = run(SECOND);
		log.renumber(2, 2);
		WalPosition beyond = at(end, 2, end.offset() + 536);
		WalPosition now = at(end, 4, end.offset());
		assertThat(log.continuationOf(beyond, FIRST)).isInstanceOf(Continuation.Behind.class)
			.isEqualTo(new Continuation.Behind(at(end, 4, end.offset() + 536), now));
		assertThat(log.continuationOf(at(end, 3, 568), FIRST)).isEqualTo(new Continuation.Behind(at(end, 5, 568), now));
		assertThat(log.continuationOf(at(end, 1, 1 << 20), FIRST)).isInstanceOf(Continuation.Contradiction.class);
		assertThat(log.continuationOf(at(end, 2, 568), SECOND)).isInstanceOf(Continuation.Contradiction.class);
		assertThat(log.continuationOf(end, "00000000000000ff"))
			.isEqualTo(new Continuation.UnknownWriter("00000000000000ff"));
		WalPosition other = new WalPosition(new Generation("0123456789abcdef"), 0, 0);
		assertThat(log.continuationOf(other, FIRST)).isEqualTo(new Continuation.OtherGeneration(end.generation()));
		ShadowWal shadow = reopen();
		shadow.deleteBefore(end.generation(), 4);
		assertThat(shadow.continuationOf(at(end, 1, 568), FIRST)).isEqualTo(new Continuation.TooOld(4));
		assertThat(shadow.continuationOf(at(end, 1, 568), FIRST).found()).isEmpty();
		assertThat(shadow.continuationOf(at(end, 1, 568), FIRST).describe()).contains("00000004");
	}

	@Test
	void closedIndexStaysClosedWhereItIsMoved() throws Exception {
		run(FIRST);
		ShadowScript script = script();
		script.startGeneration();
		script.commit(1);
		script.closeIndex();
		script.shadow().close();
		run(SECOND).renumber(0, 3);
		ShadowWal shadow = reopen();
		assertThat(shadow.requirePosition().index()).isEqualTo(3);
		assertThat(shadow.isClosedIndex()).isTrue();
	}

	/** Whoever ends there lacks nothing of it, by whichever name that end is called. */
	@Test
	void closedIndexThatWasMovedIsFollowedByTheNext() throws Exception {
		run(FIRST);
		ShadowScript script = script();
		script.startGeneration();
		script.commit(1);
		WalPosition end = script.shadow().requirePosition();
		script.closeIndex();
		script.shadow().close();
		LocalLog log = run(SECOND);
		log.renumber(0, 2);
		Continuation next = new Continuation.At(at(end, 3, 0), 0);
		assertThat(log.continuationOf(at(end, 1, 0), FIRST)).isEqualTo(next);
		assertThat(log.continuationOf(end, FIRST)).isEqualTo(next);
		assertThat(reopen().continuationOf(end, FIRST)).isEqualTo(next);
	}

	@Test
	void generationThatHoldsNothingBeginsAtAMovedIndex() throws Exception {
		run(FIRST);
		script().startGeneration();
		LocalLog log = run(SECOND);
		WalPosition begin = log.end().orElseThrow();
		log.renumber(0, 2);
		assertThat(log.end()).hasValue(at(begin, 2, 0));
		assertThat(log.continuationOf(begin, FIRST)).isEqualTo(new Continuation.At(at(begin, 2, 0), 0));
		ShadowScript script = script();
		assertThat(script.shadow().requirePosition()).isEqualTo(at(begin, 2, 0));
		assertThat(script.shadow().end(begin.generation(), 2)).isZero();
	}

	@Test
	void indexThatIsNotHereYetCanBeMoved() throws Exception {
		WalPosition end = threeIndexes();
		LocalLog log = run(SECOND);
		log.renumber(3, 2);
		assertThat(log.end()).hasValue(end);
		ShadowWal shadow = reopen();
		ShadowWal.Appender next = shadow.append(WalCopier.Index.NEW);
		next.abort();
		assertThat(log.continuationOf(at(end, 3, 568), FIRST)).isEqualTo(new Continuation.Behind(at(end, 5, 568), end));
	}

	@Test
	void numbersThatAreUsedUpGiveTheGenerationUp() throws Exception {
		threeIndexes();
		LocalLog log = run(SECOND);
		log.renumber(0, 1 << 29);
		assertThat(log.generation()).isPresent();
		log.renumber(1 << 29, 1 << 29);
		assertThat(log.generation()).isEmpty();
		assertThat(log.end()).isEmpty();
		assertThat(log.runs()).containsExactly(FIRST, SECOND);
		ShadowWal shadow = reopen();
		assertThat(shadow.position()).isNull();
		assertThat(shadow.left()).isNotNull()
			.satisfies((left) -> assertThat(left.reason()).isEqualTo(GenerationReason.WAL_INDEX_TOO_LARGE));
	}

	@Test
	void whyAGenerationIsGivenUpIsReadBack() throws Exception {
		threeIndexes();
		read().leave(GenerationReason.REPLICA_DIVERGED, "the replica\nends at crc32 0");
		assertThat(reopen().left())
			.isEqualTo(new LocalState.Left(GenerationReason.REPLICA_DIVERGED, "the replica?ends at crc32 0"));
		assertThat(read().runs()).containsExactly(FIRST);
		script().startGeneration();
		assertThat(reopen().left()).isNull();
	}

	@Test
	void timeAtWhichAGenerationBeganIsThatOfItsBeginning() throws Exception {
		threeIndexes();
		ShadowFiles before = new ShadowFiles(SystemDisk.ownerOnly(), this.meta);
		before.readState();
		Files.setLastModifiedTime(this.meta.resolve("generation"),
				java.nio.file.attribute.FileTime.from(java.time.Instant.parse("2026-01-31T11:00:00.5Z")));
		java.time.Instant begun = before.begunBy();
		run(SECOND).renumber(0, 2);
		ShadowFiles after = new ShadowFiles(SystemDisk.ownerOnly(), this.meta);
		after.readState();
		assertThat(after.begunBy()).isEqualTo(begun).isBefore(java.time.Instant.parse("2026-01-31T11:00:01Z"));
	}

	@Test
	void stateOfWhichABitIsWrongMeansNoLocalState() throws Exception {
		threeIndexes();
		Path file = this.meta.resolve("generation");
		byte[] good = Files.readAllBytes(file);
		for (int at = 0; at < good.length; at++) {
			byte[] bad = good.clone();
			bad[at] ^= 1;
			Files.write(file, bad);
			assertThat(read().generation()).as("byte %d", at).isEmpty();
		}
		Files.write(file, good);
		assertThat(read().generation()).isPresent();
	}

	/** What a test has done to the disk, before the power goes. */
	private interface Work {

		void run(PowerCutDisk disk) throws IOException;

	}

	@Test
	void powerCutWhileIndexesAreMovedLeavesEitherNumbering() throws Exception {
		WalPosition end = threeIndexes();
		WalPosition moved = at(end, 7, end.offset());
		List<@Nullable WalPosition> found = afterEachCut((disk) -> {
			LocalLog log = LocalLog.read(disk, this.meta);
			log.beginRun(SECOND);
			log.renumber(1, 5);
		}, (image) -> {
			LocalLog log = LocalLog.read(SystemDisk.ownerOnly(), image);
			ShadowWal shadow = ShadowWal.open(SystemDisk.ownerOnly(), image, ShadowScript.heldLock());
			WalPosition position = shadow.requirePosition();
			assertThat(log.end()).hasValue(position);
			assertThat(log.indexes()).isEqualTo(position.equals(end) ? List.of(0, 1, 2) : List.of(0, 6, 7));
			assertThat(log.continuationOf(end, FIRST)).isEqualTo(position.equals(end) ? new Continuation.At(end, 0)
					: new Continuation.At(moved.at(0), end.offset()));
			assertThat(log.runs()).startsWith(FIRST);
			return position;
		});
		assertThat(found).contains(end, moved).containsOnly(end, moved);
	}

	@Test
	void powerCutWhileARestoredDatabaseIsAdoptedLeavesNothingOrAllOfIt() throws Exception {
		WalPosition left = threeIndexes();
		Path database = this.temp.resolve("app.db");
		try (TestDatabase app = TestDatabase.open(database)) {
			app.commits(2);
		}
		WalPosition end = at(left, 7, 568);
		WalPosition begin = at(left, 9, 0);
		List<@Nullable WalPosition> found = afterEachCut((disk) -> {
			LocalLog log = LocalLog.read(disk, this.meta);
			log.beginRun(SECOND);
			log.adopt(end, THIRD, 9, database);
		}, (image) -> {
			LocalLog log = LocalLog.read(SystemDisk.ownerOnly(), image);
			WalPosition position = log.end().orElse(null);
			assertThat(ShadowWal.open(SystemDisk.ownerOnly(), image, ShadowScript.heldLock()).position())
				.isEqualTo(position);
			assertThat(log.runs()).startsWith(FIRST);
			if (begin.equals(position)) {
				assertThat(log.indexes()).isEmpty();
				assertThat(log.continuationOf(end, THIRD)).isEqualTo(new Continuation.At(begin, 0));
			}
			return position;
		});
		assertThat(found).contains(left, null, begin).containsOnly(left, null, begin);
	}

	@Test
	void powerCutThatTakesFramesWhichWereNotForcedLeavesWhatWasMoved() throws Exception {
		run(FIRST);
		for (int cut = 0; cut < 4; cut++) {
			for (Survival survival : List.of(Survival.nothingUnforced(), Survival.namesOnly(), Survival.everything(),
					Survival.random(cut))) {
				framesAreLost(cut, survival);
			}
		}
	}

	/** After three indexes, of which the last was not forced. */
	private void framesAreLost(int from, Survival survival) throws IOException {
		Path image = this.temp.resolve("image");
		Path real = this.temp.resolve("real");
		Files.createDirectory(real);
		PowerCutDisk disk = new PowerCutDisk(real);
		this.meta = real.resolve("meta");
		LocalLog first = LocalLog.read(disk, this.meta);
		first.beginRun(FIRST);
		ShadowScript script = new ShadowScript(disk, this.meta);
		script.startGeneration();
		for (int i = 0; i < 3; i++) {
			script.roll();
			script.commit(2);
		}
		WalPosition end = script.shadow().requirePosition();
		LocalLog log = LocalLog.read(disk, this.meta);
		log.beginRun(SECOND);
		log.renumber(from, 5);
		disk.crashImage(image, survival);
		LocalLog found = LocalLog.read(SystemDisk.ownerOnly(), image.resolve("meta"));
		ShadowWal shadow = ShadowWal.open(SystemDisk.ownerOnly(), image.resolve("meta"), ShadowScript.heldLock());
		WalPosition position = shadow.requirePosition();
		assertThat(found.end()).hasValue(position);
		for (int index : found.indexes()) {
			int before = (index >= from + 5) ? index - 5 : index;
			assertThat(bytes(found, index)).as("index %d, moved from %d on", index, from)
				.isEqualTo(Files.readAllBytes(
						this.meta.resolve("generations/%s/wal/%08x.wal".formatted(end.generation(), before))));
		}
		assertThat(found.continuationOf(end, FIRST)).isInstanceOfAny(Continuation.At.class, Continuation.Behind.class);
		ShadowWal.Appender next = shadow.append(WalCopier.Index.NEW);
		next.abort();
		delete(image);
		delete(real);
	}

	private interface Look {

		@Nullable WalPosition at(Path image) throws IOException;

	}

	/** Does something until the power is cut, after each operation and in each way. */
	private List<@Nullable WalPosition> afterEachCut(Work work, Look look) throws IOException {
		List<@Nullable WalPosition> found = new ArrayList<>();
		Path original = this.temp.resolve("original");
		copy(this.meta, original);
		boolean whole = false;
		for (int operations = 0; !whole; operations++) {
			delete(this.meta);
			copy(original, this.meta);
			PowerCutDisk disk = new PowerCutDisk(this.temp.resolve("meta"));
			disk.cutAfter(operations);
			try {
				work.run(disk);
				whole = true;
			}
			catch (PowerCutException ex) {
				assertThat(disk.operations()).isEqualTo(operations);
			}
			List<Survival> survivals = List.of(Survival.nothingUnforced(), Survival.namesOnly(), Survival.everything(),
					Survival.random(operations));
			for (int i = 0; i < survivals.size(); i++) {
				Path image = this.temp.resolve("image-%d-%d".formatted(operations, i));
				disk.crashImage(image, survivals.get(i));
				found.add(look.at(image));
			}
		}
		return found;
	}

	private static void copy(Path from, Path to) throws IOException {
		try (var files = Files.walk(from)) {
			for (Path file : files.toList()) {
				Files.copy(file, to.resolve(from.relativize(file).toString()));
			}
		}
	}

	private static void delete(Path directory) throws IOException {
		try (var files = Files.walk(directory)) {
			for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
				Files.delete(file);
			}
		}
	}

}
