package org.litestream4j.restore;

/**
 * How to restore.
 *
 * @param parallelism objects fetched at once, 1 to 256; up to six of at most 128 KB count
 * as one, as far as the store's client has connections for them
 * @param integrityCheck what is run on the restored file before it is published
 * @param checksum whether the file's SHA-256 is computed, which takes another pass over
 * the file once much of it was changed by WAL. It verifies nothing, but can be reported
 */
public record RestoreOptions(int parallelism, IntegrityCheck integrityCheck, boolean checksum) {

	/** 16 at once, quick check. */
	public static final RestoreOptions DEFAULTS = new RestoreOptions(16, IntegrityCheck.QUICK);

	/** Which of SQLite's checks is run. */
	public enum IntegrityCheck {

		/** No check: frames and objects are verified all the same. */
		NONE,
		/** {@code PRAGMA quick_check}: everything but index contents. */
		QUICK,
		/** {@code PRAGMA integrity_check}. */
		FULL;

		String pragma() {
			return (this == FULL) ? "integrity_check" : "quick_check";
		}

	}

	public RestoreOptions {
		if (parallelism < 1 || parallelism > 256) {
			throw new IllegalArgumentException("parallelism is %d: 1 to 256 is expected".formatted(parallelism));
		}
	}

	/** With a checksum. */
	public RestoreOptions(int parallelism, IntegrityCheck integrityCheck) {
		this(parallelism, integrityCheck, true);
	}

}
