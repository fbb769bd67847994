package org.litestream4j.history.diff;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class SqlTextTests {

	private final SqlText text = new SqlText(StandardCharsets.UTF_8);

	private String literal(String value) {
		return this.text.literal(new RawText(value.getBytes(StandardCharsets.UTF_8)));
	}

	@Test
	void plainValuesAreAsOneWritesThem() {
		assertThat(this.text.literal(null)).isEqualTo("NULL");
		assertThat(this.text.literal(Long.MIN_VALUE)).isEqualTo("-9223372036854775808");
		assertThat(this.text.literal(0.5)).isEqualTo("0.5");
		assertThat(this.text.literal(Double.NEGATIVE_INFINITY)).isEqualTo("-9e999");
		assertThat(this.text.literal(new byte[] { 0, (byte) 0xff })).isEqualTo("x'00ff'");
		assertThat(literal("it's\nÿ")).isEqualTo("'it''s\nÿ'");
		assertThat(SqlText.name("a\"b")).isEqualTo("\"a\"\"b\"");
	}

	@ParameterizedTest
	@CsvSource({ "'\u001b[31m', 1b5b33316d", "'a\0b', 610062", "'\u202e', e280ae", "'\r', 0d" })
	void textThatSteersATerminalIsWrittenAsItsBytes(String value, String hex) {
		assertThat(literal(value)).isEqualTo("CAST(x'" + hex + "' AS TEXT)");
	}

	@Test
	void bytesThatAreNoTextStayAsTheyAre() {
		assertThat(this.text.literal(new RawText(new byte[] { (byte) 0xff }))).isEqualTo("CAST(x'ff' AS TEXT)");
		Charset wide = StandardCharsets.UTF_16LE;
		assertThat(new SqlText(wide).literal(new RawText("é".getBytes(wide)))).isEqualTo("'é'");
	}

	@Test
	void realsComeBackToTheLastBit() throws Exception {
		long seed = System.nanoTime();
		Random random = new Random(seed);
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
				Statement statement = connection.createStatement()) {
			for (int i = 0; i < 5000; i++) {
				double value = (i % 2 == 0) ? Double.longBitsToDouble(random.nextLong()) : random.nextGaussian() * 100;
				if (Double.isNaN(value)) {
					continue;
				}
				try (ResultSet answer = statement.executeQuery("SELECT " + SqlText.real(value))) {
					assertThat(answer.getObject(1)).as("%s, seed %d", SqlText.real(value), seed).isEqualTo(value);
				}
			}
		}
	}

}
