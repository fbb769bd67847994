package org.litestream4j.history.diff;

import java.nio.file.Path;
import java.util.stream.LongStream;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.testing.EnabledIfSqldiff;

/** A few of the histories that {@link RandomDiffs} has more of. */
class RandomDiffsTests {

	@TempDir
	Path directory;

	static LongStream seeds() {
		return LongStream.range(1, 31);
	}

	@EnabledIfSqldiff
	@ParameterizedTest
	@MethodSource("seeds")
	void scriptLeadsFromOneStateToTheOtherAndBack(long seed) throws Exception {
		new RandomDiffs(this.directory).run(seed);
	}

	@EnabledIfSqldiff
	@ParameterizedTest
	@ValueSource(longs = { 1, 2, 3 })
	void statesOfAnLtxReplicaAreThoseOfTheDatabaseAndAreComparedAlike(long seed) throws Exception {
		new RandomLtxDiffs(this.directory).run(seed);
	}

}
