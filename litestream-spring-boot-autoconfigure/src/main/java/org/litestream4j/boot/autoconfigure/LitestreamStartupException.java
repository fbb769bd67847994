package org.litestream4j.boot.autoconfigure;

import org.jspecify.annotations.Nullable;

/**
 * Start-up cannot go on, and this is why and what to do about it. Carries no secrets.
 */
class LitestreamStartupException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final String description;

	private final String action;

	LitestreamStartupException(String description, String action) {
		this(description, action, null);
	}

	LitestreamStartupException(String description, String action, @Nullable Throwable cause) {
		super(description + " " + action, cause);
		this.description = description;
		this.action = action;
	}

	/** What is wrong: one sentence. */
	String description() {
		return this.description;
	}

	/** What is allowed, or what to do: one sentence. */
	String action() {
		return this.action;
	}

}
