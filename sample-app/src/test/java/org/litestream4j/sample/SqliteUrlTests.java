package org.litestream4j.sample;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class SqliteUrlTests {

	@ParameterizedTest
	@CsvSource({ "jdbc:sqlite:/data/app.db, /data/app.db", "jdbc:sqlite:/data/app.db?journal_mode=WAL, /data/app.db",
			"jdbc:sqlite:file:/data/app.db?mode=rwc, /data/app.db", "jdbc:sqlite:file:///data/app.db, /data/app.db",
			"jdbc:sqlite:file://localhost/data/app.db, /data/app.db" })
	void fileOfAnAbsoluteUrlIsItsPath(String url, String path) {
		assertThat(SqliteUrl.file(url)).isEqualTo(Path.of(path));
	}

	@ParameterizedTest
	@ValueSource(strings = { "jdbc:sqlite:data/app.db", "jdbc:sqlite:./data/app.db", "jdbc:sqlite:file:data/app.db" })
	void fileOfARelativeUrlIsBelowTheWorkingDirectory(String url) {
		assertThat(SqliteUrl.file(url)).isEqualTo(Path.of("data/app.db").toAbsolutePath());
	}

	@ParameterizedTest
	@NullSource
	@ValueSource(strings = { "jdbc:sqlite:", "jdbc:sqlite::memory:", "jdbc:sqlite::resource:app.db",
			"jdbc:sqlite:file::memory:?cache=shared", "jdbc:h2:/data/app" })
	void fileOfAnythingElseIsNone(@Nullable String url) {
		assertThat(SqliteUrl.file(url)).isNull();
	}

}
