package org.litestream4j.format.v03;

import java.io.IOException;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;

/** Objects that Litestream v0.3 encrypted are not damaged. */
final class Encrypted {

	private static final byte[] AGE = "age-encryption.org/".getBytes(StandardCharsets.US_ASCII);

	/** How many bytes must be able to be pushed back. */
	static final int LOOK = AGE.length;

	private Encrypted() {
	}

	/**
	 * Refuses an object that is encrypted.
	 * @param stored its beginning; is there again afterwards
	 * @throws RestoreException if it is
	 */
	static void refuse(String objectName, PushbackInputStream stored) throws IOException {
		byte[] begin = stored.readNBytes(LOOK);
		stored.unread(begin);
		if (Arrays.equals(begin, AGE)) {
			throw new RestoreException(Kind.NO_SUCH_STATE,
					"%s is encrypted with age, which this version cannot read: restore it with Litestream v0.3 and its identity file"
						.formatted(objectName));
		}
	}

}
