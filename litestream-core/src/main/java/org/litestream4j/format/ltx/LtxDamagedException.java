package org.litestream4j.format.ltx;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

/** What was read is no LTX file, or not all of it, or not what was written. */
public sealed class LtxDamagedException extends IOException permits LtxMerge.PageSizeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates an exception.
	 * @param message what is wrong and where, to follow a file's name and a colon
	 */
	public LtxDamagedException(String message) {
		this(message, null);
	}

	/**
	 * Creates an exception.
	 * @param message what is wrong and where, to follow a file's name and a colon
	 * @param cause what was said of it, if anything
	 */
	public LtxDamagedException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
