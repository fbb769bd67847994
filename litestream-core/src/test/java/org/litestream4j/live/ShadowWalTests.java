package org.litestream4j.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.PowerCutDisk;
import org.litestream4j.io.Survival;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.testing.StubbornDisk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

class ShadowWalTests {

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

	private ShadowWal reopen() throws IOException {
		return ShadowWal.open(SystemDisk.ownerOnly(), this.meta, ShadowScript.heldLock());
	}

	private Path wal(WalPosition position) {
		return this.meta
			.resolve("generations/%s/wal/%08x.wal".formatted(position.generation().name(), position.index()));
	}

	@Test
	void newDirectoryHoldsNoGeneration() throws Exception {
		assertThat(script().shadow().position()).isNull();
		assertThat(reopen().position()).isNull();
	}

	@Test
	void reopeningGoesOnWhereItWas() throws Exception {
		ShadowScript script = script();
		script.startGeneration();
		script.commit(2);
		script.roll();
		script.commit(1);
		script.commit(3);
		WalPosition end = script.shadow().requirePosition();
		script.shadow().close();
		ShadowWal reopened = reopen();
		assertThat(reopened.requirePosition()).isEqualTo(end);
		assertThat(reopened.oldestIndex()).isZero();
		assertThat(reopened.size()).isEqualTo(script.shadow().size());
		script.check(reopened, end);
	}

	@Test
	void tornTailIsCutOff() throws Exception {
		ShadowScript script = script();
		script.startGeneration();
		script.commit(2);
		WalPosition end = script.shadow().requirePosition();
		script.shadow().close();
		Files.write(wal(end), new byte[700], StandardOpenOption.APPEND);
		ShadowWal reopened = reopen();
		assertThat(reopened.requirePosition()).isEqualTo(end);
		assertThat(wal(end)).hasSize(end.offset());
	}

	@Test
	void tornTailDoesNotComeBackWhenItsIndexIsNoLongerTheNewest() throws Exception {
		ShadowScript script = script();
		script.startGeneration();
		script.commit(2);
		WalPosition end = script.shadow().requirePosition();
		script.shadow().close();
		Files.write(wal(end), new byte[700], StandardOpenOption.APPEND);
		ShadowScript second = script();
		assertThat(second.shadow().requirePosition()).isEqualTo(end);
		second.shadow().append(WalCopier.Index.NEW).abort();
		Files.copy(wal(end), wal(new WalPosition(end.generation(), 1, 0)));
		assertThat(reopen().end(end.generation(), 0)).isEqualTo(end.offset());
	}

	@Test
	void transactionWithoutItsCommitFrameIsCutOff() throws Exception {
		ShadowScript script = script();
		script.startGeneration();
		script.commit(1);
		WalPosition first = script.shadow().requirePosition();
		script.commit(3);
		WalPosition second = script.shadow().requirePosition();
		script.shadow().close();
		truncate(wal(second), second.offset() - 536);
		assertThat(reopen().requirePosition()).isEqualTo(first);
	}

	@Test
	void indexWithoutAnyCommitIsDroppedAndTheOneBeforeIsTheNewest() throws Exception {
		ShadowScript script = script();
		script.startGeneration();
		script.commit(2);
		WalPosition first = script.shadow().requirePosition();
		script.roll();
		script.commit(3);
		WalPosition second = script.shadow().requirePosition();
		script.shadow().close();
		truncate(wal(second), 32 + 536);
		ShadowWal reopened = reopen();
		assertThat(reopened.requirePosition()).isEqualTo(first);
		assertThat(wal(second)).doesNotExist();
		truncate(wal(first), 10);
		assertThat(reopen().requirePosition()).isEqualTo(first.at(0));
	}

	private static void truncate(Path file, long size) throws IOException {
		try (var channel = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
			channel.truncate(size);
		}
	}

	@Test
	void whatIsTakenBackIsGone() throws Exception {
		ShadowScript script = script();
		script.startGeneration();
		script.abort(2);
		assertThat(script.shadow().requirePosition().offset()).isZero();
		script.commit(1);
		WalPosition end = script.shadow().requirePosition();
		script.abort(2);
		assertThat(script.shadow().requirePosition()).isEqualTo(end);
		assertThat(wal(end)).hasSize(end.offset());
		script.commit(2);
		script.shadow().close();
		script.check(reopen(), script.shadow().requirePosition());
	}

