package org.litestream4j.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import software.amazon.awssdk.core.exception.RetryableException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttribute;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.s3.model.DeleteObjectsRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;

/**
 * Looks at each answer of a store before the SDK does: whether a listing, or the result
 * of a deletion, is one, what an error's body says, what time it is there. Goes with each
 * request, as the client may be the application's own. Thread-safe.
 */
final class S3Answers implements ExecutionInterceptor {

	/** How long a store wants to be left alone; the SDK would sleep that long. */
	static final String RETRY_AFTER = "x-litestream-retry-after";

	private static final ExecutionAttribute<Instant> SENT = new ExecutionAttribute<>("litestream.sent");

	private final S3Clock storeClock;

	private final Clock clock;

	S3Answers(S3Clock storeClock, Clock clock) {
		this.storeClock = storeClock;
		this.clock = clock;
	}

	/* Signed with the rest, so this comes before the signature. */
	@Override
	public SdkHttpRequest modifyHttpRequest(Context.ModifyHttpRequest context, ExecutionAttributes attributes) {
		return S3Tigris.consistent(context.httpRequest());
	}

	/* Once for each attempt. */
	@Override
	public void beforeTransmission(Context.BeforeTransmission context, ExecutionAttributes attributes) {
		attributes.putAttribute(SENT, this.clock.instant());
	}

	@Override
	public SdkHttpResponse modifyHttpResponse(Context.ModifyHttpResponse context, ExecutionAttributes attributes) {
		SdkHttpResponse answer = context.httpResponse();
		this.storeClock.answered(attributes.getAttribute(SENT), this.clock.instant(), answer);
		List<String> wait = answer.matchingHeaders("Retry-After");
		return wait.isEmpty() ? answer
				: answer.toBuilder().removeHeader("Retry-After").putHeader(RETRY_AFTER, wait).build();
	}

	@Override
	public Optional<InputStream> modifyHttpResponseContent(Context.ModifyHttpResponse context,
			ExecutionAttributes attributes) {
		Optional<InputStream> body = context.responseBody();
		try {
			if (!context.httpResponse().isSuccessful()) {
				return body.isEmpty() ? body : Optional.of(S3Xml.error(body.get()));
			}
			if (context.request() instanceof ListObjectsV2Request) {
				return Optional
					.of(S3Xml.listing(body.orElseGet(InputStream::nullInputStream), "ListBucketResult", "Name"));
			}
			if (context.request() instanceof ListMultipartUploadsRequest) {
				return Optional
					.of(S3Xml.listing(body.orElseGet(InputStream::nullInputStream), "ListMultipartUploadsResult"));
			}
			if (context.request() instanceof DeleteObjectsRequest) {
				return Optional.of(S3Xml.deletion(body.orElseGet(InputStream::nullInputStream)));
			}
			return body;
		}
		catch (IOException ex) {
			throw RetryableException.create("the answer broke off", ex);
		}
	}

}
