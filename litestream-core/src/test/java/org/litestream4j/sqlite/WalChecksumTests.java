package org.litestream4j.sqlite;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link WalChecksum}.
 */
class WalChecksumTests {

	@Test
	void updateWhenWordsAreSmallIsWhatTheDefinitionSays() {
		byte[] words = ByteBuffer.allocate(16).putInt(1).putInt(2).putInt(3).putInt(4).array();
		// s0 += x[0] + s1, s1 += x[1] + s0: (0, 0), (1, 3), (7, 14)
		assertThat(WalChecksum.update(true, 0, words, 0, 16)).isEqualTo((7L << 32) | 14);
	}

	@Test
	void updateWhenByteOrderDiffersSwapsTheWords() {
		byte[] words = ByteBuffer.allocate(8).putInt(Integer.reverseBytes(1)).putInt(Integer.reverseBytes(2)).array();
		assertThat(WalChecksum.update(false, 0, words, 0, 8)).isEqualTo((1L << 32) | 3);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void updateWhenDataComesInPiecesIsTheSame(boolean bigEndian) {
		byte[] bytes = new byte[4096];
		new Random(1).nextBytes(bytes);
		long whole = WalChecksum.update(bigEndian, 0x89abcdef01234567L, bytes, 0, bytes.length);
		long pieces = WalChecksum.update(bigEndian, 0x89abcdef01234567L, bytes, 0, 1000);
		pieces = WalChecksum.update(bigEndian, pieces, bytes, 1000, 0);
		pieces = WalChecksum.update(bigEndian, pieces, bytes, 1000, 3096);
		assertThat(pieces).isEqualTo(whole);
	}

	@Test
	void updateWhenOffsetIsOddReadsFromThere() {
		byte[] bytes = "x12345678".getBytes(StandardCharsets.US_ASCII);
		byte[] aligned = "12345678".getBytes(StandardCharsets.US_ASCII);
		assertThat(WalChecksum.update(false, 5, bytes, 1, 8)).isEqualTo(WalChecksum.update(false, 5, aligned, 0, 8));
	}

	@Test
	void updateWhenLengthIsNoMultipleOfEightIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> WalChecksum.update(false, 0, new byte[16], 0, 12))
			.withMessage("length 12 is not a multiple of 8");
	}

}