	@Test
	void filesOfOtherGenerationsAreDeletedAndForeignOnesAreNot() throws Exception {
		ShadowScript script = script();
		script.startGeneration();
		script.commit(1);
		WalPosition first = script.shadow().requirePosition();
		Path foreign = Files.createFile(this.meta.resolve("generations/notes.txt"));
		Path draft = Files.writeString(this.meta.resolve("generation.tmp"), "draft");
		script.startGeneration();
		assertThat(wal(first)).doesNotExist();
		assertThat(foreign).exists();
		assertThat(draft).doesNotExist();

		Path unborn = Files.createDirectories(this.meta.resolve("generations/00112233445566aa/wal"));
		Files.createFile(unborn.resolve("00000000.wal"));
		assertThat(reopen().position()).isEqualTo(script.shadow().position());
		assertThat(unborn).doesNotExist();
		assertThat(foreign).exists();
	}

	@Test
	void foreignFilesAmongTheIndexesAreIgnored() throws Exception {
		ShadowScript script = script();
		script.startGeneration();
		script.commit(1);
		WalPosition end = script.shadow().requirePosition();
		script.shadow().close();
		Files.createFile(wal(end).resolveSibling("zzzzzzzz.wal"));
		Files.createFile(wal(end).resolveSibling("ffffffff.wal"));
		assertThat(reopen().requirePosition()).isEqualTo(end);
	}

	@Test
	void damagedGenerationFileMeansNoLocalState() throws Exception {
		for (byte[] damaged : List.of(new byte[0], new byte[16], new byte[] { -1, -2, -3 },
				"../../../../etc1".getBytes(java.nio.charset.StandardCharsets.US_ASCII))) {
			ShadowScript script = script();
			script.startGeneration();
			script.commit(1);
			script.shadow().close();
			Files.write(this.meta.resolve("generation"), damaged);
			assertThat(reopen().position()).isNull();
		}
	}

	@Test
	void closedIndexStaysClosedAndOnlyAtItsOffset() throws Exception {
		ShadowScript script = script();
		script.startGeneration();
		script.commit(1);
		script.closeIndex();
		assertThat(state(script.shadow()).closed()).isTrue();
		assertThat(state(reopen()).closed()).isTrue();
		script.commit(1);
		script.shadow().close();
		assertThat(state(reopen()).closed()).isFalse();
		assertThat(reopen().requirePosition().index()).isOne();
	}

	private static ShadowState state(ShadowWal shadow) {
		return java.util.Objects.requireNonNull(shadow.state());
	}

	@Test
	void timesOfCommitsAreThoseOfTheirFilesAfterARestart() throws Exception {
		ShadowScript script = script();
		script.startGeneration();
		WalPosition begin = script.shadow().requirePosition();
		script.commit(1);
		WalPosition first = script.shadow().requirePosition();
		script.roll();
		script.commit(1);
		WalPosition second = script.shadow().requirePosition();
		script.shadow().close();
		Instant eleven = Instant.parse("2026-01-31T11:00:00.5Z");
		Instant noon = Instant.parse("2026-01-31T12:00:00.5Z");
		Files.setLastModifiedTime(wal(first), FileTime.from(eleven));
		// A copy of frames that was cut short is taken back, which counts as writing
		Files.write(wal(second), new byte[700], StandardOpenOption.APPEND);
		Files.setLastModifiedTime(wal(second), FileTime.from(noon));
		ShadowWal reopened = reopen();
		assertThat(committedAt(reopened, begin, first)).isBetween(eleven, eleven.plusMillis(20));
		assertThat(committedAt(reopened, second.at(0), second)).isBetween(noon, noon.plusMillis(20));
	}

	private static Instant committedAt(ShadowWal shadow, WalPosition from, WalPosition to) throws IOException {
		return shadow.frames(from, to.offset(), Duration.ofDays(1)).committedAt();
	}

