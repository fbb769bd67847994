package org.litestream4j.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

import org.jspecify.annotations.Nullable;

/**
 * Keeps a second engine, of this process or another, out of a directory. Given back when
 * closed or when the process ends.
 */
public final class DirectoryLock implements AutoCloseable {

	private final FileChannel channel;

	private DirectoryLock(FileChannel channel) {
		this.channel = channel;
	}

	/**
	 * Locks a directory.
	 * @param directory must exist
	 * @throws IOException if somebody else has it
	 */
	public static DirectoryLock acquire(Path directory) throws IOException {
		Path file = directory.resolve("lock");
		FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
		try {
			FileLock lock = tryLock(channel);
			if (lock != null) {
				return new DirectoryLock(channel);
			}
			throw new IOException(("%s is in use: another replication of the same database runs, in this process or"
					+ " another. Stop it first, or give this one another meta-directory if it is another database")
				.formatted(directory));
		}
		catch (IOException ex) {
			channel.close();
			throw ex;
		}
	}

	@Nullable private static FileLock tryLock(FileChannel channel) throws IOException {
		try {
			return channel.tryLock();
		}
		catch (OverlappingFileLockException ex) {
			return null;
		}
	}

	@Override
	public void close() throws IOException {
		this.channel.close();
	}

}
