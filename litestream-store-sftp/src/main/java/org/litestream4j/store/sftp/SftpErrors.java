package org.litestream4j.store.sftp;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeoutException;

import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;

/** Makes one clear sentence of what went wrong with a replica. */
final class SftpErrors {

	private final String url;

	private final SftpAccess access;

	SftpErrors(String url, SftpAccess access) {
		this.url = url;
		this.access = access;
	}

	/**
	 * A sentence for a failure.
	 * @param action what was tried, with its preposition
	 * @param path what it was tried with
	 */
	IOException explain(String action, String path, IOException failure) {
		if (failure instanceof Explained) {
			return failure;
		}
		if (SftpChannel.isInterrupt(failure)) {
			Thread.currentThread().interrupt();
			InterruptedIOException interrupted = new InterruptedIOException(sentence(action, "it was interrupted"));
			interrupted.initCause(failure);
			return interrupted;
		}
		return new Explained(sentence(action, reason(path, failure)), failure);
	}

	private String reason(String path, IOException failure) {
		if (failure instanceof SftpFailure) {
			return String.valueOf(failure.getMessage());
		}
		if (failure instanceof SftpException refused) {
			return switch (refused.getStatus()) {
				case SftpConstants.SSH_FX_PERMISSION_DENIED ->
					"permission is denied for %s; let the user %s read and write there".formatted(path,
							this.access.user());
				case SftpConstants.SSH_FX_NO_SUCH_FILE -> "%s has vanished; bring it back".formatted(path);
				case SftpConstants.SSH_FX_OP_UNSUPPORTED -> "the server cannot do that with %s".formatted(path);
				default -> "the server refuses %s without a reason ('%s'); its log may have one".formatted(path,
						SftpConnector.firstLine(refused));
			};
		}
		if (SftpConnector.has(failure, SocketTimeoutException.class)
				|| SftpConnector.has(failure, TimeoutException.class)) {
			return "the server does not answer within %s; check it and the network, or raise timeout"
				.formatted(SftpConnector.seconds(this.access.timeout()));
		}
		return "the connection broke; check the server and the network";
	}

	private String sentence(String action, String reason) {
		return "Cannot %s the replica %s: %s".formatted(action, this.url, reason);
	}

	/** Is a sentence already. */
	static final class Explained extends IOException {

		private static final long serialVersionUID = 1L;

		Explained(String message, Throwable cause) {
			super(message, cause);
		}

	}

}
