package org.litestream4j.history.diff;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;

/**
 * A directory that only its owner can read, for files that nobody needs once it is
 * closed: it is deleted then, and also when the process is told to end before. Not
 * thread-safe.
 */
public final class ScratchDirectory implements Closeable {

	private static final Logger logger = LoggerFactory.getLogger(ScratchDirectory.class);

	/** What a process of another machine or container may still work on. */
	private static final Duration FRESH = Duration.ofMinutes(10);

	/* <name>-<process id>-<16 hex, random> */
	private static final Pattern NAME = Pattern.compile("(.+)-(\\d{1,18})-[0-9a-f]{16}");

	/** What the names of all begin with: what one left is deleted by any other. */
	private static final Pattern ANY = Pattern.compile("\\.?litestream-[a-z]+");

	private static final Set<Path> IN_USE = ConcurrentHashMap.newKeySet();

	/** Whoever still writes may make a file while others are deleted. */
	private static final int TRIES = 5;

	private final Path path;

	private final Thread hook;

	private final Disk disk = new ScratchDisk(SystemDisk.ownerOnly());

	private ScratchDirectory(Path path) {
		this.path = path;
		this.hook = new Thread(this::delete, "litestream-scratch");
	}

	/**
	 * Creates one.
	 * @param parent where to; must exist
	 * @param name what its name begins with: {@code litestream-} or {@code .litestream-},
	 * and a word
	 */
	public static ScratchDirectory create(Path parent, String name) throws IOException {
		Path path = parent.toAbsolutePath()
			.resolve("%s-%d-%s".formatted(name, ProcessHandle.current().pid(),
					HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong())));
		if (!Files.isDirectory(parent)) {
			throw new IOException(
					"%s is no directory: an existing one is expected, with space for two databases".formatted(parent));
		}
		deleteLeftOvers(parent.toAbsolutePath(), name);
		IN_USE.add(path);
		SystemDisk.ownerOnly().createDirectories(path);
		ScratchDirectory directory = new ScratchDirectory(path);
		try {
			if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
				Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
			}
			Runtime.getRuntime().addShutdownHook(directory.hook);
		}
		catch (IllegalStateException ex) {
			directory.delete();
			throw new IOException("The process is ending", ex);
		}
		return directory;
	}

	/** A process that was killed could delete nothing. */
	private static void deleteLeftOvers(Path parent, String name) {
		try (DirectoryStream<Path> paths = Files.newDirectoryStream(parent)) {
			for (Path path : paths) {
				if (isLeftOver(path, name)) {
					new ScratchDirectory(path).delete();
					logger.info("Deleted {}, left by a process that was killed", path);
				}
			}
		}
		catch (IOException ex) {
			logger.debug("Cannot delete what other processes left in {}", parent, ex);
		}
	}

	private static boolean isLeftOver(Path path, String name) throws IOException {
		Matcher matcher = NAME.matcher(path.getFileName().toString());
		if (!matcher.matches() || !isScratch(matcher.group(1), name) || IN_USE.contains(path)
				|| !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
			return false;
		}
		long pid = Long.parseLong(matcher.group(2));
		boolean alive = pid != ProcessHandle.current().pid() && ProcessHandle.of(pid).isPresent();
		return !alive && Files.getLastModifiedTime(path).toInstant().isBefore(Instant.now().minus(FRESH));
	}

	private static boolean isScratch(String left, String name) {
		return left.equals(name) || ANY.matcher(left).matches();
	}

	/** Where it is. */
	public Path path() {
		return this.path;
	}

	/** A file in it. */
	public Path file(String name) {
		return this.path.resolve(name);
	}

	/** Writes files in it, which need not survive a power cut. */
	public Disk disk() {
		return this.disk;
	}

	private void delete() {
		for (int i = 0; i < TRIES && Files.exists(this.path, LinkOption.NOFOLLOW_LINKS); i++) {
			try {
				try (DirectoryStream<Path> files = Files.newDirectoryStream(this.path)) {
					for (Path file : files) {
						this.disk.deleteIfExists(file);
					}
				}
				this.disk.deleteIfExists(this.path);
			}
			catch (IOException ex) {
				logger.debug("{} is not deleted yet", this.path, ex);
			}
		}
	}

	@Override
	public void close() throws IOException {
		try {
			Runtime.getRuntime().removeShutdownHook(this.hook);
		}
		catch (IllegalStateException ex) {
			logger.trace("{} is deleted as the process ends", this.path);
		}
		delete();
		IN_USE.remove(this.path);
		if (Files.exists(this.path, LinkOption.NOFOLLOW_LINKS)) {
			throw new IOException(
					"%s could not be deleted: delete it, as it has a copy of the database".formatted(this.path));
		}
	}

}
