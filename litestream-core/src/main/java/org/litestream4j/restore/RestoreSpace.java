package org.litestream4j.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * The room for the file that is being restored. Some is left free: a disk that a restore
 * has filled stops everybody else who writes there. Thread-safe.
 */
final class RestoreSpace {

	/** Bytes that a restore leaves free. */
	static final long RESERVE = 32 << 20;

	private final Path directory;

	/** In bytes; 0 or less if nobody knows. */
	private final LongSupplier usable;

	RestoreSpace(Path directory, LongSupplier usable) {
		this.directory = directory;
		this.usable = usable;
	}

	/** On the file system of a directory, which need not exist yet. */
	static RestoreSpace of(Path directory) {
		return new RestoreSpace(directory, () -> usable(directory));
	}

	private static long usable(Path directory) {
		Path existing = directory;
		while (existing != null && !Files.isDirectory(existing)) {
			existing = existing.getParent();
		}
		try {
			return (existing != null) ? Files.getFileStore(existing).getUsableSpace() : 0;
		}
		catch (IOException ex) {
			return 0; // the write itself will tell
		}
	}

	/** Requires room for more. */
	void require(long bytes) throws DraftException {
		long free = this.usable.getAsLong();
		if (free > 0 && free - RESERVE < bytes) {
			throw new DraftException(this.directory,
					new IOException("at least %s are needed there, and %s are free; free space there"
						.formatted(RestoreMeter.megabytes(bytes + RESERVE), RestoreMeter.megabytes(free))));
		}
	}

	DraftException cannotWrite(IOException cause) {
		return new DraftException(this.directory, cause);
	}

}
