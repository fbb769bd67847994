package org.litestream4j.database;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * The descriptors that may not be closed while the JVM runs, one for each inode. They are
 * reachable from the system properties, and nothing of them is of a class of ours: the
 * collector closes what only a class loader has kept, as that of a web application which
 * is deployed again, and with it go the locks of the application's next version, which
 * uses the same database. For the same reason the next class loader takes what is here
 * instead of opening another. Thread-safe.
 */
final class KeptFiles {

	private static final String KEY = "org.litestream4j.kept-files";

	private KeptFiles() {
	}

	/**
	 * The descriptor of a file, opened if it is the first time.
	 * @param id what the name stands for
	 * @throws NoSuchFileException if the name does not stand for it any more
	 */
	static RandomAccessFile open(Path path, FileId id) throws IOException {
		Map<Object, Object> kept = all();
		synchronized (kept) {
			if (kept.get(key(id)) instanceof RandomAccessFile known) {
				return known;
			}
			RandomAccessFile opened = new RandomAccessFile(path.toFile(), "r");
			// Also if it is another one: closing it would drop that one's locks
			FileId found = FileId.require(path);
			kept.put(key(found), opened);
			if (!found.equals(id)) {
				throw new NoSuchFileException(path.toString(), null, "replaced while it was opened; start again");
			}
			return opened;
		}
	}

	/** Whether a file's descriptor is here, whichever class loader has put it there. */
	static boolean contains(FileId id) {
		return all().containsKey(key(id));
	}

	/**
	 * Closes what belongs to files that were deleted, as nobody can open them again. The
	 * proof is the kernel's: it counts the names of the file that a descriptor is of.
	 * That a name is gone proves nothing, as the file may have been moved, with all who
	 * use it. The descriptors are read once for all files, and not at all if none is
	 * suspect.
	 * @param inUse what stays open whatever has become of it; quick
	 * @param present what certainly has a name still
	 * @return how many files had to be looked for
	 */
	static int forgetDeleted(Predicate<FileId> inUse, Predicate<FileId> present) {
		Map<Object, Object> kept = all();
		synchronized (kept) {
			int lookedFor = 0;
			Set<FileId> suspects = new HashSet<>();
			for (Object key : kept.keySet()) {
				FileId id = id(key);
				if (!inUse.test(id)) {
					lookedFor++;
					if (!present.test(id)) {
						suspects.add(id);
					}
				}
			}
			if (!suspects.isEmpty()) {
				suspects.retainAll(Descriptors.nameless());
				// Asked again, as somebody may have begun to use one meanwhile
				suspects.stream().filter(inUse.negate()).forEach((id) -> close(kept.remove(key(id))));
			}
			return lookedFor;
		}
	}

	private static void close(@Nullable Object file) {
		try {
			if (file instanceof RandomAccessFile opened) {
				opened.close();
			}
		}
		catch (IOException ex) {
			// the file is gone, and so is all that could be lost
		}
	}

	/** What any class loader has put there: of the JDK's own classes only. */
	@SuppressWarnings("unchecked")
	private static Map<Object, Object> all() {
		return (Map<Object, Object>) System.getProperties()
			.computeIfAbsent(KEY, (key) -> new ConcurrentHashMap<Object, Object>());
	}

	private static String key(FileId id) {
		return "%x:%x".formatted(id.device(), id.inode());
	}

	private static FileId id(Object key) {
		String[] parts = key.toString().split(":");
		return new FileId(Long.parseUnsignedLong(parts[0], 16), Long.parseUnsignedLong(parts[1], 16));
	}

}
