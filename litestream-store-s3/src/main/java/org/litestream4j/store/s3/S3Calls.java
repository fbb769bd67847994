package org.litestream4j.store.s3;

import java.net.URI;
import java.time.Duration;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ServiceClientConfiguration;

/**
 * What goes with each request, whoever made the client: who looks at the answer, and how
 * long it may take. Limits that the application's own client has are left as they are.
 * Thread-safe.
 */
final class S3Calls {

	/** For whatever a store does at once. */
	static final Duration LIMIT = Duration.ofSeconds(15);

	/* Leaves time for a second attempt, through another connection. */
	private static final Duration ATTEMPT = Duration.ofSeconds(10);

	/** For what takes a store longer the more there is of it. */
	private static final Duration LONG_LIMIT = Duration.ofMinutes(5);

	/** Bytes a second: whoever uploads more slowly is hardly alive. */
	private static final long SLOWEST_UPLOAD = 64 << 10;

	private final AwsRequestOverrideConfiguration base;

	private final ClientOverrideConfiguration limits;

	/**
	 * Creates calls.
	 * @param client what they are made with
	 * @param answers looks at the answers
	 */
	S3Calls(S3Client client, S3Answers answers) {
		S3ServiceClientConfiguration configuration = client.serviceClientConfiguration();
		this.limits = configuration.overrideConfiguration();
		this.base = base(configuration.endpointOverride().orElse(null), answers);
	}

	/**
	 * The application's own client may have been made for another store, but with the
	 * defaults for AWS: its uploads would then end in a checksum trailer, which other
	 * stores reject or, worse, store.
	 */
	private static AwsRequestOverrideConfiguration base(@Nullable URI endpoint, S3Answers answers) {
		boolean aws = S3Hosts.isAws(endpoint);
		return AwsRequestOverrideConfiguration.builder().addPlugin((config) -> {
			config.overrideConfiguration(
					config.overrideConfiguration().toBuilder().addExecutionInterceptor(answers).build());
			if (!aws && config instanceof S3ServiceClientConfiguration.Builder s3) {
				s3.requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED);
			}
		}).build();
	}

	/** Whatever a store does at once. */
	AwsRequestOverrideConfiguration quick() {
		return limited(ATTEMPT, LIMIT);
	}

	/** The last one of its connection. */
	AwsRequestOverrideConfiguration closingConnection() {
		return quick().toBuilder().putHeader("Connection", "close").build();
	}

	/** An upload, which takes as long as the network wants. */
	AwsRequestOverrideConfiguration upload(long bytes) {
		Duration network = Duration.ofSeconds(bytes / SLOWEST_UPLOAD);
		return limited(ATTEMPT.plus(network), LIMIT.plus(network.multipliedBy(2)));
	}

	/** What the store needs time for: joining parts, deleting many objects. */
	AwsRequestOverrideConfiguration longer() {
		return limited(LONG_LIMIT, LONG_LIMIT);
	}

	private AwsRequestOverrideConfiguration limited(Duration attempt, Duration call) {
		return this.base.toBuilder()
			.apiCallAttemptTimeout(this.limits.apiCallAttemptTimeout().orElse(attempt))
			.apiCallTimeout(this.limits.apiCallTimeout().orElse(call))
			.build();
	}

}
