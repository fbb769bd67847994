package org.litestream4j.sqlite;

import java.nio.ByteBuffer;
import java.util.Arrays;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link WalHeader}.
 */
class WalHeaderTests {

	@ParameterizedTest
	@CsvSource({ "true, 512", "false, 512", "true, 1024", "false, 4096", "true, 32768", "false, 65536" })
	void parseWhenHeaderIsValidReadsAllFields(boolean bigEndian, int pageSize) throws CorruptWalException {
		byte[] bytes = new WalFixture(bigEndian, pageSize, 0x80000001, 0x90000002).toBytes();
		WalHeader header = WalHeader.parse(bytes, "test.wal");
		assertThat(header.bigEndian()).isEqualTo(bigEndian);
		assertThat(header.pageSize()).isEqualTo(pageSize);
		assertThat(header.sequence()).isEqualTo(7);
		assertThat(header.salts()).isEqualTo(0x8000000190000002L);
		assertThat(header.checksum()).isEqualTo(ByteBuffer.wrap(bytes).getLong(24));
		assertThat(header.frameSize()).isEqualTo(pageSize + 24);
		assertThat(header.endOf(3)).isEqualTo(32 + 3L * (pageSize + 24));
		assertThat(header.toBytes()).isEqualTo(bytes);
	}

	@Test
	void endOfWhenWalIsLargeDoesNotOverflow() throws CorruptWalException {
		WalHeader header = WalHeader.parse(WalFixture.of(false, 65536).toBytes(), "test.wal");
		assertThat(header.endOf(100_000)).isEqualTo(6_556_000_032L);
	}

	@Test
	void parseWhenMoreBytesFollowReadsOnlyTheHeader() throws CorruptWalException {
		byte[] bytes = WalFixture.of(false, 512).toBytes();
		assertThat(WalHeader.parse(Arrays.copyOf(bytes, 100), "test.wal"))
			.isEqualTo(WalHeader.parse(bytes, "test.wal"));
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 256, 511, 513, 1000, 65535, 131072, -4096, Integer.MIN_VALUE })
	void parseWhenPageSizeIsImpossibleSaysWhatIsAllowed(int pageSize) {
		// The fixture's checksum is right: the size itself is refused.
		assertRefused(new WalFixture(false, pageSize, 1, 2).toBytes(),
				"test.wal: page size %d, expected a power of two from 512 to 65536".formatted(pageSize));
	}

	@Test
	void parseWhenMagicIsUnknownSaysWhatItIs() {
		byte[] bytes = WalFixture.of(false, 512).toBytes();
		bytes[0] = 'S';
		assertRefused(bytes, "test.wal: magic number 537f0682, expected 377f0682 or 377f0683");
	}

	@Test
	void parseWhenFormatIsUnknownSaysWhichOneIsKnown() {
		byte[] bytes = WalFixture.of(false, 512).toBytes();
		ByteBuffer.wrap(bytes).putInt(4, 3008000);
		assertRefused(bytes, "test.wal: WAL format 3008000, expected 3007000");
	}

	@Test
	void parseWhenChecksumIsWrongSaysBoth() {
		byte[] bytes = WalFixture.of(false, 512).toBytes();
		long right = ByteBuffer.wrap(bytes).getLong(24);
		ByteBuffer.wrap(bytes).putLong(24, 0x0123456789abcdefL);
		assertRefused(bytes, "test.wal: checksum in the header is 0123456789abcdef, expected %016x".formatted(right));
	}

	@Test
	void parseWhenBytesAreMissingSaysHowMany() {
		assertRefused(new byte[0], "test.wal: header has 0 bytes, expected 32");
	}

	private static void assertRefused(byte[] bytes, String message) {
		assertThatExceptionOfType(CorruptWalException.class).isThrownBy(() -> WalHeader.parse(bytes, "test.wal"))
			.withMessage(message);
	}

}
