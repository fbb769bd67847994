package org.litestream4j.cli;

import java.net.URI;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.replica.ReplicaUrl;
import org.litestream4j.replica.S3Clients;
import org.litestream4j.replica.S3Connection;
import org.litestream4j.replica.S3Location;
import org.litestream4j.replica.S3ReplicaClient;
import org.litestream4j.replica.S3ReplicaOptions;
import org.litestream4j.replica.S3Terms;

/**
 * Opens replicas in S3. Credentials are those that {@code litestream} takes, else what
 * the AWS SDK finds.
 */
final class S3Replicas {

	private static final String ACCESS_KEY_ID = "LITESTREAM_ACCESS_KEY_ID";

	private static final String SECRET_ACCESS_KEY = "LITESTREAM_SECRET_ACCESS_KEY";

	/** No property of the starter is to be set by who types a command. */
	static final S3Terms TERMS = new S3Terms("-region", "-region, or AWS_REGION in the environment",
			"%s and %s in the environment".formatted(ACCESS_KEY_ID, SECRET_ACCESS_KEY),
			"try again, with a smaller -parallelism if there is one");

	private S3Replicas() {
	}

	/**
	 * Opens a replica, which the caller closes. Does no I/O.
	 * @throws IllegalArgumentException with one sentence that says what is allowed
	 */
	static ReplicaClient open(ReplicaUrl.S3 url, @Nullable URI endpoint, @Nullable String region,
			@Nullable Boolean forcePathStyle) {
		S3Connection connection = connection(endpoint, region, forcePathStyle, System.getenv());
		return new S3ReplicaClient(S3Clients.create(connection, null, TERMS), true,
				S3Location.of(url.bucket(), url.prefix()), S3ReplicaOptions.DEFAULTS, TERMS);
	}

	static S3Connection connection(@Nullable URI endpoint, @Nullable String region, @Nullable Boolean forcePathStyle,
			Map<String, String> environment) {
		String accessKeyId = environment.get(ACCESS_KEY_ID);
		String secretAccessKey = environment.get(SECRET_ACCESS_KEY);
		if ((accessKeyId == null) != (secretAccessKey == null)) {
			throw new IllegalArgumentException("%s is set without %s: set both or none".formatted(
					(accessKeyId != null) ? ACCESS_KEY_ID : SECRET_ACCESS_KEY,
					(accessKeyId != null) ? SECRET_ACCESS_KEY : ACCESS_KEY_ID));
		}
		return new S3Connection(endpoint, region, forcePathStyle, accessKeyId, secretAccessKey);
	}

}
