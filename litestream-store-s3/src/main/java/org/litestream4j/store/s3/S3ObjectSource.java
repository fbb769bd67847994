package org.litestream4j.store.s3;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/**
 * One object to be read, whole or in pieces. Thread-safe.
 *
 * @param client asks the store
 * @param requests how it is asked
 * @param errors explains
 * @param name below the replica's path
 * @param listed bytes of the whole object, as a listing has it: for a store that does not
 * say it again
 */
record S3ObjectSource(S3Client client, S3Requests requests, S3Errors errors, String name, long listed) {

	/* For example "bytes 100-199/5000", or "bytes 100-199/*". */
	private static final Pattern CONTENT_RANGE = Pattern
		.compile("\\s*bytes[ =](\\d{1,18})-\\d{1,18}/(\\d{1,18}|\\*)\\s*");

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
	 * @param to after the last byte, or {@link #END}
	 * @param eTag the version that is wanted, or null for any
	 * @throws SdkException if the store refuses or cannot be reached, or what answers is
	 * no store
	 * @throws IOException if the store knows no ranges, and the bytes before the range
	 * cannot be skipped
	 */
	Opened open(long from, long to, @Nullable String eTag) throws IOException {
		ResponseInputStream<GetObjectResponse> body = this.client
			.getObject(this.requests.get(this.name, range(from, to), eTag));
		try {
			return opened(body, from);
		}
		catch (IOException | RuntimeException ex) {
			body.abort();
			throw ex;
		}
	}

	private Opened opened(ResponseInputStream<GetObjectResponse> body, long from) throws IOException {
		GetObjectResponse answer = body.response();
		if (answer.eTag() == null || answer.eTag().isBlank()) {
			throw new S3AnswerException("an object without an ETag");
		}
		String range = answer.contentRange();
		if (range == null) {
			body.skipNBytes(from);
			return new Opened(body, answer.eTag(),
					(answer.contentLength() != null) ? answer.contentLength() : this.listed);
		}
		Matcher matcher = CONTENT_RANGE.matcher(range);
		if (!matcher.matches() || Long.parseLong(matcher.group(1)) != from) {
			throw new S3AnswerException(
					"bytes '%s' instead of those from %d on".formatted(S3Errors.words(range), from));
		}
		String length = matcher.group(2);
		return new Opened(body, answer.eTag(), length.equals("*") ? this.listed : Long.parseLong(length));
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
		return "%s of replica %s".formatted(this.name, this.errors.location().url());
	}

}
