package org.litestream4j.database;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class SqliteVersionTests {

	@ParameterizedTest
	@CsvSource({ "3.44.5, false, false", "3.44.6, true, false", "3.45.0, false, false", "3.50.6, false, false",
			"3.50.7, true, false", "3.51.0, false, true", "3.51.2, false, true", "3.51.3, true, true",
			"3.53.4, true, true", "3.54.1, true, true", "4.0.0, true, true", "4.44.1, true, true" })
	void knowsWhatAVersionBrings(String text, boolean resetFix, boolean noop) {
		SqliteVersion version = SqliteVersion.parse(text);
		assertThat(version.hasWalResetFix()).isEqualTo(resetFix);
		assertThat(version.hasNoopCheckpoint()).isEqualTo(noop);
		assertThat(version).hasToString(text);
	}

	@Test
	void patchMayBeMissingAndMoreMayFollow() {
		assertThat(SqliteVersion.parse("3.51")).isEqualTo(new SqliteVersion(3, 51, 0));
		assertThat(SqliteVersion.parse("3.51.3.1-beta")).isEqualTo(new SqliteVersion(3, 51, 3));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "three", "3", ".5" })
	void refusesWhatIsNoVersion(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> SqliteVersion.parse(text)).withMessageContaining(text);
	}

}
