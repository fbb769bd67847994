package org.litestream4j.replication;

import java.io.IOException;

/**
 * A replica holds, or lacks, objects so that its generation cannot be continued without a
 * gap. A new generation must start.
 */
public final class ReplicaDivergedException extends IOException {

	private static final long serialVersionUID = 1L;

	public ReplicaDivergedException(String message) {
		super(message);
	}

}
