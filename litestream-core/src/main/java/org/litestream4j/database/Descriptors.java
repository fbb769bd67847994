package org.litestream4j.database;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * The descriptors that this process has open, as links of {@code /proc/self/fd}. None
 * where there is no such directory.
 */
final class Descriptors {

	private static final Path LINKS = Path.of("/proc/self/fd");

	private Descriptors() {
	}

	/** One that a condition holds for, or null. */
	@Nullable static Path any(Predicate<Path> condition) {
		try (DirectoryStream<Path> links = Files.newDirectoryStream(LINKS)) {
			for (Path link : links) {
				if (condition.test(link)) {
					return link;
				}
			}
		}
		catch (IOException | DirectoryIteratorException ex) {
			return null;
		}
		return null;
	}

	/** How many lead to a file; 0 where there is no such directory. */
	static int count(FileId id) {
		int[] count = new int[1];
		any((link) -> {
			count[0] += leadsTo(link, id) ? 1 : 0;
			return false;
		});
		return count[0];
	}

	/** How many lead to each file. */
	static Map<FileId, Integer> census() {
		Map<FileId, Integer> counts = new HashMap<>();
		any((link) -> {
			try {
				FileId.of(link).ifPresent((id) -> counts.merge(id, 1, Integer::sum));
			}
			catch (IOException ex) {
				// closed meanwhile
			}
			return false;
		});
		return counts;
	}

	/** The files that descriptors lead to and that have no name any more. */
	static Set<FileId> nameless() {
		Set<FileId> files = new HashSet<>();
		any((link) -> {
			FileId.nameless(link).ifPresent(files::add);
			return false;
		});
		return files;
	}

	/** Whether one leads to a file. */
	static boolean leadsTo(Path link, FileId id) {
		try {
			return FileId.of(link).filter(id::equals).isPresent();
		}
		catch (IOException ex) {
			return false; // closed meanwhile
		}
	}

	/** The name that a descriptor's file has now, or empty if it is not known. */
	static String name(Path link) {
		try {
			return Files.readSymbolicLink(link).toString();
		}
		catch (IOException ex) {
			return ""; // closed meanwhile
		}
	}

}
