package org.litestream4j.history.diff;

import java.util.Arrays;

/**
 * Text as the database has it: in its encoding, and perhaps no text of it.
 *
 * @param bytes not to be changed
 */
@SuppressWarnings("ArrayRecordComponent")
record RawText(byte[] bytes) {

	@Override
	public boolean equals(Object other) {
		return other instanceof RawText text && Arrays.equals(this.bytes, text.bytes);
	}

	@Override
	public int hashCode() {
		return Arrays.hashCode(this.bytes);
	}

	@Override
	public String toString() {
		return "RawText[%d bytes]".formatted(this.bytes.length);
	}

}
