package org.litestream4j.format;

import java.util.concurrent.atomic.AtomicBoolean;

import org.litestream4j.Internal;

/**
 * What compresses, which is not a part of Java: to unpack and load it takes as long as
 * several requests to a store. Who has to wait for these has it loaded meanwhile.
 */
@Internal
public final class CompressionLibrary {

	private static final AtomicBoolean asked = new AtomicBoolean();

	private CompressionLibrary() {
	}

	/**
	 * Begins to load it, unless that was done before. Does not wait. That it cannot be
	 * loaded is for its first user to hear.
	 */
	public static void load() {
		if (asked.compareAndSet(false, true)) {
			Thread thread = new Thread(CompressionLibrary::touch, "litestream-lz4");
			thread.setDaemon(true);
			thread.start();
		}
	}

	private static void touch() {
		try {
			Lz4.longestBlock(1);
		}
		catch (LinkageError | RuntimeException ex) {
			// its first user is told
		}
	}

}
