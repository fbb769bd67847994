package org.litestream4j.store.s3;

import java.util.Locale;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.SdkHttpRequest;

/**
 * Tigris keeps objects near those who use them: elsewhere, a listing of a global bucket
 * lags unless each request asks it not to.
 */
final class S3Tigris {

	private static final String CONSISTENT = "X-Tigris-Consistent";

	private S3Tigris() {
	}

	/** Whether a host is Tigris's, for example {@code t3.storage.dev}. */
	static boolean isHost(@Nullable String host) {
		if (host == null) {
			return false;
		}
		String dotted = "." + host.toLowerCase(Locale.ROOT);
		return dotted.endsWith(".storage.dev") || dotted.endsWith(".storage.tigris.dev");
	}

	/** The request, asking for what is newest if it goes to Tigris. */
	static SdkHttpRequest consistent(SdkHttpRequest request) {
		return isHost(request.host()) ? request.toBuilder().putHeader(CONSISTENT, "true").build() : request;
	}

}
