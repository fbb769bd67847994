package org.litestream4j.replica;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

import org.litestream4j.format.ReplicaLayout;

/**
 * The folder that a file replica is in: reads it, and tells a folder that is not there
 * yet from one that has vanished. Thread-safe.
 */
final class ReplicaFolder {

	/** Folders below which removable and network file systems appear and disappear. */
	private static final Set<String> MOUNT_PARENTS = Set.of("/", "/mnt", "/media", "/run/media", "/Volumes", "/net");

	private final Path root;

	private final Supplier<MountTable> mounts;

	private volatile boolean seen;

	ReplicaFolder(Path root, Supplier<MountTable> mounts) {
		this.root = root;
		this.mounts = mounts;
	}

	Path root() {
		return this.root;
	}

	Path resolve(String objectName) {
		return this.root.resolve(objectName);
	}

	/** What is in one of the replica's folders; nothing if that folder is not there. */
	List<Path> list(Path directory) throws IOException {
		List<Path> paths = new ArrayList<>();
		visit(directory, paths::add);
		return paths;
	}

	/** As {@link #list(Path)}, one by one: there may be millions. */
	void visit(Path directory, PathVisitor visitor) throws IOException {
		try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
			for (Path path : stream) {
				visitor.visit(path);
			}
		}
		catch (NoSuchFileException ex) {
			requirePresent();
			return;
		}
		catch (DirectoryIteratorException ex) {
			throw explain("list", new IOException(ex.getMessage(), ex));
		}
		catch (IOException ex) {
			throw explain("list", ex);
		}
		this.seen = true;
	}

	/** Size and time of an object; empty if it is gone or no plain file. */
	Optional<Stat> stat(Path object) throws IOException {
		try {
			BasicFileAttributes attributes = Files.readAttributes(object, BasicFileAttributes.class);
			return attributes.isRegularFile()
					? Optional.of(new Stat(attributes.size(), attributes.lastModifiedTime().toInstant()))
					: Optional.empty();
		}
		catch (NoSuchFileException ex) {
			return Optional.empty();
		}
		catch (IOException ex) {
			throw explain("read", ex);
		}
	}

	/**
	 * Opens an object.
	 * @throws NoSuchFileException if the object is gone, but not the whole folder
	 */
	InputStream open(String objectName) throws IOException {
		try {
			return Files.newInputStream(resolve(objectName));
		}
		catch (NoSuchFileException ex) {
			requirePresent();
			throw ex;
		}
		catch (IOException ex) {
			throw explain("read", ex);
		}
	}

	/**
	 * Refuses to take a folder that vanished for an empty one, as an application would
	 * then start on an empty database, or fill the disk below a mount point. Reasons to
	 * believe that it vanished: this object has seen it before; it is below a mount point
	 * of {@code /etc/fstab} where nothing is mounted; a symbolic link on the way leads
	 * nowhere; or its parent is missing too, and the first missing folder is one where
	 * disks are usually mounted.
	 */
	void requirePresent() throws IOException {
		if (Files.isDirectory(resolve(ReplicaLayout.GENERATIONS))) {
			this.seen = true;
			return;
		}
		Optional<Path> unmounted = this.mounts.get().unmountedAbove(this.root);
		if (unmounted.isPresent()) {
			throw new UnusableException(
					("The replica folder %s cannot be used: nothing is mounted at %s, as /etc/fstab says"
							+ " it should; mount it")
						.formatted(this.root, unmounted.get()));
		}
		if (Files.isDirectory(this.root)) {
			this.seen = true;
			return;
		}
		if (this.seen) {
			throw new UnusableException(
					("The replica folder %s has vanished: bring it back, or create an empty folder to start the backup"
							+ " anew")
						.formatted(this.root));
		}
		requireNeverExisted();
	}

	private void requireNeverExisted() throws IOException {
		Path missing = this.root;
		Path existing = this.root.getParent();
		while (existing != null && !Files.isDirectory(existing)) {
			missing = existing;
			existing = existing.getParent();
		}
		if (Files.exists(missing, LinkOption.NOFOLLOW_LINKS)) {
			String what = Files.isSymbolicLink(missing) ? "a symbolic link that leads nowhere" : "no folder";
			throw new UnusableException(
					"The replica folder %s cannot be used: %s is %s".formatted(this.root, missing, what));
		}
		boolean mountGone = !missing.equals(this.root) && existing != null && isMountParent(existing);
		if (mountGone) {
			throw new UnusableException(
					"The replica folder %s cannot be used: %s does not exist; mount it, or create it to begin a backup"
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
		else if (cause instanceof NotDirectoryException) {
			reason = "%s is no folder; move it away".formatted(file(cause));
		}
		else {
			reason = said;
		}
		return new UnusableException("Cannot %s the replica folder %s: %s".formatted(action, this.root, reason), cause);
	}

	private String file(IOException cause) {
		return (cause instanceof FileSystemException failure && failure.getFile() != null) ? failure.getFile()
				: this.root.toString();
	}

	/** Sees each file of a folder. */
	@FunctionalInterface
	interface PathVisitor {

		void visit(Path path) throws IOException;

	}

	/** Says in one sentence what is wrong with the folder. */
	private static final class UnusableException extends IOException {

		private static final long serialVersionUID = 1L;

		UnusableException(String message) {
			super(message);
		}

		UnusableException(String message, Throwable cause) {
			super(message, cause);
		}

	}

	/**
	 * An object's file.
	 *
	 * @param size bytes
	 * @param modifiedAt when it was written
	 */
	record Stat(long size, Instant modifiedAt) {
	}

}
