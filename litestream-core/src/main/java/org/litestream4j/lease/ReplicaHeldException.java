package org.litestream4j.lease;

import java.io.IOException;

/** A replica has an owner who is alive. */
public final class ReplicaHeldException extends IOException {

	private static final long serialVersionUID = 1L;

	private final transient ReplicaLock lock;

	/**
	 * Creates an exception.
	 * @param message one sentence that names the owner and says what to do
	 * @param lock as it was read last
	 */
	public ReplicaHeldException(String message, ReplicaLock lock) {
		super(message);
		this.lock = lock;
	}

	/** The lock as it was read last. */
	public ReplicaLock lock() {
		return this.lock;
	}

}
