package org.litestream4j.engine;

import java.io.IOException;

/** A replica is to be fenced, and its store cannot do that. */
public final class FencingImpossibleException extends IOException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates an exception.
	 * @param message one sentence: which replica, why not, and what to do
	 */
	public FencingImpossibleException(String message) {
		super(message);
	}

}
