package org.litestream4j.replication;

import java.io.IOException;

import org.litestream4j.format.WalPosition;

/**
 * The shadow WAL cannot be read: no fault of the replica, and nothing that waiting for it
 * could mend.
 */
public final class LocalCopyException extends IOException {

	private static final long serialVersionUID = 1L;

	private LocalCopyException(WalPosition at, IOException cause) {
		super("The local copy of the WAL at %s cannot be read, as the meta directory was damaged or deleted (%s): restart the application, which begins a new generation"
			.formatted(at, cause), cause);
	}

	/** Something that reads the shadow WAL. */
	@FunctionalInterface
	public interface Reading<T> {

		T read() throws IOException;

	}

	/** Reads, and says of a failure what it is. */
	public static <T extends @org.jspecify.annotations.Nullable Object> T wrap(WalPosition at, Reading<T> reading)
			throws LocalCopyException {
		try {
			return reading.read();
		}
		catch (IOException ex) {
			throw new LocalCopyException(at, ex);
		}
	}

}
