package org.litestream4j.io;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256, in lower-case hexadecimal digits.
 */
public final class Sha256 {

	private Sha256() {
	}

	/** A digest to be fed. */
	public static MessageDigest newDigest() {
		try {
			return MessageDigest.getInstance("SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("every Java platform has SHA-256", ex);
		}
	}

	/** The 64 digits of what a digest was fed with, which is empty again after that. */
	public static String hex(MessageDigest digest) {
		return HexFormat.of().formatHex(digest.digest());
	}

	/** The 64 digits of a text in UTF-8. */
	public static String of(String text) {
		MessageDigest digest = newDigest();
		digest.update(text.getBytes(StandardCharsets.UTF_8));
		return hex(digest);
	}

}
