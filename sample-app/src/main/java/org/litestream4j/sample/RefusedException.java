package org.litestream4j.sample;

import org.springframework.http.HttpStatus;

/**
 * A request that is not granted; the message is for whoever sent it.
 */
class RefusedException extends RuntimeException {

	private final HttpStatus status;

	RefusedException(HttpStatus status, String message) {
		super(message);
		this.status = status;
	}

	HttpStatus status() {
		return this.status;
	}

}
