package org.litestream4j.restore;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Snapshot;

/**
 * A snapshot that a plan chose cannot be used. Another plan can do without it.
 */
final class UnusableSnapshotException extends RestoreException {

	private static final long serialVersionUID = 1L;

	private final transient Snapshot snapshot;

	UnusableSnapshotException(Kind kind, Snapshot snapshot, String message, @Nullable Throwable cause) {
		super(kind, message);
		this.snapshot = snapshot;
		if (cause != null) {
			initCause(cause);
		}
	}

	Snapshot snapshot() {
		return this.snapshot;
	}

}
