package org.litestream4j.io;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Writes a file so that a reader sees all of it or nothing, also after a power cut.
 */
public final class AtomicFile {

	/** How names of unfinished files end; they are deleted when met at a start. */
	public static final String DRAFT_SUFFIX = ".tmp";

	private AtomicFile() {
	}

	/**
	 * Writes or replaces a file whose directory exists.
	 * @throws IOException if it fails; the file then has its old content, or none
	 */
	public static void write(Disk disk, Path target, byte[] content) throws IOException {
		Path draft = target.resolveSibling(target.getFileName() + DRAFT_SUFFIX);
		disk.deleteIfExists(draft);
		try (Disk.DiskFile file = disk.create(draft)) {
			file.write(0, content, 0, content.length);
			file.force();
		}
		disk.move(draft, target); // commit point
		Path directory = target.toAbsolutePath().getParent();
		if (directory != null) {
			disk.forceDirectory(directory);
		}
	}

}
