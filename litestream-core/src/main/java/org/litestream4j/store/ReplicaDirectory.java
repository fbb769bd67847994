package org.litestream4j.store;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * The directory that a file replica is in: reads it, and tells a directory that is not
 * there yet from one that has vanished. Thread-safe.
 */
final class ReplicaDirectory {

	/**
	 * Directories below which removable and network file systems appear and disappear.
	 */
	private static final Set<String> MOUNT_PARENTS = Set.of("/", "/mnt", "/media", "/run/media", "/Volumes", "/net");

	private final Path root;

	private final Supplier<MountTable> mounts;

	private volatile boolean seen;

	/** The file system that the replica was seen on. */
	@Nullable private volatile Object device;

	/** Directories directly in the root in which we have seen or written something. */
	private final Set<Path> tops = ConcurrentHashMap.newKeySet();

	/** Where something was when we last looked or wrote. */
	private final Set<Path> filled = ConcurrentHashMap.newKeySet();

	ReplicaDirectory(Path root, Supplier<MountTable> mounts) {
		this.root = root;
		this.mounts = mounts;
	}

	Path root() {
		return this.root;
	}

	Path resolve(String objectName) {
		return this.root.resolve(objectName);
	}

	/**
	 * Visits what is in one of the replica's directories, one by one: there may be
	 * millions. Nothing is if that directory is not there. What is beyond a symbolic link
	 * is not the replica's.
	 * @return whether the visitor wanted all
	 */
	boolean visit(Path directory, PathVisitor visitor) throws IOException {
		if (directory.equals(this.root)) {
			requirePresent(directory);
		}
		if (foreignAbove(directory).isPresent()) {
			return true;
		}
		boolean all = true;
		try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
			for (Path path : stream) {
				filled(directory);
				if (!visitor.visit(path)) {
					all = false;
					break;
				}
			}
		}
		catch (VisitorException ex) {
			throw ex;
		}
		catch (NoSuchFileException ex) {
			requirePresent(directory);
			this.filled.remove(directory); // whoever asked knows it now
			return true;
		}
		catch (DirectoryIteratorException ex) {
			throw explain("list", new IOException(ex.getMessage(), ex));
		}
		catch (IOException ex) {
			throw explain("list", ex);
		}
		this.seen = true;
		return all;
	}

	/**
	 * Refuses to write to a directory that had something in it and is not there any more,
	 * if what is written continues what is gone.
	 */
	void requireNotVanished(Path directory) throws IOException {
		if (this.filled.contains(directory) && !Files.isDirectory(directory)) {
			throw new UnusableException(
					"The directory %s of the replica has vanished with what was in it: bring it back, else a new generation begins"
						.formatted(directory));
		}
	}

	/** Refuses to write through a symbolic link in the replica. */
	void requireNoLink(Path directory) throws IOException {
		Optional<Path> link = foreignAbove(directory);
		if (link.isPresent()) {
			throw new UnusableException(
					"The replica directory %s cannot be used: %s is a symbolic link, which is not followed; move it away"
						.formatted(this.root, link.get()));
		}
	}

	/** Something is in a directory, unless another has removed both meanwhile. */
	void filled(Path directory) {
		if (this.filled.add(directory) && !Files.isDirectory(directory)) {
			this.filled.remove(directory);
		}
		if (!directory.equals(this.root)) {
			this.tops.add(top(directory));
		}
		if (this.device == null) {
			this.device = deviceOf(this.root);
		}
	}

	/** A directory is being removed, as it is empty. */
	void emptied(Path directory) {
		this.filled.remove(directory);
	}

	/** A symbolic link on the way from the root, which may be one itself. */
	private Optional<Path> foreignAbove(Path directory) {
		for (Path path = directory; path != null && path.startsWith(this.root)
				&& !path.equals(this.root); path = path.getParent()) {
			if (Files.isSymbolicLink(path)) {
				return Optional.of(path);
			}
		}
		return Optional.empty();
	}

	/** What a name stands for, no link followed; empty if it is gone. */
	Optional<BasicFileAttributes> attributes(Path path) throws IOException {
		try {
			return Optional.of(Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
		}
		catch (NoSuchFileException ex) {
			return Optional.empty();
		}
		catch (IOException ex) {
			throw explain("read", ex);
		}
	}

	/** The attributes of an object; empty if it is gone or not a plain file. */
	Optional<BasicFileAttributes> object(Path path) throws IOException {
		return attributes(path).filter(BasicFileAttributes::isRegularFile);
	}

	/**
	 * Opens an object.
	 * @throws NoSuchFileException if the object is gone, but not the whole directory
	 */
	OpenedObject open(String name, ObjectOpener opener) throws IOException {
		Path path = resolve(name);
		try {
			// Opening a pipe would wait for somebody who writes to it
			BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class,
					LinkOption.NOFOLLOW_LINKS);
			if (!attributes.isRegularFile() || foreignAbove(path).isPresent()) {
				throw new UnusableException("Cannot read %s: it is not a plain file of the replica".formatted(path));
			}
			return opener.open(path, attributes);
		}
		catch (ObjectReplacedException ex) {
			throw ex;
		}
		catch (NoSuchFileException ex) {
			requirePresent(path);
			throw ex;
		}
		catch (IOException ex) {
			throw explain("read", ex);
		}
	}

	/**
	 * Refuses to take a directory that vanished for an empty one, as an application would
	 * then start on an empty database, or fill the disk below a mount point. Reasons to
	 * believe that it vanished: this object has seen it before; it is below a mount point
	 * of {@code /etc/fstab} where nothing is mounted; a symbolic link on the way leads
	 * nowhere; or its parent is missing too, and the first missing directory is one where
	 * disks are usually mounted. Nothing of that counts if one of the directories in it
	 * is there which hold its objects.
	 * @param asked what is wanted of the replica: is below such a directory, or is the
	 * root
	 */
	void requirePresent(Path asked) throws IOException {
		boolean there = !asked.equals(this.root) && Files.isDirectory(top(asked));
		if (there || this.tops.stream().anyMatch(Files::isDirectory)) {
			this.seen = true;
			if (this.device == null) {
				this.device = deviceOf(this.root);
			}
			return;
		}
		requireDirectory();
		Optional<Path> unmounted = this.mounts.get().unmountedAbove(this.root);
		if (unmounted.isPresent()) {
			throw new UnusableException(
					("The replica directory %s cannot be used: nothing is mounted at %s, as /etc/fstab says"
							+ " it should; mount it")
						.formatted(this.root, unmounted.get()));
		}
		if (Files.isDirectory(this.root)) {
			requireSameFileSystem();
			this.seen = true;
			return;
		}
		if (this.seen) {
			throw new UnusableException(
					("The replica directory %s has vanished: bring it back, or create an empty directory to start the backup"
							+ " anew")
						.formatted(this.root));
		}
		requireNeverExisted();
	}

	/** The first directory on the way from the root to a path below it. */
	private Path top(Path path) {
		return this.root.resolve(this.root.relativize(path).getName(0));
	}

	private void requireDirectory() throws IOException {
		if (Files.exists(this.root) && !Files.isDirectory(this.root)) {
			throw new UnusableException("The replica directory %s cannot be used: it is not a directory; move it away"
				.formatted(this.root));
		}
	}

	/** An empty directory on another one is most likely a mount point. */
	private void requireSameFileSystem() throws IOException {
		Object before = this.device;
		if (before != null && !before.equals(deviceOf(this.root))) {
			throw new UnusableException(
					"The replica directory %s is empty and on another file system than before: mount the one that holds the backup, or restart the application to begin a backup here"
						.formatted(this.root));
		}
	}

	@Nullable private static Object deviceOf(Path path) {
		try {
			return Files.getAttribute(path, "unix:dev");
		}
		catch (IOException | UnsupportedOperationException | IllegalArgumentException ex) {
			return null; // not told here
		}
	}

	private void requireNeverExisted() throws IOException {
		Path missing = this.root;
		Path existing = this.root.getParent();
		while (existing != null && !Files.isDirectory(existing)) {
			missing = existing;
			existing = existing.getParent();
		}
		// Another thread may have made it meanwhile
		if (Files.exists(missing, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(missing)) {
			String what = Files.isSymbolicLink(missing) ? "a symbolic link that leads nowhere" : "not a directory";
			throw new UnusableException(
					"The replica directory %s cannot be used: %s is %s".formatted(this.root, missing, what));
		}
		boolean mountGone = !missing.equals(this.root) && existing != null && isMountParent(existing);
		if (mountGone) {
			throw new UnusableException(
					"The replica directory %s cannot be used: %s does not exist; mount it, or create it to begin a backup"
						.formatted(this.root, missing));
		}
	}

	private static boolean isMountParent(Path path) {
		Path parent = path.getParent();
		return MOUNT_PARENTS.contains(path.toString())
				|| (parent != null && (parent.endsWith("media") && MOUNT_PARENTS.contains(parent.toString())));
	}

	/** Makes one clear sentence of what the file system said. */
	IOException explain(String action, IOException cause) {
		if (cause instanceof UnusableException) {
			return cause;
		}
		String said = String.valueOf(cause.getMessage());
		String reason;
		if (said.contains("No space left") || said.contains("quota exceeded")) {
			reason = "it is full; free space there";
		}
		else if (said.contains("Read-only file system")) {
			reason = "its file system is read-only; mount it for writing";
		}
		else if (cause instanceof AccessDeniedException || said.contains("Permission denied")) {
			reason = "permission is denied for %s; let the application's user read and write there"
				.formatted(file(cause));
		}
		else if (cause instanceof NoSuchFileException || said.contains("Stale file handle")
				|| said.contains("No such file")) {
			reason = "%s has vanished; bring it back".formatted(file(cause));
		}
		else if (cause instanceof NotDirectoryException || cause instanceof FileAlreadyExistsException
				|| said.contains("Not a directory")) {
			reason = "%s is not a directory; move it away".formatted(existing(file(cause)));
		}
		else {
			reason = said;
		}
		return new UnusableException("Cannot %s the replica directory %s: %s".formatted(action, this.root, reason),
				cause);
	}

	/** What is in the way: the file itself, or what stands for a directory above it. */
	private static Path existing(String file) {
		Path path = Path.of(file);
		while (!Files.exists(path, LinkOption.NOFOLLOW_LINKS) && path.getParent() != null) {
			path = path.getParent();
		}
		return path;
	}

	private String file(IOException cause) {
		return (cause instanceof FileSystemException failure && failure.getFile() != null) ? failure.getFile()
				: this.root.toString();
	}

	/** Sees each file of a directory. */
	@FunctionalInterface
	interface PathVisitor {

		/** Returns whether to go on. */
		boolean visit(Path path) throws IOException;

	}

	/** Opens an object that is a plain file of the replica. */
	@FunctionalInterface
	interface ObjectOpener {

		OpenedObject open(Path path, BasicFileAttributes attributes) throws IOException;

	}

	/** What a visitor has thrown, which is not to be blamed on the directory. */
	static final class VisitorException extends IOException {

		private static final long serialVersionUID = 1L;

		final IOException failure;

		VisitorException(IOException failure) {
			super(failure);
			this.failure = failure;
		}

	}

	/** Says in one sentence what is wrong with the directory. */
	private static final class UnusableException extends IOException {

		private static final long serialVersionUID = 1L;

		UnusableException(String message) {
			super(message);
		}

		UnusableException(String message, Throwable cause) {
			super(message, cause);
		}

	}

}
