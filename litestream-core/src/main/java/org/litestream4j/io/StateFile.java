package org.litestream4j.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Reads the small files of the meta directory. Others may be able to write there: a link
 * leads elsewhere, a pipe is waited for for ever, and no state of ours is large.
 */
public final class StateFile {

	/** No file of ours holds as much. */
	private static final int MOST_BYTES = 1 << 16;

	private StateFile() {
	}

	/**
	 * Whatever a file holds, as a crash may leave anything; nothing if it is missing or
	 * larger than any of ours.
	 * @throws IOException if it is a link, a pipe or the like, or cannot be read
	 */
	public static String read(Path file) throws IOException {
		if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
			return "";
		}
		requireRegular(file);
		try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
			byte[] bytes = in.readNBytes(MOST_BYTES + 1);
			return (bytes.length > MOST_BYTES) ? "" : new String(bytes, StandardCharsets.ISO_8859_1);
		}
		catch (NoSuchFileException ex) {
			return "";
		}
	}

	/**
	 * Requires that a name is that of a regular file itself. Opens nothing, as that alone
	 * can hang.
	 * @throws NoSuchFileException if there is none
	 */
	public static void requireRegular(Path file) throws IOException {
		if (!attributes(file).isRegularFile()) {
			throw unexpected(file, "a regular file");
		}
	}

	/**
	 * Requires that a name, if it is taken, is that of a directory itself.
	 */
	public static void requireDirectoryIfPresent(Path directory) throws IOException {
		if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS) && !attributes(directory).isDirectory()) {
			throw unexpected(directory, "a directory");
		}
	}

	private static BasicFileAttributes attributes(Path path) throws IOException {
		return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
	}

	private static IOException unexpected(Path path, String expected) {
		return new IOException(
				"%s is %s, and %s of the engine's own is expected: remove it, and let nobody else write to"
					.formatted(path, Files.isSymbolicLink(path) ? "a symbolic link" : "something else", expected)
						+ " the meta directory");
	}

}
