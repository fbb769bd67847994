package org.litestream4j.store.s3;

import java.util.Optional;

import software.amazon.awssdk.core.exception.SdkClientException;

/**
 * What answered does not speak S3, or speaks it wrongly: asking again at once would not
 * help.
 */
final class S3AnswerException extends SdkClientException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates it.
	 * @param what what came, and perhaps instead of what
	 */
	S3AnswerException(String what) {
		super(SdkClientException.builder().message(what).cause(new Reason(what)));
	}

	/** What came, if this was the cause of a failure. */
	static Optional<String> what(Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof Reason) {
				return Optional.ofNullable(cause.getMessage());
			}
		}
		return Optional.empty();
	}

	/** The SDK replaces the exception by one of its own, but keeps the cause. */
	private static final class Reason extends RuntimeException {

		private static final long serialVersionUID = 1L;

		Reason(String what) {
			super(what, null, false, false);
		}

	}

}
