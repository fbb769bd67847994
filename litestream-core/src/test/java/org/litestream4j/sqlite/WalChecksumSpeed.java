package org.litestream4j.sqlite;

import java.util.Random;

/**
 * Prints how fast the checksum is, in GB/s, for a 4096-byte page and both byte orders. To
 * be run by hand: the rate matters only next to that of reading and compressing, about 1
 * GB/s together.
 */
final class WalChecksumSpeed {

	private static final int PAGE = 4096;

	private static final int PAGES = 100_000;

	private WalChecksumSpeed() {
	}

	public static void main(String[] arguments) {
		byte[] page = new byte[PAGE];
		new Random(1).nextBytes(page);
		for (int round = 0; round < 8; round++) {
			boolean bigEndian = round % 2 == 1;
			long checksum = 0;
			long start = System.nanoTime();
			for (int i = 0; i < PAGES; i++) {
				checksum = WalChecksum.update(bigEndian, checksum, page, 0, PAGE);
			}
			double rate = (double) PAGES * PAGE / (System.nanoTime() - start);
			System.out.printf("%s endian: %.1f GB/s (checksum %016x)%n", bigEndian ? "big" : "little", rate, checksum);
		}
	}

}
