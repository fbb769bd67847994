package org.litestream4j.replica;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;

import javax.net.ssl.SSLException;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Turns what the SDK throws into an {@link IOException} with one sentence that says what
 * failed and what to do. A store's own words are passed on only where they help, and
 * without key ids. Thread-safe.
 */
final class S3Errors {

	private static final Set<String> WRONG_KEY = Set.of("InvalidAccessKeyId", "UnrecognizedClientException",
			"InvalidClientTokenId", "InvalidSecurity");

	private static final Set<String> EXPIRED = Set.of("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired",
			"InvalidToken", "RequestExpired");

	private static final Set<String> SKEWED = Set.of("RequestTimeTooSkewed", "RequestInTheFuture");

	private static final Set<String> THROTTLED = Set.of("SlowDown", "ServiceUnavailable", "Throttling",
			"ThrottlingException", "TooManyRequests", "TooManyRequestsException", "RequestLimitExceeded",
			"BandwidthLimitExceeded", "SlowDownRead", "SlowDownWrite");

	private static final Set<String> FULL = Set.of("QuotaExceeded", "StorageFull", "XMinioStorageFull");

	private static final Set<String> WRONG_REGION = Set.of("PermanentRedirect", "AuthorizationHeaderMalformed",
			"TemporaryRedirect", "IllegalLocationConstraintException");

	/* Access key ids, and whatever an assignment of a key or signature would show. */
	private static final Pattern SECRETS = Pattern.compile(
			"\\b(AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}|(?i)(access.?key|secret|signature|token|credential)\\w*\\s*[=:]\\s*\\S+");

	private final S3Location location;

	S3Errors(S3Location location) {
		this.location = location;
	}

	/**
	 * Makes a call.
	 * @param name what the call is about, below the replica's path
	 */
	<T> T call(S3Action action, String name, Supplier<T> call) throws IOException {
		try {
			return call.get();
		}
		catch (SdkException ex) {
			throw translate(action, name, ex);
		}
	}

	IOException translate(S3Action action, String name, SdkException ex) {
		if (ex instanceof AbortedException || Thread.currentThread().isInterrupted()) {
			InterruptedIOException interrupted = new InterruptedIOException(
					"%s was interrupted".formatted(attempt(action, name)));
			interrupted.initCause(ex);
			return interrupted;
		}
		if (ex instanceof AwsServiceException refused) {
			return refused(action, name, refused);
		}
		return new IOException("cannot %s: %s".formatted(attempt(action, name), unanswered(ex)), ex);
	}

	private IOException refused(S3Action action, String name, AwsServiceException ex) {
		String code = code(ex);
		if (action == S3Action.READ && (code.equals("NoSuchKey") || (ex.statusCode() == 404 && code.isEmpty()))) {
			NoSuchFileException missing = new NoSuchFileException(this.location.url() + "/" + name, null,
					"no such object in the bucket");
			missing.initCause(ex);
			return missing;
		}
		String message = "cannot %s: %s (HTTP %d%s%s)".formatted(attempt(action, name), advice(action, code, ex),
				ex.statusCode(), code.isEmpty() ? "" : " " + code, requestId(ex));
		return (action == S3Action.READ && code.equals("InvalidObjectState")) ? new ArchivedObjectException(message, ex)
				: new IOException(message, ex);
	}

	private String attempt(S3Action action, String name) {
		return "%s %s of replica %s".formatted(action.verb(), name, this.location.url());
	}

