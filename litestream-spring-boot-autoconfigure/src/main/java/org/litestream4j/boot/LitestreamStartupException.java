package org.litestream4j.boot;

import org.jspecify.annotations.Nullable;

/**
 * Replication of a database cannot start, and this is why and what to do about it. At the
 * start of the application it ends the start. Carries no secrets.
 */
public class LitestreamStartupException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/** What is wrong: one sentence. */
	private final String description;

	/** What is allowed, or what to do: one sentence. */
	private final String action;

	/**
	 * Creates an exception.
	 * @param description what is wrong: one sentence
	 * @param action what is allowed, or what to do: one sentence
	 */
	public LitestreamStartupException(String description, String action) {
		this(description, action, null);
	}

	/**
	 * Creates an exception.
	 * @param description what is wrong: one sentence
	 * @param action what is allowed, or what to do: one sentence
	 * @param cause why, if something else has failed
	 */
	public LitestreamStartupException(String description, String action, @Nullable Throwable cause) {
		super(description + " " + action, cause);
		this.description = description;
		this.action = action;
	}

	/**
	 * {@return what is wrong: one sentence}
	 */
	public String description() {
		return this.description;
	}

	/**
	 * {@return what is allowed, or what to do: one sentence}
	 */
	public String action() {
		return this.action;
	}

}
