package org.litestream4j.boot.replication;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

import org.litestream4j.database.FileId;

/**
 * Which files this process has open, whoever opened them. Opens none of them itself.
 * Without {@code /proc} none is known to be open.
 */
final class OpenFiles {

	private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

	private OpenFiles() {
	}

	/** Whether a descriptor of the file that a name stands for is open. */
	static boolean contain(Path file) {
		return !among(List.of(file)).isEmpty();
	}

	/** Those of the files of which a descriptor is open. Looks once for all of them. */
	static Set<Path> among(Collection<Path> files) {
		Map<FileId, Path> wanted = new HashMap<>();
		Set<Path> open = new HashSet<>();
		try {
			for (Path file : files) {
				FileId.of(file).ifPresent((id) -> wanted.put(id, file));
			}
			if (!wanted.isEmpty() && Files.isDirectory(DESCRIPTORS)) {
				visit((id) -> {
					Path file = wanted.get(id);
					if (file != null) {
						open.add(file);
					}
				});
			}
		}
		catch (IOException | DirectoryIteratorException ex) {
			return open;
		}
		return open;
	}

	private static void visit(Consumer<FileId> visitor) throws IOException {
		try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(DESCRIPTORS)) {
			for (Path descriptor : descriptors) {
				try {
					FileId.of(descriptor).ifPresent(visitor);
				}
				catch (IOException ex) {
					// closed meanwhile
				}
			}
		}
	}

}
