package org.litestream4j.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The locks on files that this JVM holds, whichever class loader has taken them. The
 * kernel counts locks by process: whoever closes any channel of a locked file gives the
 * lock back, and so does the collector where a channel was just left. So what is locked
 * is known before a lock file is opened, from the system properties, where nothing is of
 * a class of ours: two web applications of one server have a copy of this class each.
 * Thread-safe.
 */
final class JvmLocks {

	private static final String KEY = "org.litestream4j.locks";

	private JvmLocks() {
	}

	/**
	 * Locks a file, which is created if it is missing.
	 * @param file absolute, with no symbolic link in its directory
	 * @return the channel that has the lock, to be given back with {@link #release}, or
	 * null if somebody else has it
	 */
	static @Nullable FileChannel tryLock(Path file) throws IOException {
		Map<Object, Object> all = all();
		synchronized (all) {
			String before = inode(file);
			if (isOpen(all.get(file.toString())) || isOpen(all.get(before))) {
				return null;
			}
			FileChannel channel = open(all, file, before);
			boolean keep = false;
			try {
				if (channel.tryLock() != null) {
					all.put(file.toString(), channel);
					all.put(inode(file), channel);
					keep = true;
					return channel;
				}
			}
			catch (OverlappingFileLockException ex) {
				// By somebody in this JVM who puts nothing here, as an older version of
				// this library. Tried again with the same channel
				all.put(shared(inode(file)), channel);
				keep = true;
			}
			finally {
				if (!keep) {
					channel.close();
				}
			}
			return null;
		}
	}

	private static FileChannel open(Map<Object, Object> all, Path file, String inode) throws IOException {
		return (all.remove(shared(inode)) instanceof FileChannel known) ? known : FileChannel.open(file,
				StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
	}

	/** Gives a lock back. Does nothing if that was done before. */
	static void release(FileChannel channel) throws IOException {
		Map<Object, Object> all = all();
		synchronized (all) {
			all.values().removeIf((other) -> other == channel);
			channel.close();
		}
	}

	private static boolean isOpen(@Nullable Object channel) {
		return channel instanceof FileChannel known && known.isOpen();
	}

	private static String shared(String inode) {
		return "shared " + inode;
	}

	/** What a name stands for; the name where nothing tells, and where it is missing. */
	private static String inode(Path file) throws IOException {
		try {
			Object key = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey();
			return (key != null) ? key.toString() : file.toString();
		}
		catch (NoSuchFileException ex) {
			return file.toString();
		}
	}

	/** What any class loader has put there: of the JDK's own classes only. */
	@SuppressWarnings("unchecked")
	private static Map<Object, Object> all() {
		return (Map<Object, Object>) System.getProperties()
			.computeIfAbsent(KEY, (key) -> new HashMap<Object, Object>());
	}

}
