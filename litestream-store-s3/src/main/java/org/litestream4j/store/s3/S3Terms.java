package org.litestream4j.store.s3;

/**
 * What settings are called where a message is read: by who configures the starter, or by
 * who types a command.
 *
 * @param region follows after "set", where a bucket is in another region
 * @param missingRegion follows after "set", where no region is known
 * @param credentials follows after "give"
 * @param fewerRequests what helps against a store that is overloaded for long
 */
public record S3Terms(String region, String missingRegion, String credentials, String fewerRequests) {

	/** Properties of the starter, and of Spring Cloud AWS. */
	public static final S3Terms STARTER = new S3Terms("the replica's or the client's region",
			"region, or spring.cloud.aws.region.static", "access-key-id and secret-access-key",
			"a longer sync-interval helps if this goes on");

}
