package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.litestream4j.LitestreamOptions;
import org.litestream4j.RestoreProgress;
import org.litestream4j.io.FileFailures;
import org.litestream4j.io.InvalidPaths;

/**
 * Where the endpoint may write a database to: a file below one directory that does not
 * exist yet, with no symbolic link on the way.
 */
final class RestorePath implements RestoreProgress {

	/** Of a name, in bytes, on all common file systems. */
	private static final int MAX_NAME = 255;

	/** SQLite opens no longer path than 512 bytes, and drafts have names of their own. */
	private static final int MAX_PATH = 480;

	private static final int MAX_DIRECTORY = 400;

	/** Would write lines of their own into a log, or turn its text around. */
	private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

	/** What SQLite would take for part of the database beside it. */
	private static final Pattern SQLITES_OWN = Pattern.compile("(?i).*-(wal|shm|journal)");

	private final Path root;

	private final Path file;

	/** Innermost first. */
	private final Deque<Path> created = new ArrayDeque<>();

	private RestorePath(Path root, Path file) {
		this.root = root;
		this.file = file;
	}

	/**
	 * Checks a path. Creates nothing.
	 * @param root the directory, absolute and normalized
	 * @param given as requested
	 * @throws EndpointRequestException if it is not allowed
	 */
	static RestorePath check(Path root, @Nullable String given) {
		if (given == null || given.isBlank()) {
			throw EndpointRequestException.badRequest(
					"outputPath is missing: send a JSON body with the name of a new file below %s".formatted(root));
		}
		RestorePath path = new RestorePath(root, parse(root, given));
		path.requireNoLinks();
		if (Files.exists(path.file, LinkOption.NOFOLLOW_LINKS)) {
			throw EndpointRequestException
				.conflict("outputPath '%s' exists: nothing is overwritten, name a new file".formatted(given));
		}
		return path;
	}

	private static Path parse(Path root, String given) {
		Path path;
		try {
			path = root.resolve(given).normalize();
		}
		catch (InvalidPathException ex) {
			throw EndpointRequestException
				.badRequest("outputPath is not a path: %s".formatted(InvalidPaths.reason(ex)));
		}
		if (UNPRINTABLE.matcher(given).find()) {
			throw EndpointArguments.invalid("outputPath", given, "a name without control characters");
		}
		if (!path.startsWith(root) || path.equals(root) || given.endsWith("/")) {
			throw EndpointArguments.invalid("outputPath", given, "a file below %s".formatted(root));
		}
		for (Path name : root.relativize(path)) {
			requireLength("a name", name, MAX_NAME);
		}
		requireLength("a path", path, MAX_PATH);
		requireLength("a directory", path.resolveSibling(""), MAX_DIRECTORY);
		if (SQLITES_OWN.matcher(path.getFileName().toString()).matches()) {
			throw EndpointArguments.invalid("outputPath", given,
					"a name that does not end with -wal, -shm or -journal, which SQLite takes for a part of another database,");
		}
		return path;
	}

	private static void requireLength(String what, Path path, int max) {
		int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
		if (length > max) {
			throw EndpointArguments.invalid("outputPath", path, "%s of at most %d bytes".formatted(what, max));
		}
	}

	/**
	 * Requires that nothing of a live database would be touched, whatever the root is.
	 * @throws EndpointRequestException if it would
	 */
	void requireApartFrom(LitestreamOptions live) {
		Path meta = live.metaDirectory().toAbsolutePath().normalize();
		if (this.file.equals(live.database()) || (this.file.startsWith(meta) && !this.root.startsWith(meta))) {
			throw EndpointArguments.invalid("outputPath", this.file,
					"a file that does not belong to database '%s'".formatted(live.name()));
		}
	}

	/**
	 * Requires that nothing on the way is a symbolic link, now.
	 * @throws EndpointRequestException if something is
	 */
	void requireNoLinks() {
		for (Path each : below(this.file)) {
			if (Files.isSymbolicLink(each)) {
				throw EndpointArguments.invalid("outputPath", this.file,
						"a path without symbolic links such as '%s'".formatted(this.root.relativize(each)));
			}
			if (!each.equals(this.file) && Files.exists(each) && !Files.isDirectory(each)) {
				throw EndpointArguments.invalid("outputPath", this.file,
						"a path whose parts are directories, which '%s' is not,".formatted(this.root.relativize(each)));
			}
		}
	}

	/**
	 * Says more than the name of a file, where the directory itself cannot be written.
	 * @param root the directory, absolute and normalized
	 */
	static IOException explained(Path root, FileSystemException failure) {
		String name = failure.getFile();
		Path file = (name != null) ? Path.of(name).toAbsolutePath() : root;
		return (root.startsWith(file) || file.startsWith(root)) ? new IOException(
				"the restore directory %s cannot be written (%s): make it writable, or set litestream.endpoint.restore-directory"
					.formatted(root, FileFailures.reason(failure)),
				failure) : failure;
	}

	@Override
	public void advanced(long done, long total) {
		// only the path is watched
	}

	/**
	 * Ends a restore as soon as a directory on the way was swapped for a link. Between
	 * the last look and the publication nothing can go elsewhere, as the finished file is
	 * linked from a draft in the same directory, which is not where the link leads.
	 */
	@Override
	public boolean isCancelled() {
		return below(this.file).stream().anyMatch(Files::isSymbolicLink);
	}

	/** The path and its parents below the root, outermost first. */
	private List<Path> below(Path path) {
		List<Path> parts = new ArrayList<>();
		for (Path each = path; each != null && !each.equals(this.root); each = each.getParent()) {
			parts.add(0, each);
		}
		return parts;
	}

	Path file() {
		return this.file;
	}

	Path root() {
		return this.root;
	}

	/**
	 * Creates the directories on the way, writes the file, and leaves no directory behind
	 * if that fails.
	 */
	<T> T write(FileWriter<T> writer) throws IOException {
		boolean written = false;
		try {
			createDirectories();
			T result = writer.write();
			written = true;
			return result;
		}
		catch (IOException ex) {
			// Says more than that it was cancelled, or found nothing
			requireNoLinks();
			throw ex;
		}
		finally {
			if (!written) {
				removeDirectories();
			}
		}
	}

	/** Creates the directories on the way, and looks again. */
	void createDirectories() throws IOException {
		Files.createDirectories(this.root);
		List<Path> parts = below(this.file);
		for (Path directory : parts.subList(0, parts.size() - 1)) {
			if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
				Files.createDirectory(directory);
				this.created.push(directory);
			}
		}
		requireNoLinks();
	}

	/**
	 * Removes the directories that were created, as far as they are empty, and nothing
	 * that somebody has put in their place.
	 */
	void removeDirectories() {
		for (Path directory : this.created) {
			if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
				return;
			}
			try {
				Files.delete(directory);
			}
			catch (IOException ex) {
				return; // somebody uses it
			}
		}
	}

	/** Writes the file. */
	@FunctionalInterface
	interface FileWriter<T> {

		T write() throws IOException;

	}

}
