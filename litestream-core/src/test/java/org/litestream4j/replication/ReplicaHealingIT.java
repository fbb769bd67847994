package org.litestream4j.replication;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.litestream4j.replication.Rig.Feed;
import org.litestream4j.replication.Rig.Setup;
import org.litestream4j.testing.EnabledIfRealLitestream;
import org.litestream4j.testing.RealLitestream;
import org.litestream4j.testing.SettableClock;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The real litestream restores a replica that was damaged and has healed.
 */
@EnabledIfRealLitestream
class ReplicaHealingIT {

	@TempDir
	private Path temp;

	/** What happens to a replica. */
	enum Damage {

		EMPTIED {
			@Override
			void happen(Path generation) throws IOException {
				for (Path object : files(generation)) {
					Files.delete(object);
				}
			}
		},
		SNAPSHOTS_REMOVED {
			@Override
			void happen(Path generation) throws IOException {
				for (Path object : files(generation.resolve("snapshots"))) {
					Files.delete(object);
				}
			}
		},
		FIRST_SEGMENT_REMOVED {
			@Override
			void happen(Path generation) throws IOException {
				Files.delete(generation.resolve("wal/00000001_00000000.wal.lz4"));
			}
		},
		NEWEST_SEGMENT_REMOVED {
			@Override
			void happen(Path generation) throws IOException {
				List<Path> segments = files(generation.resolve("wal"));
				Files.delete(segments.get(segments.size() - 1));
			}
		},
		FOREIGN_SEGMENT {
			@Override
			void happen(Path generation) throws IOException {
				Files.copy(files(generation.resolve("wal")).get(0),
						generation.resolve("wal/00000002_00000000.wal.lz4"));
			}
		};

		abstract void happen(Path generation) throws IOException;

		private static List<Path> files(Path directory) throws IOException {
			try (var paths = Files.walk(directory)) {
				return paths.filter(Files::isRegularFile).sorted().toList();
			}
		}

	}

	@ParameterizedTest
	@EnumSource
	void realLitestreamRestoresTheDatabaseAfterHealing(Damage damage) throws Exception {
		SettableClock clock = new SettableClock(Instant.now());
		try (Rig rig = Rig.start(Setup.in(this.temp).clock(clock))) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
			rig.commitAndShip(2);
			feed.snapshots().take();
			rig.commitAndShip(1);
			rig.commitAndShip(1);
			damage.happen(feed.directory().resolve("generations").resolve(rig.position().generation().name()));
			clock.advance(Duration.ofHours(2));
			for (int round = 0; round < 6; round++) {
				feed.settle();
				clock.advance(Duration.ofMinutes(2));
			}
			assertThat(rig.events()).anyMatch((event) -> event.contains("problem"));
			assertThat(feed.maintenance().problem()).isNull();
			assertRestored(feed, 6, "healed");
			rig.commitAndShip(2);
			assertRestored(feed, 8, "goes on");
		}
	}

	private void assertRestored(Feed feed, int entries, String name) throws Exception {
		Path restored = this.temp.resolve(name + ".db");
		RealLitestream.get().restore(feed.directory(), restored);
		assertThat(TestDatabase.entriesIn(restored)).isEqualTo(entries);
	}

}
