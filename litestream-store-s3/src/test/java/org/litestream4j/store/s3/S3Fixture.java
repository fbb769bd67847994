package org.litestream4j.store.s3;

import software.amazon.awssdk.services.s3.S3Client;

import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.testing.RealLitestream;
import org.litestream4j.testsupport.s3.S3TestServer;

/**
 * A bucket of a test server, and clients for it.
 *
 * @param server the server
 * @param bucket created on construction
 * @param path the replica's path in it
 */
public record S3Fixture(S3TestServer server, String bucket, String path) {

	public S3Fixture {
		server.createBucket(bucket);
	}

	public S3Connection connection() {
		return new S3Connection(this.server.endpoint(), S3TestServer.REGION, null, S3TestServer.ACCESS_KEY_ID,
				S3TestServer.SECRET_ACCESS_KEY);
	}

	public S3Client client() {
		return S3Clients.create(connection(), null);
	}

	/** As the real litestream wants it; it takes a port for localhost only. */
	public String realUrl() {
		return "s3://%s.localhost:%d/%s".formatted(this.bucket, this.server.endpoint().getPort(), this.path);
	}

	/** The real litestream with the server's credentials. */
	public RealLitestream real() {
		return RealLitestream.get()
			.with("LITESTREAM_ACCESS_KEY_ID", S3TestServer.ACCESS_KEY_ID)
			.with("LITESTREAM_SECRET_ACCESS_KEY", S3TestServer.SECRET_ACCESS_KEY);
	}

	public V03Replica open(S3ReplicaOptions options) {
		return open(client(), options);
	}

	public V03Replica open(S3Client client, S3ReplicaOptions options) {
		return new V03Replica(new S3Store(client, true, S3Location.of(this.bucket, this.path), options));
	}

}
