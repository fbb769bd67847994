package org.litestream4j.stress;

import java.nio.file.Path;
import java.time.Duration;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.testing.EnabledIfRealLitestream;
import org.litestream4j.testing.EnabledIfSqlite3;

/**
 * Short runs of what {@link StressMain} does for hours. Each run judges itself: it fails
 * unless every restore on the way is a committed state that holds all that was
 * acknowledged, and the last one is the database, byte for byte.
 */
@EnabledIfSqlite3
@EnabledIfRealLitestream
class StressIT {

	@TempDir
	Path folder;

	@ParameterizedTest(name = "seed {0}")
	@ValueSource(longs = { 11, 12, 13, 14 })
	void everyRestoreIsACommittedStateWithAllThatWasAcknowledged(long seed) throws Exception {
		System.out.println(new StressRun(StressPlan.of(seed), this.folder).run(Duration.ofSeconds(6)));
	}

}
