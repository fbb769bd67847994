package org.litestream4j.database;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

/**
 * Says what became of a live database's file that its name does not stand for any more.
 * What is committed then ends with the process, so the advice begins with saving it.
 */
final class FileLoss {

	private FileLoss() {
	}

	/**
	 * One sentence.
	 * @param path the name
	 * @param walPath the name of the WAL beside it
	 * @param id the file that is open
	 */
	static String ofDatabase(Path path, Path walPath, FileId id) {
		Path descriptor = OpenLinks.leadingTo(id);
		return describe(path, whatHappened(path, descriptor), descriptor, walPath);
	}

	/** One sentence, where the database's own name stands for it still. */
	static String ofWal(Path path, Path walPath, FileId id) {
		Path descriptor = OpenLinks.leadingTo(id);
		return describe(walPath, "deleted or replaced", descriptor, walPath);
	}

	private static String describe(Path lost, String how, @Nullable Path descriptor, Path walPath) {
		Path wal = OpenLinks.named(walPath);
		return ("%s was %s while the application has it open, and what is committed now is gone from this disk when the application"
				+ " ends: do not stop it before you have saved the database by POST …/backup with an outputPath%s;"
				+ " then stop it, put the saved file in the place of the database without the old -wal and -shm, and"
				+ " start it again")
			.formatted(lost, how, copying(descriptor, wal));
	}

	private static String whatHappened(Path path, @Nullable Path descriptor) {
		String name = (descriptor != null) ? Descriptors.name(descriptor) : "";
		String now = (name.isEmpty() || name.endsWith(OpenLinks.DELETED) || name.equals(path.toString())) ? "" : name;
		if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
			return now.isEmpty() ? "replaced by another file"
					: "replaced by another file (it is %s now)".formatted(now);
		}
		return now.isEmpty() ? "deleted" : "moved to " + now;
	}

	/** For whoever cannot send the request. Reading there drops no lock of ours. */
	private static String copying(@Nullable Path descriptor, @Nullable Path wal) {
		if (descriptor == null || wal == null) {
			return "";
		}
		return ", or by copying /proc/%1$d/fd/%2$s to saved.db and /proc/%1$d/fd/%3$s to saved.db-wal"
			.formatted(ProcessHandle.current().pid(), descriptor.getFileName(), wal.getFileName());
	}

}
