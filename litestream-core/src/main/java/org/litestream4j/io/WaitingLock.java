package org.litestream4j.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import org.jspecify.annotations.Nullable;

/**
 * Lets one after another do something with a path, of this process or another: who comes
 * second waits. The lock is a file that is gone afterwards, and is given back when the
 * process ends.
 */
public final class WaitingLock implements AutoCloseable {

	private static final long PAUSE_MILLIS = 50;

	private static final int LONGEST = 1 << 16;

	private static final SecureRandom RANDOM = new SecureRandom();

	private final Path file;

	private final FileChannel channel;

	private WaitingLock(Path file, FileChannel channel) {
		this.file = file;
		this.channel = channel;
	}

	/**
	 * Waits for the lock.
	 * @param file what is locked; need not exist, but its directory must
	 * @param giveUp asked again and again while others hold it
	 * @throws IOException if the file cannot be created, or that ended the waiting
	 */
	public static WaitingLock acquire(Path file, BooleanSupplier giveUp) throws IOException {
		Path directory = Objects.requireNonNull(file.toAbsolutePath().getParent());
		Path real = directory.toRealPath().resolve(file.getFileName());
		while (true) {
			WaitingLock lock = tryAcquire(real);
			if (lock != null) {
				return lock;
			}
			pause(file, giveUp);
		}
	}

	private static void pause(Path file, BooleanSupplier giveUp) throws IOException {
		try {
			TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		if (giveUp.getAsBoolean() || Thread.currentThread().isInterrupted()) {
			throw new IOException("%s is held by another process: wait for it to finish, or stop it".formatted(file));
		}
	}

	private static @Nullable WaitingLock tryAcquire(Path file) throws IOException {
		FileChannel channel = JvmLocks.tryLock(file);
		if (channel == null) {
			return null;
		}
		boolean locked = false;
		try {
			locked = isStill(file, channel);
			return locked ? new WaitingLock(file, channel) : null;
		}
		finally {
			if (!locked) {
				JvmLocks.release(channel);
			}
		}
	}

	/**
	 * Whether the name still leads to the file that was locked: who held it before has
	 * deleted it. A length at random tells, as nothing shows the file of a channel.
	 */
	private static boolean isStill(Path file, FileChannel channel) throws IOException {
		int length = 1 + RANDOM.nextInt(LONGEST);
		channel.truncate(0);
		channel.write(ByteBuffer.allocate(1), length - 1);
		try {
			return Files.size(file) == length;
		}
		catch (NoSuchFileException ex) {
			return false;
		}
	}

	@Override
	public void close() throws IOException {
		if (this.channel.isOpen()) {
			try {
				// while it is locked: who waits sees that
				Files.deleteIfExists(this.file);
			}
			finally {
				JvmLocks.release(this.channel);
			}
		}
	}

}
