package org.litestream4j.restore;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.io.Disk;
import org.litestream4j.io.NewDirectories;

/**
 * The file in which a database is restored, beside the path where it will appear. Closing
 * it deletes it, unless it was published. Not thread-safe.
 */
final class RestoreDraft implements Closeable {

	private static final Logger logger = LoggerFactory.getLogger(RestoreDraft.class);

	/* .<output>.restoring-<process id>-<16 hex, random> */
	private static final Pattern NAME = Pattern.compile(".+\\.restoring-(\\d{1,18})-[0-9a-f]{16}");

	/** What another process may still work on, in a container whose ids we cannot see. */
	private static final Duration FRESH = Duration.ofMinutes(1);

	private static final SecureRandom RANDOM = new SecureRandom();

	private static final Set<Path> IN_USE = ConcurrentHashMap.newKeySet();

	private final Disk disk;

	private final Path path;

	/** Stays that of the draft when another directory takes its name. */
	private final DirectoryStream<Path> directory;

	private final NewDirectories parents;

	private final Disk.DiskFile file;

	private boolean published;

	private boolean closed;

	private RestoreDraft(Disk disk, Path path, DirectoryStream<Path> directory, NewDirectories parents)
			throws IOException {
		this.disk = disk;
		this.path = path;
		this.directory = directory;
		this.parents = parents;
		this.file = disk.create(path);
		IN_USE.add(path);
	}

	/**
	 * Creates an empty draft, and deletes those that a crash has left for the same
	 * output.
	 */
	static RestoreDraft create(Disk disk, RestoreOutput output) throws IOException {
		try {
			NewDirectories parents = NewDirectories.create(disk, output.directory());
			try {
				return create(disk, output, parents);
			}
			catch (IOException | RuntimeException ex) {
				parents.removeEmpty();
				throw ex;
			}
		}
		catch (IOException ex) {
			throw new DraftException(output.directory(), ex);
		}
	}

	@SuppressWarnings("StreamResourceLeak") // the draft closes it
	private static RestoreDraft create(Disk disk, RestoreOutput output, NewDirectories parents) throws IOException {
		String prefix = hiddenName(output.path(), ".restoring-");
		deleteLeftOvers(disk, output.directory(), prefix);
		String name = "%s%d-%s".formatted(prefix, ProcessHandle.current().pid(),
				HexFormat.of().toHexDigits(RANDOM.nextLong()));
		DirectoryStream<Path> directory = Files.newDirectoryStream(output.directory());
		try {
			return new RestoreDraft(disk, output.directory().resolve(name), directory, parents);
		}
		catch (IOException | RuntimeException ex) {
			directory.close();
			throw ex;
		}
	}

	/** Long names are shortened, as a file name has at most 255 bytes. */
	static String hiddenName(Path output, String suffix) {
		String name = String.valueOf(output.getFileName());
		return ".%s%s".formatted(
				(name.length() <= 40) ? name : name.substring(0, 32) + HexFormat.of().toHexDigits(name.hashCode()),
				suffix);
	}

	private static void deleteLeftOvers(Disk disk, Path directory, String prefix) {
		try (DirectoryStream<Path> paths = Files.newDirectoryStream(directory,
				(path) -> path.getFileName().toString().startsWith(prefix))) {
			for (Path path : paths) {
				if (isLeftOver(path)) {
					disk.deleteIfExists(path);
					logger.info("Deleted {}, left by a restore that did not end", path);
				}
			}
		}
		catch (IOException ex) {
			logger.debug("Cannot delete what earlier restores left in {}", directory, ex);
		}
	}

	private static boolean isLeftOver(Path path) throws IOException {
		Matcher matcher = NAME.matcher(path.getFileName().toString());
		if (!matcher.matches() || IN_USE.contains(path)) {
			return false;
		}
		long pid = Long.parseLong(matcher.group(1));
		boolean alive = pid != ProcessHandle.current().pid() && ProcessHandle.of(pid).isPresent();
		return !alive && Files.getLastModifiedTime(path).toInstant().isBefore(Instant.now().minus(FRESH));
	}

	Path path() {
		return this.path;
	}

	Disk.DiskFile file() {
		return this.file;
	}

	void force() throws IOException {
		try {
			this.file.force();
		}
		catch (IOException ex) {
			throw new DraftException(parent(), ex);
		}
	}

	private Path parent() {
		return Objects.requireNonNull(this.path.getParent());
	}

	/**
	 * Gives the draft, which was forced, its final name, without replacing anything. If
	 * that fails everything is as it was.
	 */
	void publish(RestoreOutput output) throws IOException {
		// No descriptor of a database is closed once others may open it
		this.file.close();
		output.requireFree();
		RestoreLock.requireWanted(output.path());
		LeftOverFiles leftOvers = output.moveLeftOversAside(this.disk);
		try {
			this.disk.moveToNew(this.path, output.path()); // commit point
		}
		catch (FileAlreadyExistsException ex) {
			leftOvers.moveBack();
			throw output.exists(ex);
		}
		catch (IOException ex) {
			leftOvers.moveBack();
			throw DraftException.ofMove(output.path(), ex);
		}
		forceName(output, leftOvers);
		this.published = true;
	}

	/** A restore that says that it failed must not leave its file. */
	private void forceName(RestoreOutput output, LeftOverFiles leftOvers) throws IOException {
		try {
			this.disk.forceDirectory(output.directory());
		}
		catch (IOException ex) {
			this.disk.deleteIfExists(output.path());
			leftOvers.moveBack();
			throw new DraftException(output.directory(), ex);
		}
	}

	@Override
	public void close() throws IOException {
		if (this.closed) {
			return;
		}
		this.closed = true;
		try {
			this.file.close();
		}
		finally {
			IN_USE.remove(this.path);
			try (DirectoryStream<Path> held = this.directory) {
				this.disk.deleteIfExists(this.path);
				deleteFrom(held);
			}
			if (!this.published) {
				this.parents.removeEmpty();
			}
		}
	}

	/** By its descriptor, so also where somebody has moved the directory meanwhile. */
	private void deleteFrom(DirectoryStream<Path> held) throws IOException {
		if (held instanceof SecureDirectoryStream<Path> secure) {
			try {
				secure.deleteFile(this.path.getFileName());
			}
			catch (NoSuchFileException ex) {
				logger.trace("{} is gone already", this.path);
			}
		}
	}

}
