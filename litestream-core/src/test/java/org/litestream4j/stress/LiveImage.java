package org.litestream4j.stress;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;

import org.litestream4j.testing.ChildProcess;

/**
 * A live database as a full checkpoint would leave it, made from copies and without the
 * code under test. The copies are made by another process, as reading the database in
 * this one would drop SQLite's locks. Nobody may commit meanwhile; checkpoints may run.
 */
final class LiveImage {

	/*-
	 * The wal-index begins with two equal headers of 48 bytes, in the machine's byte order:
	 *
	 *  8 change counter   | 14 page size, 16 bits, 1 = 65536
	 * 16 published frames | 20 pages of the database
	 */
	private static final int INDEX_HEADER = 48;

	private LiveImage() {
	}

	/** Writes the image, up to the published end and not beyond. */
	static void write(Path database, Path image) throws IOException {
		for (int attempt = 0; attempt < 100; attempt++) {
			Path wal = Path.of(image + "-copied-wal");
			Path before = Path.of(image + "-copied-shm");
			Path after = Path.of(image + "-copied-shm2");
			copy(database + "-shm", before);
			copy(database + "-wal", wal);
			copy(database.toString(), image);
			copy(database + "-shm", after);
			byte[] index = Arrays.copyOf(Files.readAllBytes(before), 2 * INDEX_HEADER);
			boolean still = Arrays.equals(index, Arrays.copyOf(Files.readAllBytes(after), 2 * INDEX_HEADER));
			boolean made = still && apply(ByteBuffer.wrap(index).order(ByteOrder.nativeOrder()), wal, image);
			for (Path copy : new Path[] { wal, before, after }) {
				Files.delete(copy);
			}
			if (made) {
				return;
			}
		}
		throw new AssertionError("%s does not keep still".formatted(database));
	}

	/** False if the copies do not belong together. */
	private static boolean apply(ByteBuffer index, Path walCopy, Path image) throws IOException {
		int stored = index.getShort(14) & 0xffff;
		int pageSize = (stored == 1) ? 65536 : stored;
		int frames = index.getInt(16);
		long pages = index.getInt(20) & 0xffff_ffffL;
		if (frames == 0) {
			return true; // everything is in the database file
		}
		try (RandomAccessFile wal = new RandomAccessFile(walCopy.toFile(), "r");
				RandomAccessFile out = new RandomAccessFile(image.toFile(), "rw")) {
			if (wal.length() < 32 + (long) frames * (24 + pageSize)) {
				return false;
			}
			byte[] page = new byte[pageSize];
			for (int frame = 0; frame < frames; frame++) {
				wal.seek(32 + (long) frame * (24 + pageSize));
				long number = wal.readInt() & 0xffff_ffffL;
				wal.skipBytes(20);
				wal.readFully(page);
				out.seek((number - 1) * pageSize);
				out.write(page);
			}
			out.setLength(pages * pageSize);
		}
		return true;
	}

	private static void copy(String from, Path to) throws IOException {
		try (ChildProcess copying = ChildProcess.start("cp", new ProcessBuilder("cp", from, to.toString()),
				Duration.ofMinutes(1))) {
			if (copying.waitFor() != 0) {
				throw new AssertionError(copying.toString());
			}
		}
	}

}
