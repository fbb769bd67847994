package org.litestream4j.sqlite;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link WalTail}.
 */
class WalTailTests {

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void scanWhenUncommittedFramesFollowEndsAtTheCommit(boolean bigEndian) throws IOException {
		WalFixture wal = WalFixture.of(bigEndian, 512).frame(1, 1).commit(2, 2, 2);
		int end = wal.size();
		long checksum = wal.runningChecksum();
		wal.frame(3, 3).frame(4, 4);
		WalTail tail = scan(wal.toBytes());
		assertThat(tail.header().bigEndian()).isEqualTo(bigEndian);
		assertThat(tail.commitOffset()).isEqualTo(end);
		assertThat(tail.commitChecksum()).isEqualTo(checksum);
		assertThat(tail.databasePages()).isEqualTo(2);
		assertThat(tail.validOffset()).isEqualTo(wal.size());
		assertThat(tail.end()).isEqualTo(WalReader.End.COMPLETE);
		assertThat(tail.hasCommit()).isTrue();
		assertThat(tail.endsWithCommit()).isFalse();
	}

	@Test
	void scanWhenLastFrameCommitsEndsWithCommit() throws IOException {
		WalFixture wal = WalFixture.of(false, 1024).commit(1, 1, 1).frame(2, 2).commit(3, 3, 3);
		WalTail tail = scan(wal.toBytes());
		assertThat(tail.commitOffset()).isEqualTo(wal.size());
		assertThat(tail.databasePages()).isEqualTo(3);
		assertThat(tail.endsWithCommit()).isTrue();
	}

	@Test
	void scanWhenOnlyTheHeaderIsThereHasNoCommit() throws IOException {
		WalFixture wal = WalFixture.of(false, 4096);
		WalTail tail = scan(wal.toBytes());
		assertThat(tail.commitOffset()).isEqualTo(WalHeader.SIZE);
		assertThat(tail.commitChecksum()).isEqualTo(tail.header().checksum()).isEqualTo(wal.runningChecksum());
		assertThat(tail.databasePages()).isZero();
		assertThat(tail.hasCommit()).isFalse();
		assertThat(tail.end()).isEqualTo(WalReader.End.COMPLETE);
	}

	@Test
	void scanWhenFrameIsCutAnywhereEndsAtTheCommitBefore() throws IOException {
		WalFixture wal = WalFixture.of(false, 512).commit(1, 1, 1);
		int end = wal.size();
		byte[] bytes = wal.commit(2, 2, 2).toBytes();
		for (int length = end + 1; length < bytes.length; length++) {
			WalTail tail = scan(Arrays.copyOf(bytes, length));
			assertThat(tail.commitOffset()).isEqualTo(end);
			assertThat(tail.end()).isEqualTo(WalReader.End.PARTIAL_FRAME);
			assertThat(tail.endsWithCommit()).isFalse();
		}
	}

	@Test
	void scanWhenOlderWalLiesBehindEndsAtTheNewOnesCommit() throws IOException {
		byte[] older = new WalFixture(false, 512, 1, 2).commit(1, 1, 1).commit(2, 2, 2).commit(3, 3, 3).toBytes();
		WalFixture newer = new WalFixture(false, 512, 2, 77).commit(1, 3, 9);
		WalTail tail = scan(newer.over(older));
		assertThat(tail.commitOffset()).isEqualTo(newer.size());
		assertThat(tail.end()).isEqualTo(WalReader.End.OTHER_SALTS);
	}

	@Test
	void scanWhenChainGoesOnFromTheTailFollows() throws IOException {
		WalFixture wal = WalFixture.of(true, 512).commit(1, 1, 1);
		WalTail tail = scan(wal.toBytes());
		byte[] longer = wal.commit(2, 2, 2).toBytes();
		WalFrameChain chain = new WalFrameChain(tail.header(), tail.commitChecksum());
		assertThat(chain.follow(longer, (int) tail.commitOffset())).isEqualTo(WalFrameChain.Link.VALID);
		assertThat(chain.checksum()).isEqualTo(wal.runningChecksum());
	}

	@Test
	void scanWhenHeaderIsNotWholeNamesTheWal() {
		byte[] bytes = Arrays.copyOf(WalFixture.of(false, 512).toBytes(), 31);
		assertThatExceptionOfType(CorruptWalException.class).isThrownBy(() -> scan(bytes))
			.withMessage("test.wal: header has 31 bytes, expected 32");
	}

	private static WalTail scan(byte[] bytes) throws IOException {
		return WalTail.scan(new ByteArrayInputStream(bytes), "test.wal");
	}

}
