package org.litestream4j.store.sftp;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

/** Why something failed, in words that continue a sentence. */
final class SftpFailure extends IOException {

	private static final long serialVersionUID = 1L;

	SftpFailure(String reason, @Nullable Throwable cause) {
		super(reason, cause);
	}

}
