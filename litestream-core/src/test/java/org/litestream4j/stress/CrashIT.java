package org.litestream4j.stress;

import java.nio.file.Path;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.testing.EnabledIfRealLitestream;
import org.litestream4j.testing.EnabledIfSqlite3;

/**
 * A short run of {@link CrashRounds}, which fails unless the database is whole after each
 * kill, the same generation goes on, and nothing acknowledged is missing from a restore.
 */
@EnabledIfSqlite3
@EnabledIfRealLitestream
class CrashIT {

	@TempDir
	Path folder;

	@ParameterizedTest(name = "seed {0}")
	@ValueSource(longs = 1)
	void nothingAcknowledgedIsLostAndTheGenerationGoesOn(long seed) throws Exception {
		System.out.println(new CrashRounds(this.folder.resolve("rounds"), seed).run(12));
	}

}
