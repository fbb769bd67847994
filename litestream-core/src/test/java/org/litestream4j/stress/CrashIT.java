package org.litestream4j.stress;

import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.BackupFormat;
import org.litestream4j.testing.EnabledIfRealLitestream5;
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
		System.out.println(new CrashRounds(this.temp, System.nanoTime(), false, BackupFormat.V3).run(10));
	}

	@Test
	@EnabledIfRealLitestream5
	void aKilledApplicationLosesNothingInLtxAndGoesOnWithoutAGap() throws Exception {
		System.out.println(new CrashRounds(this.temp, System.nanoTime(), false, BackupFormat.LTX).run(4));
	}

	@Test
	void othersThatGoOnAfterTheKillLoseNothing() throws Exception {
		System.out.println(new CrashRounds(this.temp, System.nanoTime(), true, BackupFormat.V3).run(5));
	}

}
