package org.litestream4j.replication;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.replication.Rig.Feed;
import org.litestream4j.testing.EnabledIfRealLitestream;
import org.litestream4j.testing.RealLitestream;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The real litestream restores what a snapshot at the end of an index leaves behind.
 */
@EnabledIfRealLitestream
class SnapshotInteropIT {

	@TempDir
	private Path temp;

	@Test
	void snapshotOfAnIndexThatHasNotBegunIsRestored() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = endedIndex(rig);
			assertRestored(feed, 4, "ended");
			rig.commitAndShip(1);
			assertThat(rig.position().index()).isOne();
			assertRestored(feed, 5, "goes on");
		}
	}

	@Test
	void snapshotWithoutAnyWalIsRestored() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = endedIndex(rig);
			try (var paths = Files.walk(feed.directory())) {
				for (Path path : paths.filter(Files::isRegularFile).toList()) {
					Files.setLastModifiedTime(path,
							FileTime.from(Files.getLastModifiedTime(path).toInstant().minus(Duration.ofDays(1))));
				}
			}
			feed.maintenance().checkRetention(Instant.now().minus(Duration.ofHours(2)));
			assertThat(feed.client().done()).contains("delete segments");
			assertRestored(feed, 4, "snapshot alone");
			rig.commitAndShip(1);
			assertRestored(feed, 5, "snapshot and one segment");
		}
	}

	private static Feed endedIndex(Rig rig) throws Exception {
		Feed feed = rig.replica("one");
		rig.commitAndShip(2);
		feed.snapshots().take();
		rig.commitAndShip(2);
		assertThat(feed.snapshots().take().index()).isEqualTo(1);
		assertThat(rig.position().index()).isZero();
		return feed;
	}

	private void assertRestored(Feed feed, int entries, String name) throws Exception {
		Path restored = this.temp.resolve(name + ".db");
		RealLitestream.get().restore(feed.directory(), restored);
		assertThat(TestDatabase.entriesIn(restored)).isEqualTo(entries);
	}

}
