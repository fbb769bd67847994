package org.litestream4j.restore;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreException;
import org.litestream4j.store.StoredObject;

/**
 * A snapshot that a plan chose cannot be used. Another plan can do without it.
 */
public final class UnusableSnapshotException extends RestoreException {

	private static final long serialVersionUID = 1L;

	private final transient StoredObject snapshot;

	public UnusableSnapshotException(Kind kind, StoredObject snapshot, String message, @Nullable Throwable cause) {
		super(kind, message);
		this.snapshot = snapshot;
		if (cause != null) {
			initCause(cause);
		}
	}

	StoredObject snapshot() {
		return this.snapshot;
	}

}
