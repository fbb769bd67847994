package org.litestream4j.history.diff;

import org.litestream4j.RestoreException;

/** Asked while something takes long. */
@FunctionalInterface
public interface Cancellation {

	/** Never. */
	Cancellation NONE = () -> {
	};

	/**
	 * Looks whether to go on.
	 * @throws RestoreException if not
	 */
	void check() throws RestoreException;

}
