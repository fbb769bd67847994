package org.litestream4j.io;

import java.io.IOException;

/**
 * The power is gone: no operation has any effect any more.
 */
public class PowerCutException extends IOException {

	private static final long serialVersionUID = 1L;

	PowerCutException(long operations) {
		super("power was cut after %d disk operations".formatted(operations));
	}

}
