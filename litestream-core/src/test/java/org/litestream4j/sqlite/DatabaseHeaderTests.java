package org.litestream4j.sqlite;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link DatabaseHeader}.
 */
class DatabaseHeaderTests {

	private static byte[] header(int stored) {
		return ByteBuffer.allocate(DatabaseHeader.SIZE)
			.put("SQLite format 3\0".getBytes(StandardCharsets.US_ASCII))
			.putShort((short) stored)
			.array();
	}

	@ParameterizedTest
	@CsvSource({ "512, 512", "4096, 4096", "32768, 32768", "1, 65536" })
	void pageSizeIsRead(int stored, int pageSize) throws Exception {
		assertThat(DatabaseHeader.parse(header(stored), DatabaseHeader.SIZE, "it").pageSize()).isEqualTo(pageSize);
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 2, 256, 513, 4097 })
	void pageSizeThatNoDatabaseHasIsRefused(int stored) {
		assertThatExceptionOfType(NotADatabaseException.class)
			.isThrownBy(() -> DatabaseHeader.parse(header(stored), DatabaseHeader.SIZE, "a.db"))
			.withMessage("a.db is not a SQLite database: its header says pages of %d bytes, and a power of two from 512"
					+ " to 65536 is expected", stored);
	}

	@Test
	void whatDoesNotBeginAsADatabaseIsRefused() {
		assertThatExceptionOfType(NotADatabaseException.class)
			.isThrownBy(() -> DatabaseHeader.parse(new byte[512], 512, "a.db"))
			.withMessage("a.db is not a SQLite database");
		assertThatExceptionOfType(NotADatabaseException.class)
			.isThrownBy(() -> DatabaseHeader.parse(header(4096), DatabaseHeader.SIZE - 1, "a.db"))
			.withMessage("a.db is not a SQLite database");
		assertThatExceptionOfType(NotADatabaseException.class)
			.isThrownBy(() -> DatabaseHeader.parse(new byte[512], 0, "a.db"))
			.withMessage("a.db is empty, and not a SQLite database");
	}

	@Test
	void pagesCountOnlyIfWhoeverWroteLastCountedThem() throws Exception {
		byte[] header = header(4096);
		ByteBuffer.wrap(header).putInt(24, 7).putInt(28, 3).putInt(92, 7);
		assertThat(DatabaseHeader.parse(header, header.length, "it").pages()).isEqualTo(3);
		ByteBuffer.wrap(header).putInt(24, 8);
		assertThat(DatabaseHeader.parse(header, header.length, "it").pages()).isZero();
	}

}
