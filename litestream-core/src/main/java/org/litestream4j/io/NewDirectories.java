package org.litestream4j.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Directories that were created for something that may fail: they are then removed again.
 * Not thread-safe.
 */
public final class NewDirectories {

	private final Disk disk;

	/** The deepest one first. */
	private final List<Path> created;

	private NewDirectories(Disk disk, List<Path> created) {
		this.disk = disk;
		this.created = created;
	}

	/**
	 * Creates a directory and its missing parents.
	 * @throws IOException if that fails; what was created up to then is removed again
	 */
	public static NewDirectories create(Disk disk, Path directory) throws IOException {
		List<Path> missing = new ArrayList<>();
		Path path = directory.toAbsolutePath();
		while (path != null && !Files.exists(path)) {
			missing.add(path);
			path = path.getParent();
		}
		NewDirectories directories = new NewDirectories(disk, missing);
		try {
			disk.createDirectories(directory);
			return directories;
		}
		catch (IOException ex) {
			directories.removeEmpty();
			throw ex;
		}
	}

	/** Removes those that are empty. A failure leaves them, and is no failure. */
	public void removeEmpty() {
		try {
			for (Path path : this.created) {
				this.disk.deleteIfExists(path);
			}
		}
		catch (IOException ex) {
			// somebody uses one, and those above it: they stay
		}
	}

}
