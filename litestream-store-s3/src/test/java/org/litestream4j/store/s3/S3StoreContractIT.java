package org.litestream4j.store.s3;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.tck.ObjectStoreContract;
import org.litestream4j.testsupport.s3.S3TestServer;

/** {@link S3Store} as every store has to be. */
class S3StoreContractIT extends ObjectStoreContract {

	@TempDir
	private static Path directory;

	private static S3TestServer server;

	private static int buckets;

	private S3Fixture fixture;

	@BeforeAll
	static void startServer() {
		server = S3TestServer.start(directory);
	}

	@AfterAll
	static void stopServer() {
		server.close();
	}

	@BeforeEach
	void createBucket() {
		this.fixture = new S3Fixture(server, "contract-" + ++buckets, "team/app");
	}

	@Override
	protected ObjectStore newStore() {
		return store(this.fixture.connection(), S3Location.of(this.fixture.bucket(), "team/app"));
	}

	@Override
	protected ObjectStore newFailingStore() {
		return store(new S3Connection(URI.create("http://127.0.0.1:1"), "eu-central-1", true,
				S3TestServer.ACCESS_KEY_ID, S3TestServer.SECRET_ACCESS_KEY), S3Location.of("bucket", "app"));
	}

	/** The store that is tested. */
	ObjectStore store(S3Connection connection, S3Location location) {
		return new S3Store(S3Clients.create(connection, null), true, location, S3ReplicaOptions.DEFAULTS);
	}

	@Override
	protected Set<String> storedNames() {
		return server.keys(this.fixture.bucket())
			.stream()
			.map((key) -> key.substring("team/app/".length()))
			.collect(Collectors.toSet());
	}

	@Override
	protected void putForeign(String name, byte[] content) {
		try (S3Client client = this.fixture.client()) {
			client.putObject((request) -> request.bucket(this.fixture.bucket()).key("team/app/" + name),
					RequestBody.fromBytes(content));
		}
	}

	@Override
	protected List<String> secrets() {
		return List.of(S3TestServer.SECRET_ACCESS_KEY);
	}

}
