package org.litestream4j.boot.jdbc;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ReadOnlySql}.
 */
class ReadOnlySqlTests {

	@ParameterizedTest
	@ValueSource(strings = { "SELECT 1", "select * from t", " \n\tSelect 1", "EXPLAIN QUERY PLAN SELECT 1",
			"VALUES (1)", "SELECT 1; ", "SELECT 1;\n" })
	void queryOnlyReads(String sql) {
		assertThat(ReadOnlySql.onlyReads(sql)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "INSERT INTO t VALUES (1)", "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x",
			"PRAGMA user_version=2", "COMMIT", "", "-- SELECT\nDELETE FROM t", "VACUUM", "SEL",
			"SELECT 1; DELETE FROM t" })
	void whatMayWriteIsNotTakenForAQuery(String sql) {
		assertThat(ReadOnlySql.onlyReads(sql)).isFalse();
	}

	@Test
	void unknownSqlIsNotTakenForAQuery() {
		assertThat(ReadOnlySql.onlyReads(null)).isFalse();
	}

}
