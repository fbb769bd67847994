package org.litestream4j.database;

import java.io.IOException;
import java.lang.ref.SoftReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Finds the descriptor of a file. When many files are lost at a time each is looked for
 * among thousands of descriptors, so one reading of these serves all. As descriptors are
 * closed and their numbers given to others, what it says is checked before it is
 * believed, and what it does not know is looked for in a new one.
 */
final class OpenLinks {

	/** What Linux adds to the name of a file that has none. */
	static final String DELETED = " (deleted)";

	/** Guarded by the class. */
	private static SoftReference<OpenLinks> newest = new SoftReference<>(null);

	private final Map<FileId, Path> byFile = new HashMap<>();

	/** By the name that a file had last. */
	private final Map<String, List<Path>> byName = new HashMap<>();

	private OpenLinks() {
		Descriptors.any((link) -> {
			try {
				FileId.of(link).ifPresent((id) -> this.byFile.putIfAbsent(id, link));
			}
			catch (IOException ex) {
				return false; // closed meanwhile
			}
			String name = Descriptors.name(link);
			this.byName.computeIfAbsent(withoutSuffix(name), (key) -> new ArrayList<>(1)).add(link);
			return false;
		});
	}

	private static String withoutSuffix(String name) {
		return name.endsWith(DELETED) ? name.substring(0, name.length() - DELETED.length()) : name;
	}

	/** A descriptor of a file; null if there is none. */
	@Nullable static synchronized Path leadingTo(FileId id) {
		OpenLinks known = newest.get();
		Path found = (known != null) ? known.find(id) : null;
		return (found != null) ? found : read().find(id);
	}

	/**
	 * A descriptor of the file that had a name and was deleted, or else of that which has
	 * it; null if there is neither.
	 */
	@Nullable static synchronized Path named(Path name) {
		OpenLinks known = newest.get();
		Path found = (known != null) ? known.find(name.toString() + DELETED) : null;
		if (found != null) {
			return found;
		}
		// One that was opened meanwhile is not known, and may be the one that was deleted
		OpenLinks now = (known != null && known.find(name.toString()) != null) ? known : read();
		found = now.find(name + DELETED);
		return (found != null) ? found : now.find(name.toString());
	}

	private static OpenLinks read() {
		OpenLinks now = new OpenLinks();
		newest = new SoftReference<>(now);
		return now;
	}

	@Nullable private Path find(FileId id) {
		Path link = this.byFile.get(id);
		return (link != null && Descriptors.leadsTo(link, id)) ? link : null;
	}

	@Nullable private Path find(String name) {
		return this.byName.getOrDefault(withoutSuffix(name), List.of())
			.stream()
			.filter((link) -> Descriptors.name(link).equals(name))
			.findFirst()
			.orElse(null);
	}

}
