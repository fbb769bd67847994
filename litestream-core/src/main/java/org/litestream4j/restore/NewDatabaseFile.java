package org.litestream4j.restore;

import java.io.IOException;
import java.nio.file.Path;

import org.litestream4j.RestoreException;
import org.litestream4j.io.Disk;

/**
 * Makes a database file the way a restore does: what is written to a draft beside it
 * appears whole and forced, and replaces nothing, or nothing is left behind.
 */
public final class NewDatabaseFile {

	private NewDatabaseFile() {
	}

	/** Writes the draft. */
	@FunctionalInterface
	public interface Content {

		/**
		 * Writes all of it.
		 * @param draft an empty file
		 */
		void writeTo(Path draft) throws IOException;

	}

	/**
	 * What was made.
	 *
	 * @param bytes size of the file
	 * @param sha256 of the file, 64 hexadecimal digits
	 */
	public record Made(long bytes, String sha256) {
	}

	/**
	 * Makes the file.
	 * @param output where; must be free
	 * @param disk writes, with the permissions that the file is to have
	 * @throws RestoreException if the output is not free; its kind says so
	 * @throws IOException if the file cannot be written
	 */
	public static Made write(RestoreOutput output, Disk disk, Content content) throws IOException {
		output.requireFree();
		try (RestoreDraft draft = RestoreDraft.create(disk, output)) {
			content.writeTo(draft.path());
			draft.file().force();
			Made made = new Made(draft.file().size(), FileSha256.of(draft.path()));
			draft.publish(output);
			return made;
		}
	}

}
