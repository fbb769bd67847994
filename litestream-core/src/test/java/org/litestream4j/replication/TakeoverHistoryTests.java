package org.litestream4j.replication;

import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.litestream4j.testing.Seeds;

/** Every state that any of several runs has shipped is restored, whatever came after. */
class TakeoverHistoryTests {

	/** Of a history in which that happens. */
	private static final long SNAPSHOT_ALONE = -7206741255973940357L;

	@TempDir
	private Path directory;

	static List<Long> seeds() {
		return Seeds.some(3);
	}

	@ParameterizedTest(name = "-Dtest.seed={0}")
	@MethodSource("seeds")
	void everyStateOfRunsThatKeepEachOtherOutIsRestored(long seed) throws Exception {
		TakeoverHistory history = new TakeoverHistory(this.directory, seed, true);
		history.play(5);
		history.requireEveryState();
	}

	/** It looks again at what it holds before it has shipped anything but a snapshot. */
	@Test
	void runThatHasStoredNothingButASnapshotGoesOn() throws Exception {
		TakeoverHistory history = new TakeoverHistory(this.directory, SNAPSHOT_ALONE, true);
		history.play(9);
		history.requireEveryState();
	}

	@ParameterizedTest(name = "-Dtest.seed={0}")
	@MethodSource("seeds")
	void everyStateOfRunsThatFollowEachOtherIsRestored(long seed) throws Exception {
		TakeoverHistory history = new TakeoverHistory(this.directory, seed, false);
		history.play(5);
		history.requireEveryState();
	}

}
