package org.litestream4j.live;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import net.jpountz.xxhash.StreamingXXHash64;
import net.jpountz.xxhash.XXHashFactory;
import org.jspecify.annotations.Nullable;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.AtomicFile;
import org.litestream4j.io.Disk;
import org.litestream4j.io.StateFile;

/**
 * What the database file was when replication stopped and everything was in it. A WAL
 * that was empty then, or was deleted since by a program that only read, proves nothing;
 * equal bytes do. Valid for one start.
 */
final class StopRecord {

	/*-
	 * One line in <meta directory>/stopped, size and hash in hexadecimal:
	 *
	 * <position> <bytes of the database> <xxhash64 of the database>
	 */

	/** Reading more than this would make stopping slow. */
	static final long LARGEST_DATABASE = 256L << 20;

	private static final int CHUNK = 1 << 20;

	private final Disk disk;

	private final Path file;

	StopRecord(Disk disk, Path metaDirectory) {
		this.disk = disk;
		this.file = metaDirectory.resolve("stopped");
	}

	/** Writes a record that {@link #describe} made. */
	void write(String record) throws IOException {
		AtomicFile.write(this.disk, this.file, record.getBytes(StandardCharsets.US_ASCII));
	}

	/**
	 * Reads it, whatever it holds, and deletes it, as it is outdated by whatever comes
	 * next; null if there is none.
	 */
	@Nullable String take() throws IOException {
		String text = StateFile.read(this.file);
		this.disk.deleteIfExists(this.file);
		return text.isEmpty() ? null : text;
	}

	/** Whether there is a record of these very bytes. Leaves it where it is. */
	boolean isOf(DatabaseFile database) throws IOException {
		String text = StateFile.read(this.file).strip();
		int end = text.indexOf(' ');
		if (end < 0 || database.size() > LARGEST_DATABASE) {
			return false;
		}
		try {
			return text.equals(describe(WalPosition.parse(text.substring(0, end)), database));
		}
		catch (IllegalArgumentException ex) {
			return false; // damaged, so it says nothing
		}
	}

	/**
	 * Whether a record is of this position, as its file is named, and of these bytes. The
	 * WAL is empty.
	 */
	static boolean matches(@Nullable String record, WalPosition position, DatabaseFile database) throws IOException {
		return record != null && database.size() <= LARGEST_DATABASE && record.equals(describe(position, database));
	}

	/**
	 * Describes a database into which everything up to a position was checkpointed.
	 * @param position as its file is named
	 */
	static String describe(WalPosition position, DatabaseFile database) throws IOException {
		long size = database.size();
		byte[] chunk = new byte[(int) Math.min(CHUNK, Math.max(size, 1))];
		try (StreamingXXHash64 hash = XXHashFactory.fastestInstance().newStreamingHash64(0)) {
			for (long at = 0; at < size; at += chunk.length) {
				int length = (int) Math.min(chunk.length, size - at);
				database.read(at, chunk, 0, length);
				hash.update(chunk, 0, length);
			}
			return "%s %x %016x".formatted(position, size, hash.getValue());
		}
	}

}
