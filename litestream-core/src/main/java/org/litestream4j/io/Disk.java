package org.litestream4j.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * Every change that the engine makes to a file system goes through here, so that tests
 * can cut the power between any two of them. Reading needs no seam.
 * <p>
 * A change survives a power cut only once it was forced: bytes by {@link DiskFile#force},
 * names by {@link #forceDirectory}. Implementations are thread-safe; a {@link DiskFile}
 * is not. An interrupt stops none of the operations, and stays set.
 * <p>
 * Never used for the live database, its {@code -wal} or its {@code -shm}.
 */
public interface Disk {

	/**
	 * Creates a file that must not exist, and opens it for writing.
	 * @throws java.nio.file.FileAlreadyExistsException if it exists
	 */
	DiskFile create(Path file) throws IOException;

	/**
	 * Opens an existing file for writing.
	 * @throws java.nio.file.NoSuchFileException if it does not exist
	 */
	DiskFile open(Path file) throws IOException;

	/** Creates a directory and its missing parents, and forces the names made. */
	void createDirectories(Path directory) throws IOException;

	/** Moves a file atomically within one file system, replacing the target. */
	void move(Path source, Path target) throws IOException;

	/**
	 * Moves a file to a name that nothing has, within one file system, and replaces
	 * nothing. As written here another process can take the name between the look and the
	 * move; the real file system overrides it with something better.
	 * @throws java.nio.file.FileAlreadyExistsException if anything has the name, be it a
	 * symbolic link that leads nowhere
	 */
	default void moveToNew(Path source, Path target) throws IOException {
		if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
			throw new FileAlreadyExistsException(target.toString());
		}
		move(source, target);
	}

	/**
	 * Gives a file a second name, which nothing has, in the same file system, and in one
	 * step.
	 * @throws java.nio.file.FileAlreadyExistsException if anything has the name
	 * @throws UnsupportedOperationException if there is no such thing here, which is what
	 * this method does as it stands
	 */
	default void link(Path file, Path name) throws IOException {
		throw new UnsupportedOperationException("no hard links");
	}

	/** Deletes a file or an empty directory, if it exists. */
	void deleteIfExists(Path path) throws IOException;

	/** Makes the names in a directory survive a power cut. */
	void forceDirectory(Path directory) throws IOException;

	/**
	 * A file that is open for writing. Not thread-safe, except that it may be forced
	 * while another thread writes.
	 */
	interface DiskFile extends Closeable {

		/** Writes bytes at a position, growing the file where it must. */
		void write(long position, byte[] bytes, int offset, int length) throws IOException;

		/** Cuts the file, or grows it with zeros, to a size in bytes. */
		void truncate(long size) throws IOException;

		/** The size in bytes. */
		long size() throws IOException;

		/** Makes what was written before the call survive a power cut. */
		void force() throws IOException;

		@Override
		void close() throws IOException;

	}

}
