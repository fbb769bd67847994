package org.litestream4j.stress;

import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.testing.EnabledIfSqlite3;

/**
 * A few of the rounds that {@link CrashRounds#main} makes many of.
 */
@EnabledIfSqlite3
class CrashIT {

	@TempDir
	Path temp;

	@Test
	void aKilledApplicationLosesNothingAndGoesOnInTheSameGeneration() throws Exception {
		System.out.println(new CrashRounds(this.temp, System.nanoTime(), false).run(10));
	}

	@Test
	void othersThatGoOnAfterTheKillLoseNothing() throws Exception {
		System.out.println(new CrashRounds(this.temp, System.nanoTime(), true).run(5));
	}

}
