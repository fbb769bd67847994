package org.litestream4j.sqlite;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link WalFrameChain} and {@link WalFrame}.
 */
class WalFrameChainTests {

	@Test
	void followWhenFrameIsRefusedStaysWhereItIs() throws CorruptWalException {
		WalFixture wal = WalFixture.of(false, 512);
		WalFrameChain chain = new WalFrameChain(WalHeader.parse(wal.toBytes(), "test.wal"));
		byte[] bytes = wal.commit(1, 1, 1).toBytes();
		long before = chain.checksum();
		assertThat(chain.follow(changed(bytes, 32 + 8), 32)).isEqualTo(WalFrameChain.Link.OTHER_SALTS);
		assertThat(chain.follow(changed(bytes, 32 + 15), 32)).isEqualTo(WalFrameChain.Link.OTHER_SALTS);
		assertThat(chain.follow(changed(bytes, 32 + 16), 32)).isEqualTo(WalFrameChain.Link.OTHER_CHECKSUM);
		assertThat(chain.follow(changed(bytes, 32 + 24 + 511), 32)).isEqualTo(WalFrameChain.Link.OTHER_CHECKSUM);
		assertThat(chain.checksum()).isEqualTo(before);
		assertThat(chain.follow(bytes, 32)).isEqualTo(WalFrameChain.Link.VALID);
		assertThat(chain.checksum()).isEqualTo(wal.runningChecksum());
	}

	@Test
	void followWhenFrameIsRepeatedRefusesIt() throws CorruptWalException {
		byte[] bytes = WalFixture.of(false, 512).commit(1, 1, 1).toBytes();
		WalFrameChain chain = new WalFrameChain(WalHeader.parse(bytes, "test.wal"));
		assertThat(chain.follow(bytes, 32)).isEqualTo(WalFrameChain.Link.VALID);
		assertThat(chain.follow(bytes, 32)).isEqualTo(WalFrameChain.Link.OTHER_CHECKSUM);
	}

	@Test
	void fieldsWhenFrameIsInAnArrayAreReadInPlace() {
		WalFixture wal = new WalFixture(true, 512, 0x80000001, 0x90000002).commit(0xfffffffe, 0xffffffff, 1);
		byte[] bytes = wal.toBytes();
		assertThat(WalFrame.pageNumber(bytes, 32)).isEqualTo(0xfffffffeL);
		assertThat(WalFrame.databasePages(bytes, 32)).isEqualTo(0xffffffffL);
		assertThat(WalFrame.salts(bytes, 32)).isEqualTo(0x8000000190000002L);
		assertThat(WalFrame.checksum(bytes, 32)).isEqualTo(wal.runningChecksum());
	}

	private static byte[] changed(byte[] bytes, int position) {
		byte[] copy = bytes.clone();
		copy[position]++;
		return copy;
	}

}
