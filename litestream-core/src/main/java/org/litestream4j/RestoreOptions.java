package org.litestream4j;

/**
 * How to restore. Immutable; change one thing of {@link #DEFAULTS} with the methods that
 * begin with {@code with}.
 *
 * @param parallelism objects fetched at once, 1 to 256; up to six of at most 128 KB count
 * as one, as far as the store's client has connections for them
 * @param integrityCheck what is run on the restored file before it is published
 * @param checksum whether the file's SHA-256 is computed, which takes another pass over
 * the file once much of it was changed by WAL. It verifies nothing, but can be reported
 */
public record RestoreOptions(int parallelism, IntegrityCheck integrityCheck, boolean checksum) {

	/** 16 at once, quick check, with a checksum. */
	public static final RestoreOptions DEFAULTS = new RestoreOptions(16, IntegrityCheck.QUICK, true);

	/** Which of SQLite's checks is run. */
	public enum IntegrityCheck {

		/** No check: frames and objects are verified all the same. */
		NONE,
		/** {@code PRAGMA quick_check}: everything but index contents. */
		QUICK,
		/** {@code PRAGMA integrity_check}. */
		FULL

	}

	/**
	 * Creates options.
	 * @param parallelism how many objects to fetch at once, 1 to 256
	 * @param integrityCheck which check SQLite does before the file appears
	 * @param checksum whether the report has one
	 * @throws IllegalArgumentException if a value is out of its range
	 */
	public RestoreOptions {
		if (parallelism < 1 || parallelism > 256) {
			throw new IllegalArgumentException("parallelism is %d: 1 to 256 is expected".formatted(parallelism));
		}
	}

	/**
	 * {@return the same with another parallelism}
	 * @param value 1 to 256
	 * @throws IllegalArgumentException if it is not
	 */
	public RestoreOptions withParallelism(int value) {
		return new RestoreOptions(value, this.integrityCheck, this.checksum);
	}

	/**
	 * {@return the same with another check}
	 * @param value which
	 */
	public RestoreOptions withIntegrityCheck(IntegrityCheck value) {
		return new RestoreOptions(this.parallelism, value, this.checksum);
	}

	/**
	 * {@return the same without a checksum in the report}
	 */
	public RestoreOptions withoutChecksum() {
		return new RestoreOptions(this.parallelism, this.integrityCheck, false);
	}

}
