package org.litestream4j.replica;

import java.io.IOException;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/**
 * One object to be read, whole or in pieces. Thread-safe.
 *
 * @param client asks the store
 * @param location where the replica is
 * @param errors explains
 * @param name below the replica's path
 */
record S3ObjectSource(S3Client client, S3Location location, S3Errors errors, String name) {

	/** To the end of the object. */
	static final long END = Long.MAX_VALUE;

	/**
	 * A connection that delivers bytes of the object.
	 *
	 * @param body the bytes, from the first one asked for
	 * @param eTag which version of the object it is
	 * @param length bytes of the whole object
	 */
	record Opened(ResponseInputStream<GetObjectResponse> body, String eTag, long length) {
	}

	/**
	 * Opens a range.
	 * @param from the first byte
	 * @param to behind the last byte, or {@link #END}
	 * @param eTag the version that is wanted, or null for any
	 * @throws SdkException if the store refuses or cannot be reached
	 * @throws IOException if the store knows no ranges, and the bytes before the range
	 * cannot be skipped
	 */
	Opened open(long from, long to, @Nullable String eTag) throws IOException {
		GetObjectRequest request = GetObjectRequest.builder()
			.bucket(this.location.bucket())
			.key(this.location.key(this.name))
			.range(range(from, to))
			.ifMatch(eTag)
			.build();
		ResponseInputStream<GetObjectResponse> body = this.client.getObject(request);
		GetObjectResponse response = body.response();
		String contentRange = response.contentRange();
		if (contentRange == null) {
			body.skipNBytes(from);
			return new Opened(body, response.eTag(), response.contentLength());
		}
		// "bytes 100-199/5000"
		long length = Long.parseLong(contentRange.substring(contentRange.lastIndexOf('/') + 1).strip());
		return new Opened(body, response.eTag(), length);
	}

	private static @Nullable String range(long from, long to) {
		if (to != END) {
			return "bytes=%d-%d".formatted(from, to - 1);
		}
		return (from > 0) ? "bytes=%d-".formatted(from) : null;
	}

	IOException translate(SdkException ex) {
		return this.errors.translate(S3Action.READ, this.name, ex);
	}

	@Override
	public String toString() {
		return "%s of replica %s".formatted(this.name, this.location.url());
	}

}
