package org.litestream4j.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

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
		DirectoryLock lock = tryAcquire(directory);
		if (lock == null) {
			throw inUse(directory);
		}
		return lock;
	}

	/**
	 * Locks a directory, or returns null if somebody else has it.
	 * @param directory must exist
	 */
	public static @Nullable DirectoryLock tryAcquire(Path directory) throws IOException {
		Path lock = directory.toRealPath().resolve("lock");
		if (Files.exists(lock, LinkOption.NOFOLLOW_LINKS)) {
			StateFile.requireRegular(lock);
		}
		FileChannel channel = JvmLocks.tryLock(lock);
		return (channel != null) ? new DirectoryLock(channel) : null;
	}

	private static IOException inUse(Path directory) {
		return new IOException(("%s is in use: another replication of the same database runs, in this process or"
				+ " another. Stop it first, or give this one another meta-directory if it is another database")
			.formatted(directory));
	}

	@Override
	public void close() throws IOException {
		JvmLocks.release(this.channel);
	}

}
