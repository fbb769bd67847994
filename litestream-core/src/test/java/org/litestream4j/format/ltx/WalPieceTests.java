package org.litestream4j.format.ltx;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.sqlite.WalChecksum;
import org.litestream4j.sqlite.WalFrame;
import org.litestream4j.sqlite.WalHeader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/** What a file is made of that a piece of a WAL becomes. */
class WalPieceTests {

	private static final int PAGE = 512;

	private static final int FRAME = PAGE + WalFrame.HEADER_SIZE;

	private static final WalPosition START = new WalPosition(Generation.random(), 0, 0);

	@TempDir
	private Path directory;

	private long checksum;

	/** Frames: page number, database size after it, and what fills the page. */
	private Path wal(int[]... frames) throws IOException {
		byte[] header = new WalHeader(false, PAGE, 0, 7, 0).toBytes();
		this.checksum = WalChecksum.update(false, 0, header, 0, WalHeader.SIZE - 8);
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		ByteBuffer.wrap(header).putLong(WalHeader.SIZE - 8, this.checksum);
		out.write(header);
		for (int[] each : frames) {
			byte[] frame = new byte[FRAME];
			Arrays.fill(frame, WalFrame.HEADER_SIZE, FRAME, (byte) each[2]);
			ByteBuffer.wrap(frame).putInt(each[0]).putInt(each[1]).putLong(7);
			this.checksum = WalChecksum.update(false, this.checksum, frame, 0, 8);
			this.checksum = WalChecksum.update(false, this.checksum, frame, WalFrame.HEADER_SIZE, PAGE);
			ByteBuffer.wrap(frame).putLong(16, this.checksum);
			out.write(frame);
		}
		return Files.write(this.directory.resolve("wal"), out.toByteArray());
	}

	private Map<Integer, Integer> pages(Path wal, int from, int to, int pagesBefore) throws IOException {
		Path file = this.directory.resolve("app.db");
		byte[] database = new byte[6 * PAGE];
		Arrays.fill(database, (byte) 99);
		Files.write(file, database);
		WalPosition start = (from == 0) ? START : START.at(WalHeader.SIZE + (long) from * FRAME);
		try (WalPiece piece = WalPiece.of(new RandomAccessFile(wal.toFile(), "r"), start,
				WalHeader.SIZE + (long) to * FRAME)) {
			ByteArrayOutputStream out = new ByteArrayOutputStream();
			piece.writeTo(out, new LtxHeader(PAGE, piece.pages(), 2, 2, 0), pagesBefore, DatabaseFile.of(file));
			Map<Integer, Integer> pages = new LinkedHashMap<>();
			try (LtxReader reader = new LtxReader(new ByteArrayInputStream(out.toByteArray()))) {
				byte[] page = new byte[PAGE];
				for (int number = reader.next(page); number != 0; number = reader.next(page)) {
					pages.put(number, (int) page[0]);
				}
			}
			return pages;
		}
	}

	@Test
	void newestFrameOfEachPageIsTaken() throws Exception {
		Path wal = wal(new int[] { 3, 0, 1 }, new int[] { 1, 3, 2 }, new int[] { 3, 0, 3 }, new int[] { 1, 3, 4 });
		assertThat(pages(wal, 0, 4, 3)).containsExactly(Map.entry(1, 4), Map.entry(3, 3));
		assertThat(pages(wal, 0, 2, 3)).containsExactly(Map.entry(1, 2), Map.entry(3, 1));
		assertThat(pages(wal, 2, 4, 3)).containsExactly(Map.entry(1, 4), Map.entry(3, 3));
	}

	@Test
	void pagesBeyondTheEndAreLeftOut() throws Exception {
		Path wal = wal(new int[] { 5, 5, 1 }, new int[] { 1, 2, 2 });
		assertThat(pages(wal, 0, 2, 4)).containsExactly(Map.entry(1, 2));
	}

	/** As a checkpoint would leave them: of an older frame, of the file, or zero. */
	@Test
	void pagesThatTheDatabaseGainedWithoutAFrameAreThereAllTheSame() throws Exception {
		Path wal = wal(new int[] { 4, 4, 1 }, new int[] { 1, 2, 2 }, new int[] { 7, 8, 3 });
		assertThat(pages(wal, 2, 3, 2)).containsExactly(Map.entry(3, 99), Map.entry(4, 1), Map.entry(5, 99),
				Map.entry(6, 99), Map.entry(7, 3), Map.entry(8, 0));
	}

	@Test
	void damagedFrameIsNotStored() throws Exception {
		Path wal = wal(new int[] { 1, 1, 1 }, new int[] { 1, 1, 2 });
		byte[] bytes = Files.readAllBytes(wal);
		bytes[bytes.length - 1]++;
		Files.write(wal, bytes);
		assertThatIOException().isThrownBy(() -> pages(wal, 0, 2, 1)).withMessageContaining("is damaged");
		assertThat(pages(wal, 0, 1, 1)).containsExactly(Map.entry(1, 1));
	}

}