	private String advice(S3Action action, String code, AwsServiceException ex) {
		int status = ex.statusCode();
		if (code.equals("NoSuchBucket")) {
			return "bucket '%s' does not exist there; create it, or correct the replica's url or endpoint"
				.formatted(this.location.bucket());
		}
		if (WRONG_KEY.contains(code)) {
			return "the store does not know the access key id; correct the credentials";
		}
		if (code.equals("SignatureDoesNotMatch")) {
			return "the secret access key does not belong to the access key id; correct the credentials";
		}
		if (EXPIRED.contains(code)) {
			return "the credentials have expired or are not valid; renew them";
		}
		if (SKEWED.contains(code)) {
			return "this machine's clock differs too much from the store's; set it, for example with NTP";
		}
		if (code.startsWith("KMS.") || message(ex).contains("kms:")) {
			return "the KMS key cannot be used; allow kms:GenerateDataKey and kms:Decrypt on it to the credentials,"
					+ " or correct kms-key-id; the store says: " + message(ex);
		}
		if (WRONG_REGION.contains(code) || status == 301 || status == 307) {
			return "the bucket is in another region%s; set the replica's or the client's region".formatted(region(ex));
		}
		if (FULL.contains(code)) {
			return "the store is full; free or buy space";
		}
		if (THROTTLED.contains(code) || status == 429 || status == 503) {
			return "the store asks for fewer requests or is overloaded; it is tried again later,"
					+ " and a longer sync-interval helps if this goes on";
		}
		if (status >= 500 && !code.equals("NotImplemented")) {
			return "the store has failed; it is tried again later";
		}
		return rejected(action, code, ex);
	}

	private String rejected(S3Action action, String code, AwsServiceException ex) {
		if (code.equals("InvalidObjectState")) {
			return "the object has been moved to an archive; thaw it first";
		}
		if (ex.statusCode() == 403) {
			return "access denied; allow %s on arn:aws:s3:::%s to the credentials in use%s".formatted(
					action.permission(), resource(action),
					message(ex).isEmpty() ? "" : "; the store says: " + message(ex));
		}
		return "the store rejects the request; it says: " + message(ex);
	}

	private String resource(S3Action action) {
		return (action == S3Action.LIST) ? this.location.bucket()
				: "%s/%s*".formatted(this.location.bucket(), this.location.prefix());
	}

	private static String unanswered(SdkException ex) {
		if (has(ex, UnknownHostException.class)) {
			return "the endpoint's host name cannot be resolved; check endpoint and region, and the network";
		}
		if (has(ex, SSLException.class)) {
			return "no secure connection to the endpoint; check that its certificate is trusted and its scheme right"
					+ " (%s)".formatted(rootMessage(ex));
		}
		if (has(ex, SocketTimeoutException.class)) {
			return "the endpoint does not answer in time; check the network; it is tried again later";
		}
		if (has(ex, ConnectException.class)) {
			return "the endpoint refuses connections; check that it is up and its address right;"
					+ " it is tried again later";
		}
		String message = redact(String.valueOf(ex.getMessage()));
		String lower = message.toLowerCase(Locale.ROOT);
		if (lower.contains("credentials from any of the providers") || lower.contains("unable to load credentials")) {
			return "no credentials found; set spring.cloud.aws.credentials.* or the replica's access-key-id and"
					+ " secret-access-key, or give the machine a role";
		}
		if (has(ex, IOException.class)) {
			return "the connection broke (%s); it is tried again later".formatted(rootMessage(ex));
		}
		return message;
	}

	static String code(AwsServiceException ex) {
		AwsErrorDetails details = ex.awsErrorDetails();
		return (details != null && details.errorCode() != null) ? details.errorCode() : "";
	}

	private static String message(AwsServiceException ex) {
		AwsErrorDetails details = ex.awsErrorDetails();
		String message = (details != null) ? details.errorMessage() : null;
		return (message != null) ? redact(message) : "";
	}

	private static String region(AwsServiceException ex) {
		AwsErrorDetails details = ex.awsErrorDetails();
		if (details == null || details.sdkHttpResponse() == null) {
			return "";
		}
		return details.sdkHttpResponse()
			.firstMatchingHeader("x-amz-bucket-region")
			.map((region) -> ", " + region)
			.orElse("");
	}

	private static String requestId(AwsServiceException ex) {
		return (ex.requestId() != null) ? ", request " + ex.requestId() : "";
	}

	static String redact(String text) {
		return SECRETS.matcher(text).replaceAll("***");
	}

	private static boolean has(Throwable ex, Class<? extends Throwable> type) {
		for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
			if (type.isInstance(cause)) {
				return true;
			}
		}
		return false;
	}

	private static String rootMessage(Throwable ex) {
		Throwable root = ex;
		for (@Nullable
		Throwable cause = ex; cause != null; cause = cause.getCause()) {
			root = cause;
		}
		return redact(String.valueOf(root.getMessage()));
	}

}