	@Test
	void framesOfAGenerationThatWasLeftHaveNoTime() throws Exception {
		ShadowScript script = script();
		script.startGeneration();
		WalPosition begin = script.shadow().requirePosition();
		script.commit(1);
		WalPosition end = script.shadow().requirePosition();
		script.startGeneration();
		script.commit(1);
		assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> committedAt(script.shadow(), begin, end));
	}

	@Test
	void trimmingKeepsTheNewestIndex() throws Exception {
		ShadowScript script = script();
		script.startGeneration();
		List<WalPosition> ends = new ArrayList<>();
		for (int i = 0; i < 4; i++) {
			script.roll();
			script.commit(1 + i);
			ends.add(script.shadow().requirePosition());
		}
		ShadowWal shadow = script.shadow();
		Generation generation = shadow.requirePosition().generation();
		assertThat(shadow.bytesAfter(new WalPosition(generation, 1, 0)))
			.isEqualTo(ends.get(1).offset() + ends.get(2).offset() + ends.get(3).offset());
		assertThat(shadow.bytesAfter(ends.get(2))).isEqualTo(ends.get(3).offset());
		assertThat(shadow.bytesAfter(ends.get(3))).isZero();
		shadow.deleteBefore(generation, 2);
		assertThat(shadow.oldestIndex()).isEqualTo(2);
		assertThat(shadow.size()).isEqualTo(ends.get(2).offset() + ends.get(3).offset());
		assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> shadow.end(generation, 1));
		assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> shadow.openIndex(generation, 1));
		shadow.deleteBefore(generation, 99);
		assertThat(shadow.oldestIndex()).isEqualTo(3);
		assertThat(reopen().requirePosition()).isEqualTo(ends.get(3));
	}

	@Test
	void afterAFailureToForceItNothingIsAppendedToTheGeneration() throws Exception {
		FullDisk disk = new FullDisk();
		ShadowScript script = new ShadowScript(disk, this.meta);
		script.startGeneration();
		script.commit(1);
		script.commit(1);
		disk.full(0);
		assertThatIOException().isThrownBy(script::force);
		disk.free();
		script.force(); // the system says that all is well now
		WalPosition before = script.shadow().requirePosition();
		assertThatExceptionOfType(ContinuityLostException.class).isThrownBy(() -> script.commit(1))
			.withMessageContaining("could not be forced to the disk")
			.satisfies((ex) -> assertThat(ex.reason()).isEqualTo(GenerationReason.LOCAL_STATE_DAMAGED));
		assertThat(script.shadow().requirePosition()).isEqualTo(before);
		script.startGeneration();
		script.commit(1);
		assertThat(script.shadow().requirePosition().generation()).isNotEqualTo(before.generation());
	}

	@Test
	void indexesOfAGenerationThatWasLeftAreNotDeletedFromAnotherOne() throws Exception {
		ShadowScript script = new ShadowScript(SystemDisk.ownerOnly(), this.meta);
		script.startGeneration();
		Generation left = script.shadow().requirePosition().generation();
		script.startGeneration();
		for (int i = 0; i < 3; i++) {
			script.roll();
			script.commit(1);
		}
		script.shadow().deleteBefore(left, 2);
		assertThat(script.shadow().oldestIndex()).isZero();
	}

	@Test
	void indexThatCannotBeDeletedIsStillHereAndIsDeletedLater() throws Exception {
		StubbornDisk disk = new StubbornDisk();
		ShadowScript script = new ShadowScript(disk, this.meta);
		script.startGeneration();
		for (int i = 0; i < 3; i++) {
			script.roll();
			script.commit(1);
		}
		ShadowWal shadow = script.shadow();
		Generation generation = shadow.requirePosition().generation();
		long size = shadow.size();
		disk.keepFiles();
		assertThatIOException().isThrownBy(() -> shadow.deleteBefore(generation, 2))
			.withMessage("Operation not permitted");
		assertThat(shadow.oldestIndex()).isZero();
		assertThat(shadow.size()).isEqualTo(size);
		shadow.openIndex(shadow.requirePosition().generation(), 0).close();
		disk.obey();
		shadow.deleteBefore(generation, 2);
		assertThat(shadow.oldestIndex()).isEqualTo(2);
		Path directory = wal(shadow.requirePosition()).getParent();
		try (Stream<Path> files = Files.list(directory)) {
			assertThat(files).hasSize(1);
		}
	}

	@Test
	void indexThatCannotBeCutIsNotLeftOpen() throws Exception {
		ShadowScript before = script();
		before.startGeneration();
		before.commit(1);
		before.shadow().close();
		StubbornDisk disk = new StubbornDisk();
		ShadowWal shadow = ShadowWal.open(disk, this.meta, ShadowScript.heldLock());
		int open = disk.openFiles();
		disk.keepSizes();
		assertThatIOException().isThrownBy(() -> shadow.append(WalCopier.Index.SAME))
			.withMessage("Operation not permitted");
		assertThat(disk.openFiles()).isEqualTo(open);
	}

	@Test
	void powerCutAfterAnyOperationLeavesACommittedPrefix() throws Exception {
		Files.createDirectories(this.temp.resolve("disk"));
		PowerCutDisk disk = new PowerCutDisk(this.temp.resolve("disk"));
		List<@Nullable WalPosition> surely = new ArrayList<>();
		List<Path> images = new ArrayList<>();
		ShadowScript[] script = new ShadowScript[1];
		disk.afterEachOperation((operation) -> {
			try {
				List<Survival> survivals = List.of(Survival.nothingUnforced(), Survival.namesOnly(),
						Survival.everything(), Survival.random(operation), Survival.random(operation + 1000));
				for (int i = 0; i < survivals.size(); i++) {
					Path image = this.temp.resolve("image-%d-%d".formatted(operation, i));
					disk.crashImage(image, survivals.get(i));
					images.add(image);
					surely.add((script[0] != null) ? script[0].forced() : null);
				}
			}
			catch (IOException ex) {
				throw new AssertionError(ex);
			}
		});
		ShadowScript run = new ShadowScript(disk, this.temp.resolve("disk/meta"));
		script[0] = run;
		everything(run);
		assertThat(images).hasSizeGreaterThan(200);
		for (int i = 0; i < images.size(); i++) {
			Path found = images.get(i).resolve("meta");
			ShadowWal reopened = ShadowWal.open(SystemDisk.ownerOnly(), found, ShadowScript.heldLock());
			run.check(reopened, surely.get(i));
			assertThat(ShadowWal.open(SystemDisk.ownerOnly(), found, ShadowScript.heldLock()).position())
				.isEqualTo(reopened.position());
		}
	}

	@Test
	void beginningOfAnIndexSurvivesAPowerCutAtOnce() throws Exception {
		Files.createDirectories(this.temp.resolve("disk"));
		PowerCutDisk disk = new PowerCutDisk(this.temp.resolve("disk"));
		ShadowScript script = new ShadowScript(disk, this.temp.resolve("disk/meta"));
		script.startGeneration();
		script.commit(2);
		script.roll();
		script.commit(1);
		WalPosition begun = script.shadow().requirePosition();
		script.commit(3);
		Path image = this.temp.resolve("image");
		disk.crashImage(image, Survival.nothingUnforced());
		ShadowWal reopened = ShadowWal.open(SystemDisk.ownerOnly(), image.resolve("meta"), ShadowScript.heldLock());
		assertThat(reopened.requirePosition()).isEqualTo(begun);
	}

	@Test
	void nameThatAKilledProcessHasLeftIsForcedBeforeAnythingReliesOnIt() throws Exception {
		Files.createDirectories(this.temp.resolve("disk"));
		Path root = this.temp.resolve("disk/meta");
		PowerCutDisk disk = new PowerCutDisk(this.temp.resolve("disk"));
		ShadowScript killed = new ShadowScript(disk, root);
		killed.startGeneration();
		killed.commit(2);
		killed.commitAndDie();
		ShadowScript script = killed.next(disk, root);
		assertThat(script.shadow().requirePosition().index()).isOne();
		script.commit(1);
		script.force();
		Path image = this.temp.resolve("image");
		disk.crashImage(image, Survival.nothingUnforced());
		ShadowWal reopened = ShadowWal.open(SystemDisk.ownerOnly(), image.resolve("meta"), ShadowScript.heldLock());
		assertThat(reopened.requirePosition()).isEqualTo(script.shadow().requirePosition());
	}

	private static void everything(ShadowScript script) throws IOException {
		script.startGeneration();
		script.commit(1);
		script.commit(3);
		script.force();
		script.commit(2);
		script.abort(3);
		script.commit(1);
		script.roll();
		script.commit(2);
		script.commit(2);
		script.force();
		script.commit(1);
		script.closeIndex();
		script.commit(1);
		script.roll();
		script.commit(1);
		script.force();
		script.shadow().deleteBefore(script.shadow().requirePosition().generation(), 2);
		script.commit(1);
		script.startGeneration();
		script.commit(2);
		script.roll();
		script.commit(2);
		script.shadow().close();
	}

}
