package org.litestream4j.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Gives a finished draft its name, so that the file is there for good or not at all.
 */
public final class NewFile {

	private NewFile() {
	}

	/**
	 * Moves a draft to where nothing is yet. Whoever says that a file could not be
	 * written must not leave it: if the name cannot be made durable it is taken away
	 * again.
	 * @param draft whose content was forced, on the same file system
	 * @param target the new file
	 * @throws java.nio.file.FileAlreadyExistsException if something is there already
	 * @throws IOException if it fails; there is no new file then
	 */
	public static void publish(Disk disk, Path draft, Path target) throws IOException {
		Path directory = Objects.requireNonNull(target.toAbsolutePath().getParent(), "a file is in a directory");
		disk.moveToNew(draft, target);
		try (OnFailure taken = OnFailure.run(() -> disk.deleteIfExists(target))) {
			disk.forceDirectory(directory);
			taken.keep();
		}
	}

}
