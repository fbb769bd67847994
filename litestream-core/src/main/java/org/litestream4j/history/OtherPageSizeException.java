package org.litestream4j.history;

import org.litestream4j.RestoreException;

/**
 * What follows a state has pages of another size: a database that was made anew, of which
 * it holds all, or damage.
 */
final class OtherPageSizeException extends RestoreException {

	private static final long serialVersionUID = 1L;

	private OtherPageSizeException(int found, int expected) {
		super(Kind.DAMAGED, "What follows has pages of %d bytes, and the database of %d".formatted(found, expected));
	}

	/** Requires that a page has the size that those of the state before have. */
	static void require(int found, int expected) throws OtherPageSizeException {
		if (found != expected) {
			throw new OtherPageSizeException(found, expected);
		}
	}

}
