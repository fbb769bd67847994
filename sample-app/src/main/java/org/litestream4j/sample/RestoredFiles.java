package org.litestream4j.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The databases that were restored to the folder set aside for them; nothing outside of
 * it, nothing in folders below it, and no symbolic link.
 */
class RestoredFiles {

	private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,199}\\.db");

	private final Path folder;

	private final @Nullable Path liveDatabase;

	/**
	 * @param folder where restored databases are; need not exist yet
	 * @param liveDatabase the database in use, or null when it is no file
	 */
	RestoredFiles(Path folder, @Nullable Path liveDatabase) {
		this.folder = folder.toAbsolutePath().normalize();
		this.liveDatabase = liveDatabase;
	}

	/** What is there, newest first. */
	List<RestoredFile> list() {
		List<RestoredFile> files = new ArrayList<>();
		try (var entries = Files.newDirectoryStream(this.folder)) {
			for (Path entry : entries) {
				describe(entry).ifPresent(files::add);
			}
		}
		catch (NoSuchFileException | NotDirectoryException ex) {
			return List.of();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		files.sort(Comparator.comparing(RestoredFile::createdAt).reversed());
		return files;
	}

	/** The file of that name, if it is a restored database. */
	Optional<Path> find(String name) {
		if (!NAME.matcher(name).matches()) {
			return Optional.empty();
		}
		Path file = this.folder.resolve(name);
		return describe(file).map((described) -> file);
	}

	private Optional<RestoredFile> describe(Path file) {
		String name = String.valueOf(file.getFileName());
		try {
			BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class,
					LinkOption.NOFOLLOW_LINKS);
			if (!NAME.matcher(name).matches() || !attributes.isRegularFile() || isLiveDatabase(file)) {
				return Optional.empty();
			}
			return Optional.of(new RestoredFile(name, attributes.size(), attributes.lastModifiedTime().toInstant()));
		}
		catch (IOException ex) {
			return Optional.empty(); // gone, or never there
		}
	}

	/**
	 * Opening and closing the live database through Java would drop the POSIX locks that
	 * SQLite holds on it, so it must never be served, whatever the folder is set to.
	 */
	private boolean isLiveDatabase(Path file) throws IOException {
		return this.liveDatabase != null && Files.exists(this.liveDatabase)
				&& Files.isSameFile(file, this.liveDatabase);
	}

	/**
	 * A restored database.
	 *
	 * @param name its file name
	 * @param bytes its size
	 * @param createdAt when it was restored
	 */
	record RestoredFile(String name, long bytes, Instant createdAt) {
	}

}
