package org.litestream4j.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Changes whenever anybody writes to a file, or puts another in its place. Found by
 * {@code stat}, which opens nothing and so drops no lock. Two writes within one tick of
 * the kernel's clock (some milliseconds; none with Linux 6.13 and later) look like one.
 *
 * @param id the file
 * @param size bytes
 * @param modified when it was last written, in nanoseconds since 1970
 * @param changed when it or its attributes were last changed: nobody can set it back
 */
public record FileStamp(FileId id, long size, long modified, long changed) {

	static FileStamp of(Path path) throws IOException {
		FileId id = FileId.require(path);
		Map<String, Object> attributes = Files.readAttributes(path, "unix:size,lastModifiedTime,ctime");
		return new FileStamp(id, FileId.number(attributes, "size"), nanos(attributes, "lastModifiedTime"),
				nanos(attributes, "ctime"));
	}

	private static long nanos(Map<String, Object> attributes, String name) throws IOException {
		if (attributes.get(name) instanceof FileTime time) {
			return time.to(TimeUnit.NANOSECONDS);
		}
		throw new IOException("the file system does not know the attribute '%s'".formatted(name));
	}

}
