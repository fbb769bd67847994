package org.litestream4j.restore;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256, and that of a file that is no live database. */
final class Sha256 {

	private static final int CHUNK = 1 << 18;

	private Sha256() {
	}

	/** Hexadecimal. Ends early when the thread is interrupted. */
	static String of(Path file) throws IOException {
		MessageDigest digest = newDigest();
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
		return hex(digest);
	}

	static MessageDigest newDigest() {
		try {
			return MessageDigest.getInstance("SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("every Java platform has SHA-256", ex);
		}
	}

	static String hex(MessageDigest digest) {
		return HexFormat.of().formatHex(digest.digest());
	}

}
