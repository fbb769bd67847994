package org.litestream4j.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

class WalShadowerTests {

	@TempDir
	private Path temp;

	private final List<LitestreamListener.GenerationReason> generations = new ArrayList<>();

	private WalShadower start(Path database, Path meta) throws IOException {
		return start(database, meta, SystemDisk.ownerOnly());
	}

	private WalShadower start(Path database, Path meta, Disk disk) throws IOException {
		ShadowOptions options = new ShadowOptions("app", database, meta, Duration.ofSeconds(1), Duration.ofMinutes(1),
				1000, 10_000, 121_359, WalPosition.MAX_OFFSET, 0, Map.of());
		return WalShadower.start(options, disk, new LitestreamListener() {
			@Override
			public void generationStarted(String name, WalPosition position, GenerationReason reason, String detail) {
				WalShadowerTests.this.generations.add(reason);
			}
		}, Clock.systemUTC(), () -> {
		});
	}

	@Test
	void startInTheSameProcessGoesOnAtTheSamePosition() throws Exception {
		Path database = this.temp.resolve("app.db");
		Path meta = this.temp.resolve("meta");
		WalPosition end = followed(database, meta);
		try (WalShadower shadower = start(database, meta)) {
			assertThat(shadower.shadowWal().requirePosition()).isEqualTo(end);
		}
		assertThat(this.generations).hasSize(1);
	}

	@Test
	void startInAnotherProcessGoesOnAtTheSamePosition() throws Exception {
		WalPosition end = followed(this.temp.resolve("app.db"), this.temp.resolve("meta"));
		Path copy = TestDatabase.copy(this.temp.resolve("app.db"), this.temp.resolve("copy"));
		try (WalShadower shadower = start(copy, this.temp.resolve("meta"))) {
			assertThat(shadower.shadowWal().requirePosition()).isEqualTo(end);
		}
		assertThat(this.generations).hasSize(1);
	}

	@Test
	void whenTheWalWasRestartedByOthersMeanwhileAGenerationStarts() throws Exception {
		followed(this.temp.resolve("app.db"), this.temp.resolve("meta"));
		Path copy = TestDatabase.copy(this.temp.resolve("app.db"), this.temp.resolve("copy"));
		changeAndCheckpoint(copy);
		start(copy, this.temp.resolve("meta")).close();
		assertThat(this.generations).hasSize(2);
	}

	@Test
	void startThatFailedIsNoProofForTheNextOne() throws Exception {
		Path meta = this.temp.resolve("meta");
		followed(this.temp.resolve("app.db"), meta);
		Path copy = TestDatabase.copy(this.temp.resolve("app.db"), this.temp.resolve("copy"));
		changeAndCheckpoint(copy);
		Path aside = Files.move(meta, this.temp.resolve("aside"));
		Files.createFile(meta);
		assertThatIOException().isThrownBy(() -> start(copy, meta));
		Files.delete(meta);
		Files.move(aside, meta);
		start(copy, meta).close();
		assertThat(this.generations).hasSize(2);
	}

	@Test
	void startThatFailedLeavesTheDatabaseFreeForTheNextOne() throws Exception {
		Path database = this.temp.resolve("app.db");
		Path meta = Files.createFile(this.temp.resolve("meta"));
		for (int i = 0; i < 3; i++) {
			assertThatIOException().isThrownBy(() -> start(database, meta));
		}
		Files.delete(meta);
		followed(database, meta);
		assertThat(TestDatabase.entriesIn(database)).isEqualTo(3);
	}

	@Test
	void whenTheShadowWalCannotBeWrittenNothingHasHappenedAndTheNextStepCopies() throws Exception {
		FullDisk disk = new FullDisk();
		Path database = this.temp.resolve("app.db");
		try (WalShadower shadower = start(database, this.temp.resolve("meta"), disk);
				TestDatabase app = TestDatabase.open(database)) {
			app.commit();
			shadower.step();
			WalPosition before = shadower.shadowWal().requirePosition();
			disk.full(0);
			for (int i = 0; i < 3; i++) {
				app.commit();
				assertThatIOException().isThrownBy(shadower::step).withMessageContaining("No space left");
				assertThat(shadower.shadowWal().requirePosition()).isEqualTo(before);
			}
			disk.free();
			shadower.step();
			assertThat(shadower.shadowWal().requirePosition().isAfter(before)).isTrue();
			byte[] wal = Files.readAllBytes(Path.of(database + "-wal"));
			WalPosition end = shadower.shadowWal().requirePosition();
			try (var copy = shadower.shadowWal().openIndex(end.generation(), end.index())) {
				byte[] copied = new byte[(int) end.offset()];
				copy.readFully(copied);
				assertThat(copied).isEqualTo(wal);
			}
		}
		assertThat(this.generations).hasSize(1);
	}

	/** Three commits, followed from the first on. */
	private WalPosition followed(Path database, Path meta) throws Exception {
		try (WalShadower shadower = start(database, meta); TestDatabase app = TestDatabase.open(database)) {
			app.commits(3);
			shadower.step();
			return shadower.shadowWal().requirePosition();
		}
	}

	/** Closing the last connection checkpoints and deletes the WAL. */
	private static void changeAndCheckpoint(Path database) throws Exception {
		try (TestDatabase other = TestDatabase.open(database)) {
			other.commits(2);
		}
		assertThat(Path.of(database + "-wal")).doesNotExist();
		try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + database)) {
			other.createStatement().execute("PRAGMA user_version = 7");
		}
	}

	@Test
	void commitThatAStartFindsIsNotDatedByTheTimeOfTheStart() throws Exception {
		Instant later = Instant.now().plus(Duration.ofHours(1));
		try (TestDatabase app = TestDatabase.open(this.temp.resolve("app.db"))) {
			try (WalShadower shadower = Following.in(this.temp).start()) {
				app.commit();
				shadower.step();
			}
			app.commit();
			Following following = Following.in(this.temp).clock(Clock.fixed(later, ZoneOffset.UTC));
			try (WalShadower shadower = following.start()) {
				assertThat(following.generations()).isEmpty();
				WalPosition found = shadower.shadowWal().requirePosition();
				assertThat(committedAt(shadower, found)).isBefore(later.minusSeconds(1800))
					.isAfter(later.minusSeconds(3660));
				app.commit();
				shadower.step();
				assertThat(committedAt(shadower, shadower.shadowWal().requirePosition())).isEqualTo(later);
			}
		}
	}

	@Test
	void nothingIsDatedBeforeItsGenerationBegan() throws Exception {
		Instant later = Instant.now().plus(Duration.ofHours(1));
		try (TestDatabase app = TestDatabase.open(this.temp.resolve("app.db"))) {
			app.commit();
			Following following = Following.in(this.temp).clock(Clock.fixed(later, ZoneOffset.UTC));
			try (WalShadower shadower = following.start(); DatabaseView view = shadower.openView(-1)) {
				assertThat(following.generations()).containsExactly(GenerationReason.NO_LOCAL_STATE);
				assertThat(committedAt(shadower, shadower.shadowWal().requirePosition())).isEqualTo(later);
				assertThat(view.committedAt()).isEqualTo(later);
			}
		}
	}

	private static Instant committedAt(WalShadower shadower, WalPosition end) throws Exception {
		return shadower.shadowWal().frames(end.at(0), end.offset(), Duration.ofDays(1)).committedAt();
	}

}
