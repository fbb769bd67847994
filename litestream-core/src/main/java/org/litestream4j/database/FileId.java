package org.litestream4j.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which file a name stands for. Found by {@code stat}, which opens nothing and so drops
 * no lock.
 *
 * @param device the file system's device number
 * @param inode the inode's number
 */
public record FileId(long device, long inode) {

	private static final int MOST_KNOWN = 10_000;

	/**
	 * What the JDK's keys stand for, which are of the same two numbers and do not tell
	 * them: to ask for these by name takes several times as long.
	 */
	private static final Map<Object, Optional<FileId>> KNOWN = new ConcurrentHashMap<>();

	/**
	 * The file that a name stands for now, symbolic links followed; empty if there is
	 * none.
	 * @throws IOException if it cannot be looked up, or the system has no inodes
	 */
	public static Optional<FileId> of(Path path) throws IOException {
		try {
			Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
			Optional<FileId> known = (key != null) ? KNOWN.get(key) : null;
			return (known != null) ? known : look(path);
		}
		catch (NoSuchFileException ex) {
			return Optional.empty();
		}
		catch (UnsupportedOperationException | IllegalArgumentException ex) {
			throw new IOException("this operating system has no inodes; Linux is the tested platform", ex);
		}
	}

	private static Optional<FileId> look(Path path) throws IOException {
		Map<String, Object> attributes = Files.readAttributes(path, "unix:dev,ino,fileKey");
		Optional<FileId> found = Optional.of(new FileId(number(attributes, "dev"), number(attributes, "ino")));
		Object key = attributes.get("fileKey");
		if (key != null) {
			if (KNOWN.size() >= MOST_KNOWN) {
				KNOWN.clear();
			}
			KNOWN.put(key, found);
		}
		return found;
	}

	/**
	 * The file that a name stands for now.
	 * @throws NoSuchFileException if there is none
	 */
	static FileId require(Path path) throws IOException {
		return of(path).orElseThrow(() -> new NoSuchFileException(path.toString()));
	}

	/**
	 * The file that a link of {@code /proc/self/fd} leads to, if that has no name any
	 * more. The link itself has only the name that the file was opened by.
	 */
	static Optional<FileId> nameless(Path descriptor) {
		try {
			Map<String, Object> attributes = Files.readAttributes(descriptor, "unix:dev,ino,nlink");
			return (number(attributes, "nlink") == 0)
					? Optional.of(new FileId(number(attributes, "dev"), number(attributes, "ino"))) : Optional.empty();
		}
		catch (IOException | UnsupportedOperationException | IllegalArgumentException ex) {
			// A descriptor that was closed meanwhile, or no such file system
			return Optional.empty();
		}
	}

	static long number(Map<String, Object> attributes, String name) throws IOException {
		if (attributes.get(name) instanceof Number number) {
			return number.longValue();
		}
		throw new IOException("the file system does not know the attribute '%s'".formatted(name));
	}

}
