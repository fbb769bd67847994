package org.litestream4j.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Changes whenever anybody writes to a file, or puts another in its place. Found by
 * {@code stat}, which opens nothing and so drops no lock.
 *
 * @param id the file
 * @param size bytes
 * @param modified when it was last written, in nanoseconds since 1970
 * @param changed when it or its attributes were last changed, in nanoseconds since 1970:
 * nobody can set it back
 */
public record FileStamp(FileId id, long size, long modified, long changed) {

	private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

	/** By how much the clock of a file system lags at most: the kernel's slowest tick. */
	private static final long TICK = TimeUnit.MILLISECONDS.toNanos(10);

	/**
	 * The stamp that a file has now.
	 * @throws java.nio.file.NoSuchFileException if there is none
	 */
	public static FileStamp of(Path path) throws IOException {
		FileId id = FileId.require(path);
		Map<String, Object> attributes = Files.readAttributes(path, "unix:size,lastModifiedTime,ctime");
		return new FileStamp(id, FileId.number(attributes, "size"), nanos(attributes, "lastModifiedTime"),
				nanos(attributes, "ctime"));
	}

	/**
	 * Whether any later write gives another stamp. Two writes within one tick of the file
	 * system's clock look like one, and how fine it ticks depends on the kernel, the file
	 * system and how that was made. So nothing is assumed: if another file that was
	 * written before this stamp was taken bears a later time, the clock has moved on, and
	 * whatever is written from then on bears a time that is later too. Time stamps of
	 * whole seconds are never trusted, as a clock that is set back a little brings the
	 * same one again.
	 * @param before the stamp of a file that was written before this stamp was taken, on
	 * the same file system
	 */
	public boolean isConclusive(FileStamp before) {
		return this.id.device() == before.id.device() && this.changed < before.changed && this.changed % SECOND != 0;
	}

	/**
	 * By when everything in the file had been written, by the time of day: the time of
	 * its last change, and what a file system's clock can lag. Copying or moving a file
	 * changes it too.
	 */
	public Instant changedBy() {
		return upTo(this.changed);
	}

	/**
	 * By when everything in the file had been written, by the time of day, as whoever
	 * wrote or copied it last says.
	 */
	public Instant writtenBy() {
		return upTo(this.modified);
	}

	/** Some file systems cut the fraction of a second off. */
	private static Instant upTo(long nanos) {
		return Instant.ofEpochSecond(0, nanos + ((nanos % SECOND == 0) ? SECOND : TICK));
	}

	private static long nanos(Map<String, Object> attributes, String name) throws IOException {
		if (attributes.get(name) instanceof FileTime time) {
			return time.to(TimeUnit.NANOSECONDS);
		}
		throw new IOException("the file system does not know the attribute '%s'".formatted(name));
	}

}
