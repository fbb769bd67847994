package org.litestream4j.replication;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

import org.litestream4j.store.PreconditionFailedException;

/**
 * A replica belongs to somebody else now: what is in the way there was not written by
 * this run.
 */
public final class FencedException extends IOException {

	private static final long serialVersionUID = 1L;

	private final @Nullable String owner;

	/**
	 * Creates an exception.
	 * @param message completes a sentence that begins with the replica
	 */
	public FencedException(String message) {
		this(message, null);
	}

	private FencedException(String message, @Nullable String owner) {
		super(message);
		this.owner = owner;
	}

	/**
	 * {@return that an object which only one run can create was created by another}
	 * @param name of the object
	 * @param run which one; null if it cannot be told
	 * @param cause the store's refusal
	 */
	public static FencedException of(String name, @Nullable String run, PreconditionFailedException cause) {
		FencedException fenced = new FencedException(
				"its %s was written by %s".formatted(name, (run != null) ? "run " + run : "somebody else"));
		fenced.initCause(cause);
		return fenced;
	}

	/** The same, with the name of the new owner, if that is known. */
	FencedException by(@Nullable String name) {
		return (name != null) ? new FencedException(String.valueOf(getMessage()), name) : this;
	}

	/** Who owns the replica, for example {@code host:pid}; null if that is not known. */
	@Nullable String owner() {
		return this.owner;
	}

}
