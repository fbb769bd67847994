package org.litestream4j.stress;

import java.nio.file.Path;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

import org.litestream4j.stress.NegativeControls.Fault;
import org.litestream4j.testing.EnabledIfSqlite3;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A test of the stress runs: without a step of the protocol they fail.
 */
@EnabledIfSqlite3
class NegativeControlsIT {

	@TempDir
	Path temp;

	@ParameterizedTest
	@FieldSource("org.litestream4j.stress.NegativeControls#QUICK")
	void stressNoticesWhatIsLeftOut(Fault fault) throws Exception {
		assertThat(NegativeControls.requireNoticed(fault, this.temp, 1000, 10, 4)).contains("AssertionError");
	}

}
