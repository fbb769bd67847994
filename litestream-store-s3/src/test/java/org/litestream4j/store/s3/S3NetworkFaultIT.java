package org.litestream4j.store.s3;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.LegacyMd5Plugin;
import software.amazon.awssdk.services.s3.S3Client;

import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.tck.NetworkFaultContract;
import org.litestream4j.testsupport.s3.S3TestServer;

/** {@link S3Store} on a network that breaks, stalls and comes back. */
class S3NetworkFaultIT extends NetworkFaultContract {

	@TempDir
	private static Path directory;

	private static S3TestServer server;

	private static int buckets;

	private static final Set<String> created = new HashSet<>();

	private final String bucket = "faults-" + ++buckets;

	@BeforeAll
	static void startServer() {
		server = S3TestServer.start(directory);
	}

	@AfterAll
	static void stopServer() {
		server.close();
	}

	/** Asked for once, before there is a store. */
	@Override
	protected InetSocketAddress server() {
		if (created.add(this.bucket)) {
			server.createBucket(this.bucket);
		}
		return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.endpoint().getPort());
	}

	@Override
	protected ObjectStore newStore(InetSocketAddress address, Duration timeout) {
		S3Client client = S3Client.builder()
			.endpointOverride(URI.create("http://127.0.0.1:" + address.getPort()))
			.forcePathStyle(true)
			.region(Region.of(S3TestServer.REGION))
			.credentialsProvider(StaticCredentialsProvider
				.create(AwsBasicCredentials.create(S3TestServer.ACCESS_KEY_ID, S3TestServer.SECRET_ACCESS_KEY)))
			.requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
			.overrideConfiguration(
					(limits) -> limits.apiCallAttemptTimeout(timeout).apiCallTimeout(timeout.multipliedBy(2)))
			.addPlugin(LegacyMd5Plugin.create())
			.build();
		return new S3Store(client, true, S3Location.of(this.bucket, "app"), S3ReplicaOptions.DEFAULTS);
	}

	@Override
	protected Set<String> storedNames() {
		return server.keys(this.bucket)
			.stream()
			.map((key) -> key.substring("app/".length()))
			.collect(Collectors.toSet());
	}

	@Override
	protected List<String> secrets() {
		return List.of(S3TestServer.SECRET_ACCESS_KEY);
	}

}
