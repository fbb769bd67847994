package org.litestream4j.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.testing.Mount;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link DiskRoom}, with a disk that is nearly full.
 */
class DiskRoomTests {

	private static final long LEAST = 2 << 20;

	@TempDir
	private Path temp;

	@Test
	void floorIsKeptAndCopyingGoesOnInOneGenerationWhenThereIsRoomAgain() throws Exception {
		Path database = this.temp.resolve("app.db");
		Path meta = Files.createDirectory(this.temp.resolve("meta"));
		try (Mount mount = Mount.tmpfs(meta, "6m")) {
			Following following = Following.in(this.temp)
				.checkpointingAlways()
				.with((o) -> new ShadowOptions(o.name(), o.database(), o.metaDirectory(), o.busyTimeout(),
						o.checkpointInterval(), 1, 1, o.truncatePageCount(), o.largestWal(), LEAST,
						o.creationPragmas()));
			try (WalShadower shadower = following.start(); TestDatabase app = TestDatabase.open(database)) {
				Files.write(meta.resolve("others"), new byte[1 << 20]);
				fill(app, shadower, meta);
				Files.write(meta.resolve("others"), new byte[4 << 20]);
				commitAndStep(app, shadower); // gives the generation up
				assertThatIOException().isThrownBy(() -> commitAndStep(app, shadower))
					.withMessageContaining(meta.toString())
					.withMessageContaining("bytes free")
					.withMessageContaining("min-free-space");
				for (int i = 0; i < 30; i++) {
					app.commit(100_000);
					assertThatIOException().isThrownBy(shadower::step).withMessageContaining("min-free-space");
				}
				assertThat(Files.size(this.temp.resolve("app.db-wal"))).as("the WAL is checkpointed as ever")
					.isLessThan(1_500_000);
				assertThat(following.generations()).last().isEqualTo(GenerationReason.DISK_NEARLY_FULL);
				int generations = following.generations().size();
				mount.remount("size=50m");
				commitAndStep(app, shadower);
				assertThat(following.generations()).hasSize(generations);
				WalPosition position = shadower.shadowWal().requirePosition();
				assertThat(position.offset()).isPositive();
				Path copy = this.temp.resolve("copy.db");
				try (DatabaseView view = shadower.openView(-1); var out = Files.newOutputStream(copy)) {
					view.writeTo(out);
				}
				assertThat(TestDatabase.entriesIn(copy)).isEqualTo(app.committed());
			}
		}
	}

	/** Until the shadow WAL is given up. */
	private static void fill(TestDatabase app, WalShadower shadower, Path meta) throws Exception {
		WalPosition first = shadower.shadowWal().requirePosition();
		for (int i = 0; i < 100
				&& shadower.shadowWal().requirePosition().generation().equals(first.generation()); i++) {
			try {
				commitAndStep(app, shadower);
			}
			catch (IOException ex) {
				assertThat(ex).hasMessageContaining("min-free-space");
			}
			assertThat(meta.toFile().getUsableSpace()).as("after commit %d", i).isGreaterThan(LEAST - 100_000);
		}
	}

	private static void commitAndStep(TestDatabase app, WalShadower shadower) throws Exception {
		app.commit(100_000);
		shadower.step();
	}

	@Test
	void nothingIsLookedAtWhereNoneIsWanted() {
		assertThat(new DiskRoom(this.temp, 0).lackFor(Long.MAX_VALUE / 2)).isNull();
	}

	@Test
	void twiceAsMuchMustBeFreeBeforeItIsEnoughAgain() {
		long free = this.temp.toFile().getUsableSpace();
		DiskRoom room = new DiskRoom(this.temp, free / 3 * 2);
		assertThat(room.lackFor(0)).isNull();
		assertThat(room.lackFor(free / 2)).isNotNull();
		assertThat(room.lackFor(0)).contains(this.temp.toString()).contains("bytes free");
	}

}
