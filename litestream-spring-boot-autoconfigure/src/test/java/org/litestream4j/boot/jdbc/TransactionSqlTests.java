package org.litestream4j.boot.jdbc;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link TransactionSql}.
 */
class TransactionSqlTests {

	@ParameterizedTest
	@CsvSource({ "BEGIN, BEGIN", "begin immediate transaction, BEGIN", "SAVEPOINT a, SAVEPOINT", "release a, RELEASE",
			"COMMIT, COMMIT", "END, COMMIT", "; commit, COMMIT", "/* a */ /**/COMMIT, COMMIT", "ROLLBACK, ROLLBACK",
			"rollback transaction, ROLLBACK", "ROLLBACK TO a, NONE", "rollback transaction  to savepoint a, NONE",
			"rollback total, ROLLBACK", "INSERT INTO ends VALUES ('COMMIT'), NONE", "ENDS, NONE", "/* COMMIT, NONE",
			"(COMMIT), NONE" })
	void firstWordTells(String sql, TransactionSql kind) {
		assertThat(TransactionSql.of(sql)).isEqualTo(kind);
		assertThat(TransactionSql.of("-- so\n " + sql)).isEqualTo(kind);
	}

	@Test
	void nothingIsNothing() {
		assertThat(TransactionSql.of(null)).isEqualTo(TransactionSql.NONE);
		assertThat(TransactionSql.of("")).isEqualTo(TransactionSql.NONE);
		assertThat(TransactionSql.of("--")).isEqualTo(TransactionSql.NONE);
		assertThat(TransactionSql.of("/*".repeat(100_000))).isEqualTo(TransactionSql.NONE);
		assertThat(TransactionSql.of("/**/".repeat(100_000) + "COMMIT")).isEqualTo(TransactionSql.COMMIT);
	}

}
