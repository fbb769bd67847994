package org.litestream4j.history;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.Replica;
import org.litestream4j.ReplicaFormats;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.WalPosition;
import org.litestream4j.history.diff.ScratchDirectory;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.ReplicaWriter;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.testing.CountingStore;

import static org.assertj.core.api.Assertions.assertThat;

/** Tests for {@link StatePair}. */
class StatePairTests {

	private static final long SEED = 17;

	@TempDir
	private Path directory;

	/** Several indexes and generations; the database grows and shrinks. */
	private static void write(ReplicaWriter writer, Random random) throws Exception {
		for (int i = 0; i < 40; i++) {
			if (i > 0 && i % 9 == 0) {
				writer.nextIndex();
			}
			if (i == 30) {
				writer.nextGeneration();
			}
			writer.commit(switch (random.nextInt(4)) {
				case 0 -> "DELETE FROM t WHERE id %% %d = 0".formatted(2 + random.nextInt(3));
				case 1 -> "UPDATE t SET v = randomblob(%d) WHERE id %% 7 = 0".formatted(random.nextInt(900));
				default ->
					"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO t (v) SELECT randomblob(%d) FROM n"
						.formatted(1 + random.nextInt(40), random.nextInt(2000));
			});
			if (i == 0 || i == 30) {
				writer.snapshot();
			}
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 512, 4096 })
	void secondStateIsThatOfTheWriterWhicheverWayItIsMade(int pageSize) throws Exception {
		Random random = new Random(SEED);
		try (ReplicaWriter writer = new ReplicaWriter(this.directory, "page_size=" + pageSize, "auto_vacuum=FULL")) {
			write(writer, random);
			CountingStore store = new CountingStore(writer.client().store());
			HistorySource source = ReplicaFormats.history("app", new Replica("file", store, Replica.Options.DEFAULTS),
					LitestreamListener.NONE);
			List<? extends HistoryPoint> points = source.view().points();
			int moved = 0;
			for (int i = 0; i < 40; i++) {
				HistoryPoint from = points.get(random.nextInt(points.size()));
				HistoryPoint to = points.get(random.nextInt(points.size()));
				StatePair pair = new StatePair("app", source, RestoreOptions.DEFAULTS, RestoreProgress.NONE);
				int snapshots = snapshots(store);
				try (ScratchDirectory scratch = ScratchDirectory.create(this.directory, "scratch")) {
					RestoreReport first = pair.first(from.target())
						.writeTo(RestoreOutput.newFile(scratch.file("first.db")), scratch.disk());
					RestoreReport second = pair.second(to.target())
						.writeTo(RestoreOutput.newFile(scratch.file("second.db")), scratch.disk());
					assertThat(Files.readAllBytes(first.outputPath())).as("seed %d, pair %d", SEED, i)
						.isEqualTo(writer.state((WalPosition) first.position()));
					assertThat(Files.readAllBytes(second.outputPath())).as("seed %d, pair %d", SEED, i)
						.isEqualTo(writer.state((WalPosition) second.position()));
					assertThat(second.bytes()).isEqualTo(Files.size(second.outputPath()));
					boolean follows = first.position() instanceof WalPosition before
							&& second.position() instanceof WalPosition after
							&& before.generation().equals(after.generation()) && !before.isAfter(after);
					assertThat(pair.isMoved() && !follows).as("seed %d, pair %d", SEED, i).isFalse();
					assertThat(snapshots(store) - snapshots).isEqualTo(pair.isMoved() ? 1 : 2);
					moved += pair.isMoved() ? 1 : 0;
				}
			}
			assertThat(moved).as("pairs of 40 of which the second was made from the first").isBetween(8, 32);
		}
	}

	private static int snapshots(CountingStore store) {
		return (int) store.opened().stream().filter((name) -> name.contains("snapshots")).count();
	}

	@Test
	void secondStateEndsAtTheVeryTransaction() throws Exception {
		Random random = new Random(SEED);
		try (ReplicaWriter writer = new ReplicaWriter(this.directory, "page_size=1024")) {
			write(writer, random);
			Replica replica = new Replica("file", writer.client().store(), Replica.Options.DEFAULTS);
			HistorySource source = ReplicaFormats.history("app", replica, LitestreamListener.NONE);
			HistoryPoint last = source.view().points().get(source.view().points().size() - 1);
			try (ScratchDirectory scratch = ScratchDirectory.create(this.directory, "scratch")) {
				StatePair pair = new StatePair("app", source, RestoreOptions.DEFAULTS, RestoreProgress.NONE);
				RestoreReport first = pair.first(RestoreTarget.at((WalPosition) last.start()))
					.writeTo(RestoreOutput.newFile(scratch.file("first.db")), scratch.disk());
				RestoreReport same = pair.second(RestoreTarget.at((WalPosition) first.position()))
					.writeTo(RestoreOutput.newFile(scratch.file("same.db")), scratch.disk());
				assertThat(Files.readAllBytes(same.outputPath())).isEqualTo(Files.readAllBytes(first.outputPath()));
				assertThat(same.position()).isEqualTo(first.position());
				RestoreReport newest = pair.second(RestoreTarget.latest())
					.writeTo(RestoreOutput.newFile(scratch.file("newest.db")), scratch.disk());
				assertThat(pair.isMoved()).isTrue();
				assertThat(Files.readAllBytes(newest.outputPath()))
					.isEqualTo(writer.state((WalPosition) newest.position()));
			}
		}
	}

}
