package org.litestream4j.restore;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

/**
 * The file being restored could not be written: the disk is to blame, not the replica.
 * Nothing was left behind.
 */
public final class DraftException extends IOException {

	private static final long serialVersionUID = 1L;

	DraftException(@Nullable Path directory, IOException cause) {
		this("The restored database cannot be written to %s: %s; nothing was left behind".formatted(directory,
				reason(cause)), cause);
	}

	DraftException(String message, IOException cause) {
		super(message, cause);
	}

	private static String reason(IOException cause) {
		String said = String.valueOf(cause.getMessage());
		if (said.contains("No space left") || said.contains("quota exceeded")) {
			return "No space left on device; free space there";
		}
		if (said.contains("Read-only file system")) {
			return "its file system is read-only; mount it for writing, or restore to another directory";
		}
		if (cause instanceof AccessDeniedException || said.contains("Permission denied")) {
			return "permission is denied; let this process's user write there, or restore to another directory";
		}
		return said;
	}

	/** A file that is mounted by itself, as containers do, cannot be replaced. */
	static IOException ofMove(Path file, IOException cause) {
		return String.valueOf(cause.getMessage()).contains("Device or resource busy") ? new DraftException(
				"%s is mounted as a single file, so that no restored database can take its place: mount the directory that it is in instead"
					.formatted(file),
				cause) : new DraftException(file.getParent(), cause);
	}

}
