package org.litestream4j.stress;

import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.LongStream;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.litestream4j.testing.EnabledIfSqlite3;

/**
 * Short runs of what {@link StressMain} does for long. One of the seeds is new each time.
 */
@EnabledIfSqlite3
class StressIT {

	private static final Duration SHORT = Duration.ofSeconds(4);

	@TempDir
	Path temp;

	static LongStream seeds() {
		return LongStream.of(1, 2, 3, 4, System.nanoTime());
	}

	@ParameterizedTest(name = "seed {0}")
	@MethodSource("seeds")
	void everyRestoreIsACommittedStateAndTheLastOneIsTheDatabase(long seed) throws Exception {
		System.out.println(new StressRun(StressPlan.of(seed), this.temp).run(SHORT));
	}

	@ParameterizedTest(name = "seed {0}")
	@MethodSource("seeds")
	void nothingIsLostWhenOnlyOthersWriteCheckpointAndVacuum(long seed) throws Exception {
		System.out.println(new StressRun(StressPlan.of(seed).withoutWriters(), this.temp).run(SHORT));
	}

}
