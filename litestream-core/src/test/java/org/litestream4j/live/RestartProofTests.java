package org.litestream4j.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.testing.Mount;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what {@link RestartProof} notes.
 */
class RestartProofTests {

	@TempDir
	private Path temp;

	private Path directory;

	@BeforeEach
	void nameDirectory() {
		this.directory = this.temp;
	}

	private WalShadower start() throws IOException {
		ShadowOptions options = new ShadowOptions("app", this.directory.resolve("app.db"),
				this.directory.resolve("meta"), Duration.ofSeconds(1), Duration.ofMinutes(1), 1, 1, 121_359,
				WalPosition.MAX_OFFSET, 0, Map.of());
		return WalShadower.start(options, SystemDisk.ownerOnly(), new LitestreamListener() {
		}, Clock.systemUTC(), () -> {
		});
	}

	private String noted(WalPosition position) throws IOException {
		Path note = this.directory.resolve("meta/generations/%s/backfilled".formatted(position.generation().name()));
		return Files.exists(note) ? Files.readString(note) : "";
	}

	private static String start(WalPosition position) {
		return "%s_%08x_%08x ".formatted(position.generation().name(), position.index(), position.offset());
	}

	@Test
	void positionIsNotedWhenAllOfTheWalIsInTheDatabaseFile() throws Exception {
		try (WalShadower shadower = start(); TestDatabase app = TestDatabase.open(this.directory.resolve("app.db"))) {
			WalPosition position = noteAfterCheckpoint(shadower, app);
			assertThat(noted(position)).startsWith(start(position));
		}
	}

	@Test
	void positionIsNotNotedWhileAReaderKeepsTheWalOutOfTheDatabaseFile() throws Exception {
		try (WalShadower shadower = start();
				TestDatabase app = TestDatabase.open(this.directory.resolve("app.db"));
				TestDatabase reader = TestDatabase.open(this.directory.resolve("app.db"))) {
			reader.execute("BEGIN");
			reader.query("SELECT count(*) FROM ledger");
			WalPosition position = noteAfterCheckpoint(shadower, app);
			assertThat(noted(position)).doesNotStartWith(start(position));
		}
	}

	@Test
	void positionIsNotNotedWhereTimeStampsAreOfWholeSeconds() throws Exception {
		this.directory = Files.createDirectory(this.temp.resolve("mounted"));
		try (Mount mount = Mount.ext4(this.temp.resolve("image"), this.directory, "-I", "128");
				WalShadower shadower = start();
				TestDatabase app = TestDatabase.open(this.directory.resolve("app.db"))) {
			WalPosition position = noteAfterCheckpoint(shadower, app);
			assertThat(noted(position)).as("%s", mount).doesNotStartWith(start(position));
		}
	}

	/** A generation begins after a checkpoint, with which the guard is handed over. */
	private static WalPosition noteAfterCheckpoint(WalShadower shadower, TestDatabase app) throws Exception {
		app.commit();
		shadower.step();
		shadower.startGeneration(GenerationReason.REQUESTED, "asked");
		return shadower.shadowWal().requirePosition();
	}

}
