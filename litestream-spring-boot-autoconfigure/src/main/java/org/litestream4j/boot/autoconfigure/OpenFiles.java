package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

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
		try {
			FileId id = FileId.of(file).orElse(null);
			return id != null && Files.isDirectory(DESCRIPTORS) && isOpen(id);
		}
		catch (IOException | DirectoryIteratorException ex) {
			return false;
		}
	}

	private static boolean isOpen(FileId id) throws IOException {
		try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(DESCRIPTORS)) {
			for (Path descriptor : descriptors) {
				if (leadsTo(descriptor, id)) {
					return true;
				}
			}
		}
		return false;
	}

	private static boolean leadsTo(Path descriptor, FileId id) {
		try {
			return FileId.of(descriptor).filter(id::equals).isPresent();
		}
		catch (IOException ex) {
			return false; // closed meanwhile
		}
	}

}
