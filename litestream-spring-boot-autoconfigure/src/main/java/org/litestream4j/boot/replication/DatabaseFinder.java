package org.litestream4j.boot.replication;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.litestream4j.boot.DatabaseDefinition;

/**
 * Finds files in a directory that may be databases, by their names and sizes. Opens none.
 */
final class DatabaseFinder {

	/** What SQLite, a restore or whoever replaces a file keeps beside a database. */
	private static final Pattern BESIDE = Pattern.compile(".*(-wal|-shm|-journal|\\.tmp|\\.before-restore-.*)",
			Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

	/** The end of a pattern that matches one ending only. */
	private static final Pattern ENDING = Pattern.compile("\\.[A-Za-z0-9_-]+$");

	/** All of SQLite's page sizes are multiples of it, and so are all databases. */
	private static final int SMALLEST_PAGE = 512;

	/**
	 * Changes when a file that SQLite does not have open is written to.
	 *
	 * @param size bytes
	 * @param modifiedAt milliseconds since the epoch
	 */
	record Stamp(long size, long modifiedAt) {
	}

	private final Path root;

	private final PathMatcher matcher;

	private final boolean recursive;

	private final String ending;

	/**
	 * Creates a finder.
	 * @param root the directory
	 * @param pattern a glob for names
	 * @param recursive whether the directories in it count, too
	 */
	DatabaseFinder(Path root, String pattern, boolean recursive) {
		this.root = root;
		this.matcher = root.getFileSystem().getPathMatcher("glob:" + pattern);
		this.recursive = recursive;
		Matcher ends = ENDING.matcher(pattern);
		this.ending = ends.find() ? ends.group() : "";
	}

	/**
	 * What is there now.
	 * @param skipped directories that are not looked into
	 * @return by file, symbolic links in the directory's own path resolved; empty if
	 * there is no such directory
	 */
	Map<Path, Stamp> find(Predicate<Path> skipped) throws IOException {
		Map<Path, Stamp> found = new TreeMap<>();
		if (!Files.isDirectory(this.root)) {
			return found;
		}
		Path start = this.root.toRealPath();
		Files.walkFileTree(start, EnumSet.noneOf(java.nio.file.FileVisitOption.class),
				this.recursive ? Integer.MAX_VALUE : 1, new SimpleFileVisitor<>() {
					@Override
					public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
						boolean wanted = directory.equals(start) || (!isHidden(directory) && !skipped.test(directory));
						return wanted ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
					}

					@Override
					public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
						if (attributes.isRegularFile() && isCandidate(file, attributes.size())) {
							found.put(file, new Stamp(attributes.size(), attributes.lastModifiedTime().toMillis()));
						}
						return FileVisitResult.CONTINUE;
					}

					/** What has vanished meanwhile, or cannot be read. */
					@Override
					public FileVisitResult visitFileFailed(Path file, IOException ex) throws IOException {
						if (file.equals(start)) {
							throw ex;
						}
						return FileVisitResult.CONTINUE;
					}
				});
		return found;
	}

	private boolean isCandidate(Path file, long size) {
		return size >= SMALLEST_PAGE && size % SMALLEST_PAGE == 0 && !isHidden(file)
				&& !BESIDE.matcher(file.getFileName().toString()).matches() && this.matcher.matches(file.getFileName());
	}

	private static boolean isHidden(Path path) {
		return path.getFileName().toString().startsWith(".");
	}

	/**
	 * The name of the database in a file: its path below the directory, without the
	 * ending that all have which the pattern matches, if it is one. Other files have
	 * other names.
	 * @param file as it was found
	 */
	String name(Path file) throws IOException {
		String relative = this.root.toRealPath().relativize(file).toString();
		return DatabaseDefinition.nameOf(relative.substring(0, relative.length() - this.ending.length()));
	}

}
