package org.litestream4j.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Keeps a second engine, of this process or another, out of a directory. Given back when
 * closed or when the process ends.
 */
public final class DirectoryLock implements AutoCloseable {

	/**
	 * Locked by this process. To be asked before the lock file is opened: closing it
	 * again would give the lock of the first one back, too.
	 */
	private static final Set<Path> HELD = new HashSet<>();

	private final Path directory;

	private final FileChannel channel;

	private DirectoryLock(Path directory, FileChannel channel) {
		this.directory = directory;
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
	@Nullable public static DirectoryLock tryAcquire(Path directory) throws IOException {
		Path real = directory.toRealPath();
		synchronized (HELD) {
			if (HELD.contains(real)) {
				return null;
			}
			Path lock = real.resolve("lock");
			if (Files.exists(lock, LinkOption.NOFOLLOW_LINKS)) {
				StateFile.requireRegular(lock);
			}
			FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
					LinkOption.NOFOLLOW_LINKS);
			boolean locked = false;
			try {
				locked = tryLock(channel) != null;
			}
			finally {
				if (!locked) {
					channel.close();
				}
			}
			if (!locked) {
				return null;
			}
			HELD.add(real);
			return new DirectoryLock(real, channel);
		}
	}

	private static IOException inUse(Path directory) {
		return new IOException(("%s is in use: another replication of the same database runs, in this process or"
				+ " another. Stop it first, or give this one another meta-directory if it is another database")
			.formatted(directory));
	}

	@Nullable private static FileLock tryLock(FileChannel channel) throws IOException {
		try {
			return channel.tryLock();
		}
		catch (OverlappingFileLockException ex) {
			return null; // this class in another class loader
		}
	}

	@Override
	public void close() throws IOException {
		synchronized (HELD) {
			if (this.channel.isOpen()) {
				this.channel.close();
				HELD.remove(this.directory);
			}
		}
	}

}
