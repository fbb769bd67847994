package org.litestream4j.store.s3;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.net.ssl.SSLException;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;

import org.litestream4j.store.ArchivedObjectException;

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

	/* In AWS's words: "the region 'us-east-1' is wrong; expecting 'eu-central-1'" */
	private static final Pattern EXPECTED_REGION = Pattern.compile("expecting '([a-z0-9-]{2,40})'");

	private static final Pattern REGION_ELEMENT = Pattern.compile("<Region>([a-z0-9-]{2,40})</Region>");

	private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\\p{Zl}\\p{Zp}]");

	private static final int MAX_CAUSE = 2000;

	private final S3Location location;

	private final S3Terms terms;

	S3Errors(S3Location location) {
		this(location, S3Terms.STARTER);
	}

	/**
	 * Creates a translator.
	 * @param location of the replica
	 * @param terms of who reads the sentences
	 */
	S3Errors(S3Location location, S3Terms terms) {
		this.location = location;
		this.terms = terms;
	}

	/**
	 * Makes a call.
	 * @param name what the call is about, below the replica's path
	 */
	<T extends @Nullable Object> T call(S3Action action, String name, Supplier<T> call) throws IOException {
		try {
			return call.get();
		}
		catch (SdkException ex) {
			throw translate(action, name, ex);
		}
		catch (StackOverflowError ex) {
			// the SDK reads XML by recursion; nothing else here goes deep
			throw translate(action, name, new S3AnswerException("XML that is nested too deep"));
		}
	}

	S3Location location() {
		return this.location;
	}

	IOException translate(S3Action action, String name, SdkException ex) {
		if (ex instanceof AbortedException || Thread.currentThread().isInterrupted()) {
			InterruptedIOException interrupted = new InterruptedIOException(
					"%s was interrupted".formatted(attempt(action, name)));
			interrupted.initCause(harmless(ex));
			return interrupted;
		}
		if (ex instanceof AwsServiceException refused) {
			return refused(action, name, refused);
		}
		return new IOException("cannot %s: %s".formatted(attempt(action, name), unanswered(ex)), harmless(ex));
	}

	/** For a store that was asked without the SDK, and did not answer in time. */
	IOException silent(S3Action action, String name, SocketTimeoutException ex) {
		return translate(action, name, SdkClientException.create("no answer", ex));
	}

	private IOException refused(S3Action action, String name, AwsServiceException ex) {
		String code = code(ex);
		if (action == S3Action.READ && (code.equals("NoSuchKey") || (ex.statusCode() == 404 && code.isEmpty()))) {
			NoSuchFileException missing = new NoSuchFileException(this.location.url() + "/" + name, null,
					"no such object in the bucket");
			missing.initCause(harmless(ex));
			return missing;
		}
		String message = "cannot %s: %s (HTTP %d%s%s)".formatted(attempt(action, name), advice(action, code, ex),
				ex.statusCode(), code.isEmpty() ? "" : " " + code, requestId(ex));
		return (action == S3Action.READ && code.equals("InvalidObjectState"))
				? new ArchivedObjectException(message, harmless(ex)) : new IOException(message, harmless(ex));
	}

	private String attempt(S3Action action, String name) {
		return "%s %s of replica %s".formatted(action.verb(), name, this.location.url());
	}

	private String advice(S3Action action, String code, AwsServiceException ex) {
		int status = ex.statusCode();
		if (status == 407) {
			return "a proxy between here and the endpoint wants credentials of its own; correct the proxy settings";
		}
		if (status == 413 || code.equals("EntityTooLarge")) {
			return "what answers takes no upload of this size; raise the limit of the proxy before the store"
					+ " (client_max_body_size in nginx), or set a smaller part-size%s".formatted(says(ex));
		}
		if (code.equals(S3Xml.NOT_S3)) {
			return foreign(status, ex);
		}
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
			return "the KMS key cannot be used; allow %s on it to the credentials%s%s".formatted(
					(action == S3Action.WRITE) ? "kms:GenerateDataKey and kms:Decrypt" : "kms:Decrypt",
					(action == S3Action.WRITE) ? ", or correct kms-key-id" : "", says(ex));
		}
		if (WRONG_REGION.contains(code) || status == 301 || status == 307) {
			return "the bucket is in another region%s; set %s".formatted(region(ex), this.terms.region());
		}
		if (FULL.contains(code)) {
			return "the store is full; free or buy space";
		}
		if (THROTTLED.contains(code) || status == 429 || status == 503) {
			return "the store asks for fewer requests or is overloaded%s; %s".formatted(retryAfter(ex),
					this.terms.fewerRequests());
		}
		if (status >= 500 && !code.equals("NotImplemented")) {
			return "the store has failed; look at its log or status page if this goes on" + says(ex);
		}
		return rejected(action, code, ex);
	}

	/** Something answered with an error, but not a store. */
	private static String foreign(int status, AwsServiceException ex) {
		if (status >= 500 || status == 429) {
			return "the store is overloaded or down, says what stands before it%s%s".formatted(retryAfter(ex),
					says(ex));
		}
		return "what answers is not an S3 store%s; correct the endpoint or the proxy settings, or let the requests pass"
			.formatted(says(ex));
	}

	private String rejected(S3Action action, String code, AwsServiceException ex) {
		if (code.equals("InvalidObjectState")) {
			return "the object has been moved to an archive; thaw it first";
		}
		if (ex.statusCode() == 403) {
			String message = message(ex);
			return "access denied; allow %s on %s to the credentials in use%s%s".formatted(action.permission(),
					this.location.resource(action != S3Action.LIST),
					message.isEmpty() ? "" : "; the store says: " + message, (action == S3Action.WRITE)
							? "; if a policy of the bucket demands encryption, set server-side-encryption" : "");
		}
		return "the store rejects the request" + says(ex);
	}

	private String unanswered(SdkException ex) {
		Optional<String> odd = S3AnswerException.what(ex);
		if (odd.isPresent()) {
			return odd(words(odd.get()));
		}
		String messages = messages(ex);
		if (messages.contains("unable to load credentials") || messages.contains("failed to load credentials")
				|| messages.contains("credentials from any of the providers")) {
			return noCredentials(messages);
		}
		if (has(ex, UnknownHostException.class)) {
			return "the endpoint's host name cannot be resolved; check endpoint and region, and the network";
		}
		if (has(ex, SSLException.class)) {
			return "no secure connection to the endpoint; check that its certificate is trusted and its scheme right"
					+ " (%s)".formatted(rootMessage(ex));
		}
		if (has(ex, SocketTimeoutException.class) || has(ex, ApiCallTimeoutException.class)
				|| has(ex, ApiCallAttemptTimeoutException.class)) {
			return "the endpoint does not answer in time; check the network and the store";
		}
		if (has(ex, ConnectException.class)) {
			return "the endpoint refuses connections; check that it is up and its address right";
		}
		if (messages.contains("unable to unmarshall") || messages.contains("could not parse xml")) {
			return odd("what cannot be read (%s)".formatted(rootMessage(ex)));
		}
		if (messages.contains("arn") && messages.contains("region")) {
			return "the access point is in another region than the client; set %s (%s)".formatted(this.terms.region(),
					words(ex.getMessage()));
		}
		if (has(ex, IOException.class)) {
			return "the connection broke (%s)".formatted(rootMessage(ex));
		}
		return words(ex.getMessage());
	}

	private static String odd(String what) {
		return ("what answers is not an S3 store, or its answer was changed on the way: it sent %s;"
				+ " correct the endpoint, or whatever stands before the store")
			.formatted(what);
	}

	/**
	 * There are none, or what hands them out was configured, and cannot be reached. Of
	 * all that the SDK looks at, the metadata of a virtual machine is always missing
	 * where there is none.
	 */
	private String noCredentials(String messages) {
		boolean configured = messages.contains("failed to load credentials from metadata service")
				|| (messages.contains("failed to load credentials from")
						&& !messages.contains("from any of the providers"));
		return configured
				? "no credentials: the address that hands them out to this machine or container does not answer"
						+ " as it should; look at the role and the network, or give " + this.terms.credentials()
				: "no credentials found; give %s, or give the machine a role, or set what else the AWS SDK looks at"
					.formatted(this.terms.credentials());
	}

	static String code(AwsServiceException ex) {
		AwsErrorDetails details = ex.awsErrorDetails();
		return (details != null && details.errorCode() != null) ? details.errorCode() : "";
	}

	private static String message(AwsServiceException ex) {
		AwsErrorDetails details = ex.awsErrorDetails();
		return words((details != null) ? details.errorMessage() : null);
	}

	private static String says(AwsServiceException ex) {
		String message = message(ex);
		return message.isEmpty() ? "" : "; it says: " + message;
	}

	private static String retryAfter(AwsServiceException ex) {
		return header(ex, S3Answers.RETRY_AFTER).map((wait) -> ", and to wait for %s s".formatted(words(wait)))
			.orElse("");
	}

	/** As the store names it: in a header, or only in its words. */
	private static String region(AwsServiceException ex) {
		Matcher expected = EXPECTED_REGION.matcher(message(ex));
		return header(ex, "x-amz-bucket-region").or(() -> bodyRegion(ex))
			.or(() -> expected.find() ? Optional.of(expected.group(1)) : Optional.empty())
			.map((region) -> ", " + words(region))
			.orElse("");
	}

	private static Optional<String> bodyRegion(AwsServiceException ex) {
		AwsErrorDetails details = ex.awsErrorDetails();
		if (details == null || details.rawResponse() == null) {
			return Optional.empty();
		}
		Matcher region = REGION_ELEMENT.matcher(details.rawResponse().asString(StandardCharsets.UTF_8));
		return region.find() ? Optional.of(region.group(1)) : Optional.empty();
	}

	private static Optional<String> header(AwsServiceException ex, String name) {
		AwsErrorDetails details = ex.awsErrorDetails();
		return (details == null || details.sdkHttpResponse() == null) ? Optional.empty()
				: details.sdkHttpResponse().firstMatchingHeader(name);
	}

	private static String requestId(AwsServiceException ex) {
		return (ex.requestId() != null) ? ", request " + words(ex.requestId()) : "";
	}

	/** A text of someone else's, fit to be shown: short, on one line, without secrets. */
	static String words(@Nullable String text) {
		return (text != null) ? S3Xml.clean(SECRETS.matcher(S3Xml.clean(text)).replaceAll("***")) : "";
	}

	/**
	 * What the SDK threw, unless a store's own words in it are long or not on one line:
	 * they would be logged as they are.
	 */
	private static Throwable harmless(SdkException ex) {
		for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
			String message = String.valueOf(cause.getMessage());
			if (message.length() > MAX_CAUSE || CONTROL.matcher(message).find()) {
				IOException instead = new IOException(words(ex.getMessage()));
				instead.setStackTrace(ex.getStackTrace());
				return instead;
			}
		}
		return ex;
	}

	private static String messages(Throwable ex) {
		StringBuilder messages = new StringBuilder();
		for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
			messages.append(cause.getMessage()).append('\n');
		}
		return messages.toString().toLowerCase(Locale.ROOT);
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
		return words(String.valueOf(root.getMessage()));
	}

}
