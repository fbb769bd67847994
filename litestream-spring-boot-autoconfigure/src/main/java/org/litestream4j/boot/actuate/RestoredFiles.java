package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import org.litestream4j.boot.actuate.LitestreamReport.RestoredEntry;

/**
 * The databases that the endpoint has written since the application started, which may be
 * fetched and removed over HTTP if there is a bean of this type. A directory alone would
 * not say what is meant for that: it may be shared with others, and hold anything. So a
 * file is known by its identity and not by its name, and whatever took its place is not
 * handed out. Thread-safe.
 */
public final class RestoredFiles {

	/** The oldest are forgotten beyond that, and stay where they are. */
	private static final int MOST = 1000;

	private final Map<Path, Restored> files = new LinkedHashMap<>();

	/**
	 * Creates a register of no files.
	 */
	public RestoredFiles() {
	}

	/**
	 * Remembers a file that was written just now, unless it is in a directory further
	 * down.
	 */
	void add(String database, Path root, Path file) throws IOException {
		if (!root.equals(file.getParent())) {
			return;
		}
		Object key = attributes(file).fileKey();
		synchronized (this.files) {
			this.files.put(file, new Restored(database, file, key));
			Iterator<Path> oldest = this.files.keySet().iterator();
			while (this.files.size() > MOST) {
				oldest.next();
				oldest.remove();
			}
		}
	}

	/** Those of a database that are still there, newest first. */
	List<RestoredEntry> list(String database) {
		List<RestoredEntry> entries = new ArrayList<>();
		for (Restored each : known()) {
			if (each.database().equals(database)) {
				each.attributes()
					.ifPresent((attributes) -> entries.add(new RestoredEntry(each.name(), attributes.size(),
							attributes.lastModifiedTime().toInstant())));
			}
		}
		entries.sort(Comparator.comparing(RestoredEntry::createdAt).reversed());
		return entries;
	}

	/** The one of that name, if it is still there. */
	Optional<Path> find(String database, String name) {
		return known().stream()
			.filter((each) -> each.database().equals(database) && each.name().equals(name))
			.filter((each) -> each.attributes().isPresent())
			.map(Restored::file)
			.findFirst();
	}

	private List<Restored> known() {
		synchronized (this.files) {
			return List.copyOf(this.files.values());
		}
	}

	private static BasicFileAttributes attributes(Path file) throws IOException {
		return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
	}

	/**
	 * A file that was written.
	 *
	 * @param database whose state it has
	 * @param file where it is
	 * @param key what tells it from another file of that name; null where there is no
	 * such thing
	 */
	private record Restored(String database, Path file, @Nullable Object key) {

		String name() {
			return String.valueOf(this.file.getFileName());
		}

		/** Nothing if it is gone, or something else is in its place. */
		Optional<BasicFileAttributes> attributes() {
			try {
				BasicFileAttributes attributes = RestoredFiles.attributes(this.file);
				return (attributes.isRegularFile() && Objects.equals(attributes.fileKey(), this.key))
						? Optional.of(attributes) : Optional.empty();
			}
			catch (IOException ex) {
				return Optional.empty();
			}
		}

	}

}
