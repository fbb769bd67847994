package org.litestream4j.io;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/**
 * Why something could not be done with a file, as exceptions of the file system have
 * often no more than its name for a message.
 */
public final class FileFailures {

	private FileFailures() {
	}

	/** The reason alone, without the file. */
	public static String reason(FileSystemException failure) {
		String reason = failure.getReason();
		if (reason != null && !reason.isBlank()) {
			return reason;
		}
		if (failure instanceof AccessDeniedException) {
			return "permission denied";
		}
		if (failure instanceof NoSuchFileException) {
			return "no such file or directory";
		}
		if (failure instanceof FileAlreadyExistsException) {
			return failure.getFile() + " is not a directory";
		}
		return failure.getClass().getSimpleName();
	}

}
