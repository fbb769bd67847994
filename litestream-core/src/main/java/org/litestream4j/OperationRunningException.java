package org.litestream4j;

/**
 * The same operation already runs on the database. Try again when it has ended.
 */
public class OperationRunningException extends IllegalStateException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates an exception.
	 * @param message one sentence that names the operation
	 */
	public OperationRunningException(String message) {
		super(message);
	}

}
