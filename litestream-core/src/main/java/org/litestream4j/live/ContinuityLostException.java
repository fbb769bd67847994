package org.litestream4j.live;

import java.io.IOException;

import org.litestream4j.observe.LitestreamListener.GenerationReason;

/**
 * The live WAL does not provably go on from what was copied.
 */
final class ContinuityLostException extends IOException {

	private static final long serialVersionUID = 1L;

	private final GenerationReason reason;

	ContinuityLostException(GenerationReason reason, String detail) {
		super(detail);
		this.reason = reason;
	}

	GenerationReason reason() {
		return this.reason;
	}

	String detail() {
		return String.valueOf(getMessage());
	}

}
