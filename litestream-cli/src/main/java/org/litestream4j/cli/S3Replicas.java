package org.litestream4j.cli;

import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.litestream4j.store.s3.S3Terms;

/**
 * What replicas in S3 are opened with. Credentials are those that {@code litestream}
 * takes, else what the AWS SDK finds.
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
	 * The properties of a store.
	 * @throws IllegalArgumentException with one sentence that says what is allowed
	 */
	static Map<String, String> properties(@Nullable String endpoint, @Nullable String region,
			@Nullable Boolean forcePathStyle, Map<String, String> environment) {
		String accessKeyId = environment.get(ACCESS_KEY_ID);
		String secretAccessKey = environment.get(SECRET_ACCESS_KEY);
		if ((accessKeyId == null) != (secretAccessKey == null)) {
			throw new IllegalArgumentException("%s is set without %s: set both or none".formatted(
					(accessKeyId != null) ? ACCESS_KEY_ID : SECRET_ACCESS_KEY,
					(accessKeyId != null) ? SECRET_ACCESS_KEY : ACCESS_KEY_ID));
		}
		Map<String, String> properties = new HashMap<>();
		put(properties, "endpoint", endpoint);
		put(properties, "region", region);
		put(properties, "force-path-style", forcePathStyle);
		put(properties, "access-key-id", accessKeyId);
		put(properties, "secret-access-key", secretAccessKey);
		return properties;
	}

	private static void put(Map<String, String> properties, String name, @Nullable Object value) {
		if (value != null) {
			properties.put(name, value.toString());
		}
	}

}
