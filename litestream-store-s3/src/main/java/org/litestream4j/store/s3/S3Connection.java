package org.litestream4j.store.s3;

import java.net.URI;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * How to reach a store that the application's own client does not reach. What is null
 * comes from that client, or from the AWS SDK's defaults.
 *
 * @param endpoint with scheme; null for AWS
 * @param region the region to sign for
 * @param forcePathStyle whether the bucket goes into the path instead of the host name;
 * null for yes unless the endpoint is AWS
 * @param accessKeyId goes with {@code secretAccessKey}
 * @param secretAccessKey never shown
 * @param sessionToken belongs to credentials that expire; never shown
 * @param tls whom to trust, and as whom to appear; null for the JVM's own
 */
public record S3Connection(@Nullable URI endpoint, @Nullable String region, @Nullable Boolean forcePathStyle,
		@Nullable String accessKeyId, @Nullable String secretAccessKey, @Nullable String sessionToken,
		@Nullable S3Tls tls) {

	/** Everything from elsewhere. */
	public static final S3Connection DEFAULTS = new S3Connection(null, null, null, null, null);

	/**
	 * Creates a connection with lasting credentials, if any, and the JVM's own trust.
	 * @param endpoint with scheme; null for AWS
	 * @param region the region to sign for
	 * @param forcePathStyle whether the bucket goes into the path instead of the host
	 * name; null for yes unless the endpoint is AWS
	 * @param accessKeyId goes with {@code secretAccessKey}
	 * @param secretAccessKey never shown
	 * @throws IllegalArgumentException with one sentence that says what is allowed
	 */
	public S3Connection(@Nullable URI endpoint, @Nullable String region, @Nullable Boolean forcePathStyle,
			@Nullable String accessKeyId, @Nullable String secretAccessKey) {
		this(endpoint, region, forcePathStyle, accessKeyId, secretAccessKey, null, null);
	}

	/**
	 * Creates a connection.
	 * @param endpoint with scheme; null for AWS
	 * @param region the region to sign for
	 * @param forcePathStyle whether the bucket goes into the path instead of the host
	 * name; null for yes unless the endpoint is AWS
	 * @param accessKeyId goes with {@code secretAccessKey}
	 * @param secretAccessKey never shown
	 * @param sessionToken belongs to credentials that expire; never shown
	 * @param tls whom to trust, and as whom to appear; null for the JVM's own
	 * @throws IllegalArgumentException with one sentence that says what is allowed
	 */
	public S3Connection {
		if ((accessKeyId == null) != (secretAccessKey == null)) {
			throw new IllegalArgumentException("%s is given without %s: give both or none".formatted(
					(accessKeyId != null) ? "access-key-id" : "secret-access-key",
					(accessKeyId != null) ? "secret-access-key" : "access-key-id"));
		}
		if (sessionToken != null && accessKeyId == null) {
			throw new IllegalArgumentException(
					"session-token is given without access-key-id and secret-access-key: give all three, or none");
		}
		if (endpoint != null && endpoint.getHost() == null && endpoint.getAuthority() != null
				&& endpoint.getAuthority().indexOf('_') >= 0 && endpoint.getAuthority().indexOf('@') < 0) {
			throw new IllegalArgumentException(
					"endpoint '%s' has a host name with an underscore, which is no host name: letters, digits, '-' and '.' are allowed; give the host another name (in Docker Compose a network alias, or hostname), or use its address"
						.formatted(endpoint));
		}
		if (endpoint != null && !isWebAddress(endpoint)) {
			throw new IllegalArgumentException(
					"endpoint '%s' is not a web address: one such as https://s3.example.com, without user and password, is expected"
						.formatted(String.valueOf(endpoint).replaceAll("[^/@]*@", "***@")));
		}
	}

	private static boolean isWebAddress(URI endpoint) {
		String scheme = (endpoint.getScheme() != null) ? endpoint.getScheme().toLowerCase(Locale.ROOT) : "";
		return (scheme.equals("https") || scheme.equals("http")) && endpoint.getHost() != null
				&& endpoint.getUserInfo() == null;
	}

	/**
	 * {@return whether nothing is given here, so that another client can serve as it is}
	 */
	public boolean isDefault() {
		return equals(DEFAULTS);
	}

	@Override
	public String toString() {
		return "S3Connection[endpoint=%s, region=%s, forcePathStyle=%s, credentials %s]".formatted(this.endpoint,
				this.region, this.forcePathStyle, (this.accessKeyId != null) ? "given" : "not given");
	}

}
