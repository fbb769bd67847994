package org.litestream4j.benchmarks;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import java.util.Random;

import org.litestream4j.format.ltx.LtxHeader;
import org.litestream4j.format.ltx.LtxWriter;

/**
 * An LTX replica in a bucket as hours of writing leave it, one sync a second, with the
 * intervals of Litestream v0.5: 30 s, 5 min and 1 h, single transactions for 5 min after
 * that, and one snapshot at the beginning. The first file of each level holds the whole
 * database, as it is made of the first transaction, too. Made without waiting for these
 * hours: the pages of a database are changed in memory, three rows a second, and what
 * each file has to hold is known from which pages were.
 */
final class LtxHistory {

	/** Seconds of each level. */
	private static final int[] INTERVALS = { 1, 30, 300, 3600 };

	/** How long single transactions are kept. */
	private static final int KEPT = 330;

	/** A leaf of a table, by its first byte. */
	private static final byte LEAF = 13;

	/** What the newest row of a page has in these of its bytes is part of a blob. */
	private static final double BLOB = 0.85;

	private static final long START = 1_700_000_000_000L;

	private final Path directory;

	private final byte[] pages;

	private final int pageSize;

	private final BitSet[] changed = { new BitSet(), new BitSet(), new BitSet(), new BitSet() };

	private int files;

	/**
	 * Begins with a database.
	 * @param directory of the replica in the bucket
	 * @param database a file that nobody has open, without WAL
	 */
	LtxHistory(Path directory, Path database) throws IOException {
		this.directory = directory;
		this.pages = Files.readAllBytes(database);
		int stored = ((this.pages[16] & 0xff) << 8) | (this.pages[17] & 0xff);
		this.pageSize = (stored == 1) ? 65536 : stored;
	}

	/** Writes what is there after so many syncs; says what that is. */
	String write(int syncs) throws IOException {
		BitSet all = new BitSet();
		all.set(1, count() + 1);
		write(9, 1, 1, all);
		Arrays.stream(this.changed).forEach((level) -> level.or(all));
		Random random = new Random(42);
		for (int txid = 1; txid <= syncs; txid++) {
			for (int i = 0; txid > 1 && i < 3; i++) {
				int page = change(random);
				Arrays.stream(this.changed).forEach((level) -> level.set(page));
			}
			if (txid > syncs - KEPT) {
				write(0, txid, txid, this.changed[0]);
			}
			this.changed[0].clear();
			for (int level = 1; level < INTERVALS.length; level++) {
				int interval = INTERVALS[level];
				if (txid % interval == 0) {
					write(level, txid - interval + 1, txid, this.changed[level]);
					this.changed[level].clear();
				}
			}
		}
		return "%d LTX files of %d syncs".formatted(this.files, syncs);
	}

	private int count() {
		return this.pages.length / this.pageSize;
	}

	/** Overwrites a part of a row. */
	private int change(Random random) {
		while (true) {
			int page = 2 + random.nextInt(count() - 1);
			int begin = (page - 1) * this.pageSize;
			if (this.pages[begin] == LEAF) {
				byte[] bytes = new byte[this.pageSize / 16];
				random.nextBytes(bytes);
				System.arraycopy(bytes, 0, this.pages, begin + (int) (this.pageSize * BLOB), bytes.length);
				return page;
			}
		}
	}

	private void write(int level, int minTxid, int maxTxid, BitSet numbers) throws IOException {
		Path file = this.directory.resolve("%04x/%016x-%016x.ltx".formatted(level, minTxid, maxTxid));
		Files.createDirectories(Objects.requireNonNull(file.getParent()));
		try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
			LtxWriter writer = new LtxWriter(out,
					new LtxHeader(this.pageSize, count(), minTxid, maxTxid, START + maxTxid * 1000L));
			for (int page = numbers.nextSetBit(1); page > 0; page = numbers.nextSetBit(page + 1)) {
				writer.page(page, this.pages, (page - 1) * this.pageSize);
			}
			writer.finish();
		}
		this.files++;
	}

}
