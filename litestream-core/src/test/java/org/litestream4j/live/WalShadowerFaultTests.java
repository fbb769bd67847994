package org.litestream4j.live;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Failures in the middle of a start and of a generation.
 */
class WalShadowerFaultTests {

	@TempDir
	private Path temp;

	private Path database;

	private Path meta;

	private Clock clock = Clock.systemUTC();

	private final AtomicInteger advanced = new AtomicInteger();

	private final Listener listener = new Listener();

	@BeforeEach
	void nameFiles() {
		this.database = this.temp.resolve("app.db");
		this.meta = this.temp.resolve("meta");
	}

	/** Notes generations, and fails when told to. */
	private static final class Listener implements LitestreamListener {

		private final List<WalPosition> generations = new ArrayList<>();

		private boolean failing;

		@Override
		public void generationStarted(String name, WalPosition position, GenerationReason reason, String detail) {
			this.generations.add(position);
		}

		@Override
		public void checkpointed(String name, String mode, CheckpointOutcome outcome, Duration duration) {
			if (this.failing) {
				throw new IllegalStateException("out of order");
			}
		}

	}

	private WalShadower start(Disk disk) throws IOException {
		ShadowOptions options = new ShadowOptions("app", this.database, this.meta, Duration.ofSeconds(1),
				Duration.ofMinutes(1), 1000, 10_000, 121_359, WalPosition.MAX_OFFSET, 0, Map.of());
		return WalShadower.start(options, disk, this.listener, this.clock, this.advanced::incrementAndGet);
	}

	private WalShadower start() throws IOException {
		return start(SystemDisk.ownerOnly());
	}

	@Test
	void generationWhoseFirstSyncFailsIsAnnouncedAllTheSame() throws Exception {
		FullDisk disk = new FullDisk();
		try (WalShadower shadower = start(disk); TestDatabase app = TestDatabase.open(this.database)) {
			app.commit();
			shadower.step();
			WalPosition before = shadower.shadowWal().requirePosition();
			int heard = this.advanced.get();
			disk.full(2); // enough for the name of the generation
			assertThatIOException().isThrownBy(() -> shadower.startGeneration(GenerationReason.REQUESTED, "asked"))
				.withMessageContaining("No space left");
			WalPosition after = shadower.shadowWal().requirePosition();
			assertThat(after.generation()).isNotEqualTo(before.generation());
			assertThat(this.listener.generations).hasSize(2).last().isEqualTo(after);
			assertThat(this.advanced.get()).as("replicas were woken").isGreaterThan(heard);
			disk.free();
			shadower.step();
			assertThat(shadower.shadowWal().requirePosition().offset()).isEqualTo(before.offset());
		}
	}

	@Test
	void generationThatCannotStartIsNotAnnounced() throws Exception {
		FullDisk disk = new FullDisk();
		try (WalShadower shadower = start(disk)) {
			disk.full(0);
			assertThatIOException().isThrownBy(() -> shadower.startGeneration(GenerationReason.REQUESTED, "asked"));
			disk.free();
			assertThat(this.listener.generations).hasSize(1);
		}
	}

	@Test
	void startThatFailsWhenItEndsAnIndexLeavesTheDatabaseFree() throws Exception {
		WalPosition end = closedIndex();
		this.listener.failing = true;
		assertThatIllegalStateException().isThrownBy(this::start).withMessage("out of order");
		this.listener.failing = false;
		try (WalShadower shadower = start()) {
			assertThat(shadower.shadowWal().requirePosition()).isEqualTo(end);
		}
		assertThat(this.listener.generations).hasSize(1);
	}

	private WalPosition closedIndex() throws Exception {
		try (WalShadower shadower = start(); TestDatabase app = TestDatabase.open(this.database)) {
			app.commit();
			shadower.step();
			try (DatabaseView view = shadower.openView(0)) {
				assertThat(view.snapshotIndex()).as("the index is closed").isEqualTo(view.position().index() + 1);
				return view.position();
			}
		}
	}

	@Test
	@Timeout(180)
	void startsThatFailLeaveNoFilesOpen() throws Exception {
		FullDisk disk = new FullDisk();
		disk.full(0);
		for (int i = 0; i < 5; i++) {
			assertThatIOException().isThrownBy(() -> start(disk));
		}
		while (openFiles() > 0) {
			Thread.onSpinWait(); // until the last reader sees that it is the last
		}
		disk.free();
		start(disk).close();
	}

	/** How many descriptors of the live WAL this process has. */
	private int openFiles() throws IOException {
		int open = 0;
		try (DirectoryStream<Path> links = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
			for (Path link : links) {
				if (target(link).endsWith("app.db-wal")) {
					open++;
				}
			}
		}
		return open;
	}

	private static Path target(Path link) {
		try {
			return Files.readSymbolicLink(link);
		}
		catch (IOException ex) {
			return link; // the directory stream's own
		}
	}

	@Test
	void damagedStopRecordProvesNothingAndDoesNotKeepTheEngineFromStarting() throws Exception {
		try (WalShadower shadower = start(); TestDatabase app = TestDatabase.open(this.database)) {
			app.commit();
			shadower.step();
		}
		Files.write(this.meta.resolve("stopped"), new byte[] { -1, -2, 0, 65 });
		try (WalShadower shadower = start()) {
			assertThat(shadower.shadowWal().position()).isNotNull();
			assertThat(this.meta.resolve("stopped")).doesNotExist();
		}
	}

	@Test
	void stoppedDatabaseIsKnownByTheRecordOfItsStopWhichStays() throws Exception {
		try (WalShadower shadower = start(); TestDatabase app = TestDatabase.open(this.database)) {
			app.commit();
			shadower.step();
		}
		assertThat(LocalLog.isOfStopped(this.meta, this.database)).isTrue();
		assertThat(LocalLog.isOfStopped(this.meta, this.database)).isTrue();
		Path other = Files.copy(this.database, this.database.resolveSibling("other.db"));
		Files.write(other, new byte[] { 1 }, StandardOpenOption.APPEND);
		assertThat(LocalLog.isOfStopped(this.meta, other)).isFalse();
		Files.write(this.meta.resolve("stopped"), new byte[] { -1, 32, 0, 65 });
		assertThat(LocalLog.isOfStopped(this.meta, this.database)).isFalse();
		Files.delete(this.meta.resolve("stopped"));
		assertThat(LocalLog.isOfStopped(this.meta, this.database)).isFalse();
	}

	@Test
	void timeOfACommitIsKnownBeforeItCanBeShipped() throws Exception {
		@Nullable WalShadower[] started = new WalShadower[1];
		List<@Nullable WalPosition> asked = new ArrayList<>();
		this.clock = new Clock() {
			@Override
			public Instant instant() {
				WalShadower shadower = started[0];
				asked.add((shadower != null) ? shadower.shadowWal().position() : null);
				return Instant.now();
			}

			@Override
			public ZoneId getZone() {
				return ZoneOffset.UTC;
			}

			@Override
			public Clock withZone(ZoneId zone) {
				throw new UnsupportedOperationException();
			}
		};
		try (WalShadower shadower = start(); TestDatabase app = TestDatabase.open(this.database)) {
			started[0] = shadower;
			WalPosition before = shadower.shadowWal().requirePosition();
			app.commit();
			shadower.step();
			assertThat(shadower.shadowWal().requirePosition().isAfter(before)).isTrue();
			assertThat(asked).last().isEqualTo(before);
		}
	}

}
