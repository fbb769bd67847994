package org.litestream4j.benchmarks;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

import org.litestream4j.LtxOptions;
import org.litestream4j.format.ltx.LtxFile;
import org.litestream4j.format.ltx.LtxHeader;
import org.litestream4j.format.ltx.LtxReplica;
import org.litestream4j.format.ltx.LtxWriter;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.sqlite.DatabaseHeader;
import org.litestream4j.sqlite.WalFrame;
import org.litestream4j.sqlite.WalHeader;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.Precondition;

/**
 * An LTX replica as our engine leaves it after a day, with the intervals and the
 * retention that are the defaults: a snapshot as the day begins, the files of levels 1 to
 * 3, and single transactions where no file of a higher level has had them for long. It
 * has been there before that day, so its transactions do not begin with the first. Each
 * file is made of the pages that are kept in memory since the last one of its level.
 */
final class LtxDay implements DayReplica {

	/** Transactions of the time before. */
	private static final long BEFORE = 100_000;

	private final LtxReplica replica;

	private final Instant end;

	private final List<Level> levels = new ArrayList<>();

	private int pageSize;

	private long txid = BEFORE;

	/** What a level has not got yet. */
	private static final class Level {

		private final int number;

		private final Duration interval;

		/** The newest version of each page. */
		private final Map<Integer, byte[]> pages = new TreeMap<>();

		private long first;

		@Nullable private Instant since;

		Level(int number, Duration interval) {
			this.number = number;
			this.interval = interval;
		}

	}

	/**
	 * Begins.
	 * @param end when the day ends
	 */
	LtxDay(Path directory, Instant end) {
		this.replica = new LtxReplica(new FileStore(directory, SystemDisk.ownerOnly()));
		this.end = end;
		this.levels.add(new Level(0, Duration.ZERO));
		for (Duration interval : LtxOptions.DEFAULTS.levelIntervals()) {
			this.levels.add(new Level(this.levels.size(), interval));
		}
	}

	@Override
	public void begin(Path database, Instant now) throws IOException {
		try (InputStream in = new BufferedInputStream(Files.newInputStream(database))) {
			byte[] header = in.readNBytes(DatabaseHeader.SIZE);
			this.pageSize = DatabaseHeader.parse(header, header.length, database.toString()).pageSize();
			int pages = Math.toIntExact(Files.size(database) / this.pageSize);
			LtxHeader described = new LtxHeader(this.pageSize, pages, 1, this.txid, now.toEpochMilli());
			this.replica.write(LtxFile.named(LtxFile.SNAPSHOTS, 1, this.txid), now, Map.of(), Precondition.NONE,
					(out) -> {
						LtxWriter writer = new LtxWriter(out, described);
						byte[] page = Arrays.copyOf(header, this.pageSize);
						in.readNBytes(page, header.length, this.pageSize - header.length);
						for (int number = 1; number <= pages; number++) {
							if (number != described.lockPage()) {
								writer.page(number, page, 0);
							}
							in.readNBytes(page, 0, this.pageSize);
						}
						writer.finish();
					});
		}
	}

	@Override
	public void ship(int index, long offset, byte[] wal, Instant now) throws IOException {
		this.txid++;
		int size = 0;
		int frame = WalFrame.HEADER_SIZE + this.pageSize;
		for (int at = (offset == 0) ? WalHeader.SIZE : 0; at < wal.length; at += frame) {
			int number = Math.toIntExact(WalFrame.pageNumber(wal, at));
			byte[] page = Arrays.copyOfRange(wal, at + WalFrame.HEADER_SIZE, at + frame);
			this.levels.forEach((level) -> level.pages.put(number, page));
			size = Math.toIntExact(WalFrame.databasePages(wal, at));
		}
		boolean below = true; // whether the level below has just got a file
		for (Level level : this.levels) {
			if (level.since == null) {
				level.since = now;
				level.first = this.txid;
			}
			below = below && !now.isBefore(level.since.plus(level.interval));
			if (below) {
				store(level, size, now);
			}
		}
	}

	private void store(Level level, int size, Instant now) throws IOException {
		Duration kept = LtxOptions.DEFAULTS.level0Retention().plus(LtxOptions.DEFAULTS.levelIntervals().get(0));
		if (level.number > 0 || now.isAfter(this.end.minus(kept))) {
			LtxHeader header = new LtxHeader(this.pageSize, size, level.first, this.txid, now.toEpochMilli());
			this.replica.write(LtxFile.named(level.number, level.first, this.txid), now, Map.of(), Precondition.NONE,
					(out) -> {
						LtxWriter writer = new LtxWriter(out, header);
						for (Map.Entry<Integer, byte[]> page : level.pages.entrySet()) {
							writer.page(page.getKey(), page.getValue(), 0);
						}
						writer.finish();
					});
		}
		level.pages.clear();
		level.since = null;
	}

}
