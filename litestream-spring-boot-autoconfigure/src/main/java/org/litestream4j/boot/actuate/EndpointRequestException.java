package org.litestream4j.boot.actuate;

/**
 * A request that cannot be done, with one sentence on what is wrong and what is allowed.
 */
public class EndpointRequestException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/** The HTTP status. */
	private final int status;

	EndpointRequestException(int status, String message) {
		super(message);
		this.status = status;
	}

	static EndpointRequestException badRequest(String message) {
		return new EndpointRequestException(400, message);
	}

	static EndpointRequestException notFound(String message) {
		return new EndpointRequestException(404, message);
	}

	static EndpointRequestException conflict(String message) {
		return new EndpointRequestException(409, message);
	}

	static EndpointRequestException unavailable(String message) {
		return new EndpointRequestException(503, message);
	}

	/**
	 * {@return the HTTP status to answer with}
	 */
	public int status() {
		return this.status;
	}

}
