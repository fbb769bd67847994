package org.litestream4j.store.s3;

import java.net.URI;

import org.litestream4j.stress.HandoverChild;
import org.litestream4j.testsupport.s3.S3TestServer;

/** A {@link HandoverChild} with a replica in S3. */
final class S3HandoverChild {

	private S3HandoverChild() {
	}

	/** The plan, then where the server is, and the bucket. */
	public static void main(String[] arguments) {
		HandoverChild.run(arguments,
				store(URI.create(arguments[HandoverChild.PLAN]), arguments[HandoverChild.PLAN + 1]));
	}

	static S3Store store(URI endpoint, String bucket) {
		S3Connection connection = new S3Connection(endpoint, S3TestServer.REGION, null, S3TestServer.ACCESS_KEY_ID,
				S3TestServer.SECRET_ACCESS_KEY);
		return new S3Store(S3Clients.create(connection, null), true, S3Location.of(bucket, "app"),
				S3ReplicaOptions.DEFAULTS);
	}

}
