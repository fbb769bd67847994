package org.litestream4j.sqlite.btree;

import java.io.IOException;

/**
 * A page is not what it has to be at its place. The message is a sentence that names the
 * page and says how that shows.
 */
public final class DamagedPageException extends IOException {

	private static final long serialVersionUID = 1L;

	/** Says so in one sentence. */
	public DamagedPageException(long page, String what) {
		super("page %d %s".formatted(page, what));
	}

}
