package org.litestream4j.restore;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.MessageDigest;

import org.litestream4j.io.Sha256;

/** SHA-256 of a file that is not a live database. */
final class FileSha256 {

	private static final int CHUNK = 1 << 18;

	private FileSha256() {
	}

	/** Hexadecimal. Ends early when the thread is interrupted. */
	static String of(Path file) throws IOException {
		MessageDigest digest = Sha256.newDigest();
		byte[] chunk = new byte[CHUNK];
		try (InputStream in = new FileInputStream(file.toFile())) {
			int read;
			while ((read = in.read(chunk)) >= 0) {
				if (Thread.currentThread().isInterrupted()) {
					throw RestoreMeter.cancelled();
				}
				digest.update(chunk, 0, read);
			}
		}
		return Sha256.hex(digest);
	}

}
