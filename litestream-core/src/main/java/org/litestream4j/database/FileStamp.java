package org.litestream4j.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Changes whenever anybody writes to a file, or puts another in its place. Found by
 * {@code stat}, which opens nothing and so drops no lock.
 *
 * @param id the file
 * @param size bytes
 * @param modified when it was last written, in nanoseconds since 1970
 * @param changed when it or its attributes were last changed: nobody can set it back
 * @param fine whether the stamp tells any two writes apart; else those within one tick of
 * the kernel's coarse clock look like one
 */
public record FileStamp(FileId id, long size, long modified, long changed, boolean fine) {

	/**
	 * File systems that keep fine time stamps of files that are looked at, since Linux
	 * 6.13.
	 */
	private static final Set<String> FINE = Set.of("ext4", "xfs", "btrfs", "tmpfs");

	private static final Pattern KERNEL = Pattern.compile("(\\d+)\\.(\\d+)");

	/** Some ticks of the coarse clock, which ticks 100 to 1,000 times a second. */
	private static final long TICKS_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

	/**
	 * Whether any later write gives another stamp: always if stamps are fine, else if the
	 * clock has ticked since the last write.
	 * @param now in nanoseconds since 1970
	 */
	public boolean isConclusive(long now) {
		return this.fine || now - Math.max(this.modified, this.changed) > TICKS_NANOS;
	}

	static FileStamp of(Path path) throws IOException {
		FileId id = FileId.require(path);
		Map<String, Object> attributes = Files.readAttributes(path, "unix:size,lastModifiedTime,ctime");
		return new FileStamp(id, FileId.number(attributes, "size"), nanos(attributes, "lastModifiedTime"),
				nanos(attributes, "ctime"), isFine(path));
	}

	private static boolean isFine(Path path) throws IOException {
		Matcher kernel = KERNEL.matcher(System.getProperty("os.version", ""));
		if (!System.getProperty("os.name", "").equals("Linux") || !kernel.lookingAt()) {
			return false;
		}
		int major = Integer.parseInt(kernel.group(1));
		int minor = Integer.parseInt(kernel.group(2));
		return (major > 6 || (major == 6 && minor >= 13)) && FINE.contains(Files.getFileStore(path).type());
	}

	private static long nanos(Map<String, Object> attributes, String name) throws IOException {
		if (attributes.get(name) instanceof FileTime time) {
			return time.to(TimeUnit.NANOSECONDS);
		}
		throw new IOException("the file system does not know the attribute '%s'".formatted(name));
	}

}
