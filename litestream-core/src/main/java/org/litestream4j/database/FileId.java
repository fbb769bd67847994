package org.litestream4j.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Which file a name stands for. Found by {@code stat}, which opens nothing and so drops
 * no lock.
 *
 * @param device the file system's device number
 * @param inode the inode's number
 */
public record FileId(long device, long inode) {

	/**
	 * The file that a name stands for now, symbolic links followed; empty if there is
	 * none.
	 * @throws IOException if it cannot be looked up, or the system has no inodes
	 */
	public static Optional<FileId> of(Path path) throws IOException {
		try {
			Map<String, Object> attributes = Files.readAttributes(path, "unix:dev,ino");
			return Optional.of(new FileId(number(attributes, "dev"), number(attributes, "ino")));
		}
		catch (NoSuchFileException ex) {
			return Optional.empty();
		}
		catch (UnsupportedOperationException | IllegalArgumentException ex) {
			throw new IOException("this operating system has no inodes; Linux is the tested platform", ex);
		}
	}

	/**
	 * The file that a name stands for now.
	 * @throws NoSuchFileException if there is none
	 */
	static FileId require(Path path) throws IOException {
		return of(path).orElseThrow(() -> new NoSuchFileException(path.toString()));
	}

	/**
	 * Whether a link of {@code /proc/self/fd} leads to a file, and that file has no name
	 * any more. The link itself tells only the name that the file was opened by.
	 */
	static boolean isNameless(Path descriptor, FileId id) {
		try {
			Map<String, Object> attributes = Files.readAttributes(descriptor, "unix:dev,ino,nlink");
			return number(attributes, "nlink") == 0
					&& id.equals(new FileId(number(attributes, "dev"), number(attributes, "ino")));
		}
		catch (IOException | UnsupportedOperationException | IllegalArgumentException ex) {
			// A descriptor that was closed meanwhile, or no such file system
			return false;
		}
	}

	static long number(Map<String, Object> attributes, String name) throws IOException {
		if (attributes.get(name) instanceof Number number) {
			return number.longValue();
		}
		throw new IOException("the file system does not know the attribute '%s'".formatted(name));
	}

}
