package org.litestream4j.replication;

import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.litestream4j.testing.EnabledIfRealLitestream;
import org.litestream4j.testing.RealLitestream;
import org.litestream4j.testing.Seeds;

/**
 * Every state that any of many runs has shipped is restored, whatever came after, and the
 * real litestream restores a sample of them.
 */
@EnabledIfRealLitestream
class TakeoverHistoryIT {

	@TempDir
	private Path directory;

	static List<Long> seeds() {
		return Seeds.some(8);
	}

	@ParameterizedTest(name = "-Dtest.seed={0}")
	@MethodSource("seeds")
	void everyStateOfRunsThatKeepEachOtherOutIsRestored(long seed) throws Exception {
		TakeoverHistory history = new TakeoverHistory(this.directory, seed, true);
		history.play(9);
		history.requireEveryState();
		history.requireThatTheRealOneRestores(RealLitestream.get(), 3);
	}

	@ParameterizedTest(name = "-Dtest.seed={0}")
	@MethodSource("seeds")
	void everyStateOfRunsThatFollowEachOtherIsRestored(long seed) throws Exception {
		TakeoverHistory history = new TakeoverHistory(this.directory, seed, false);
		history.play(9);
		history.requireEveryState();
		history.requireThatTheRealOneRestores(RealLitestream.get(), 3);
	}

}
