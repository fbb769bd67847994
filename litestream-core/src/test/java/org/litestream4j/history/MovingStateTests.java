package org.litestream4j.history;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.Replica;
import org.litestream4j.ReplicaFormats;
import org.litestream4j.RestoreProgress;
import org.litestream4j.format.WalPosition;
import org.litestream4j.history.diff.ScratchDirectory;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.ReplicaWriter;
import org.litestream4j.testing.CountingStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link MovingState}, {@link StateFile} and {@link DeltaLog}.
 */
class MovingStateTests {

	private static final long SEED = 13;

	@TempDir
	private Path directory;

	/** Indexes, snapshots, a second generation; the database grows and shrinks. */
	private static void write(ReplicaWriter writer, Random random) throws Exception {
		writer.noteTimes();
		for (int i = 0; i < 60; i++) {
			if (i > 0 && i % 15 == 0) {
				writer.nextIndex();
			}
			if (i == 45) {
				writer.nextGeneration();
			}
			String change = switch (random.nextInt(5)) {
				case 0 -> "DELETE FROM t WHERE id %% %d = 0".formatted(2 + random.nextInt(3));
				case 1 -> "UPDATE t SET v = randomblob(%d) WHERE id %% 7 = 0".formatted(random.nextInt(900));
				default ->
					"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO t (v) SELECT randomblob(%d) FROM n"
						.formatted(1 + random.nextInt(40), random.nextInt(2000));
			};
			writer.commit(change);
			if (i == 0 || i == 20 || i == 45) {
				writer.snapshot();
			}
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 512, 4096, 65536 })
	void everyStateIsThatOfTheWriterHoweverItIsMovedTo(int pageSize) throws Exception {
		Random random = new Random(SEED);
		try (ReplicaWriter writer = new ReplicaWriter(this.directory, "page_size=" + pageSize, "auto_vacuum=FULL");
				ScratchDirectory scratch = ScratchDirectory.create(this.directory, "scratch")) {
			write(writer, random);
			CountingStore store = new CountingStore(writer.client().store());
			HistorySource source = ReplicaFormats.history("app", new Replica("file", store, Replica.Options.DEFAULTS),
					LitestreamListener.NONE);
			HistoryView view = source.view();
			int points = view.points().size();
			int second = (int) view.points()
				.stream()
				.filter((point) -> !point.line().equals(writer.generation().name()))
				.count();
			assertThat(second).isBetween(35, 45);
			try (MovingState state = new MovingState("app", source, view, scratch, RestoreProgress.NONE)) {
				for (int[] line : new int[][] { { 0, second }, { second, points } }) {
					for (int i = 0; i < 40; i++) {
						int point = (i == 0) ? line[0] : line[0] + random.nextInt(line[1] - line[0]);
						StateFile file = state.moveTo(point);
						byte[] expected = writer.state((WalPosition) state.at(point).position());
						assertThat(Files.readAllBytes(file.path())).as("seed %d, point %d", SEED, point)
							.isEqualTo(expected);
						assertThat(file.pages() * pageSize).isEqualTo(expected.length);
					}
				}
				List<String> opened = new ArrayList<>(store.opened());
				opened.removeIf((name) -> !name.endsWith(".wal.lz4") || name.endsWith("_00000000.wal.lz4"));
				assertThat(opened).as("segments are fetched once, but for the header of one WAL")
					.doesNotHaveDuplicates();
				assertThat(store.opened()).filteredOn((name) -> name.contains("snapshots")).hasSize(2);
			}
			assertThat(scratch.path()).isEmptyDirectory();
		}
	}

	@Test
	void whatDoesNotFitIntoMemoryIsKeptInAFileAndTakenBackAlike() throws Exception {
		Random random = new Random(SEED);
		Path path = this.directory.resolve("state.db");
		int pageSize = 4096;
		byte[] first = new byte[8 * pageSize];
		System.arraycopy("SQLite format 3\0\20\0".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1), 0, first, 0,
				18);
		Files.write(path, first);
		List<byte[]> states = new ArrayList<>(List.of(first));
		try (StateFile file = new StateFile(path, this.directory.resolve("log"), SystemDisk.ownerOnly(), 1)) {
			for (int step = 0; step < 80; step++) {
				StateFile.NewStep next = file.newStep();
				int pages = 4 + random.nextInt(30);
				for (int i = 0; i < 12; i++) {
					int number = 2 + random.nextInt(pages - 1);
					byte[] page = new byte[pageSize];
					random.nextBytes(page);
					next.write(number, page, 0);
				}
				next.end(pages);
				states.add(Files.readAllBytes(path));
				assertThat(states.get(step + 1)).hasSize(pages * pageSize);
			}
			assertThat(file.isSpilt()).isTrue();
			for (int i = 0; i < 60; i++) {
				int step = random.nextInt(81);
				file.moveTo(step);
				assertThat(Files.readAllBytes(path)).as("seed %d, step %d", SEED, step).isEqualTo(states.get(step));
			}
			file.moveTo(40);
			file.forgetAhead();
			StateFile.NewStep other = file.newStep();
			other.write(3, new byte[pageSize], 0);
			other.end(5);
			file.moveTo(0);
			assertThat(Files.readAllBytes(path)).isEqualTo(first);
			file.moveTo(41);
			assertThat(Files.readAllBytes(path)).hasSize(5 * pageSize);
		}
	}

	@Test
	void smallChangesTakeLittleAndAreAppliedBothWays() throws Exception {
		Random random = new Random(SEED);
		try (DeltaLog log = new DeltaLog(this.directory.resolve("log"), SystemDisk.ownerOnly(), 1 << 20)) {
			byte[] before = new byte[65536];
			random.nextBytes(before);
			byte[] after = before.clone();
			after[0] ^= 1;
			after[40_000] ^= 2;
			after[40_003] ^= 3;
			after[65_535] ^= 4;
			DeltaLog.Place begin = log.end();
			log.add(7, before, after, 0, before.length);
			assertThat(log.end().offset()).isLessThan(60);
			byte[] page = before.clone();
			log.visit(begin, log.end(), (number, runs, offset, length) -> {
				assertThat(number).isEqualTo(7);
				DeltaLog.apply(page, runs, offset, length);
			});
			assertThat(page).isEqualTo(after);
			log.visit(begin, log.end(), (number, runs, offset, length) -> DeltaLog.apply(page, runs, offset, length));
			assertThat(page).isEqualTo(before);
		}
	}

}
