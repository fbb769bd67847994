package org.litestream4j.replica;

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
 */
public record S3Connection(@Nullable URI endpoint, @Nullable String region, @Nullable Boolean forcePathStyle,
		@Nullable String accessKeyId, @Nullable String secretAccessKey) {

	/** Everything from elsewhere. */
	public static final S3Connection DEFAULTS = new S3Connection(null, null, null, null, null);

	/**
	 * Creates a connection.
	 * @throws IllegalArgumentException with one sentence that says what is allowed
	 */
	public S3Connection {
		if ((accessKeyId == null) != (secretAccessKey == null)) {
			throw new IllegalArgumentException("%s is given without %s: give both or none".formatted(
					(accessKeyId != null) ? "access-key-id" : "secret-access-key",
					(accessKeyId != null) ? "secret-access-key" : "access-key-id"));
		}
		if (endpoint != null && !isWebAddress(endpoint)) {
			throw new IllegalArgumentException(
					"endpoint '%s' is no web address: one such as https://s3.example.com, without user and password, is expected"
						.formatted(String.valueOf(endpoint).replaceAll("[^/@]*@", "***@")));
		}
	}

	private static boolean isWebAddress(URI endpoint) {
		String scheme = (endpoint.getScheme() != null) ? endpoint.getScheme().toLowerCase(Locale.ROOT) : "";
		return (scheme.equals("https") || scheme.equals("http")) && endpoint.getHost() != null
				&& endpoint.getUserInfo() == null;
	}

	/** Whether nothing is given here, so that another client can serve as it is. */
	public boolean isDefault() {
		return equals(DEFAULTS);
	}

	@Override
	public String toString() {
		return "S3Connection[endpoint=%s, region=%s, forcePathStyle=%s, credentials %s]".formatted(this.endpoint,
				this.region, this.forcePathStyle, (this.accessKeyId != null) ? "given" : "not given");
	}

}
