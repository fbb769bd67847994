package org.litestream4j.store.s3;

import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.format.v03.V03ReplicaContract;
import org.litestream4j.testsupport.s3.S3TestServer;

import static org.assertj.core.api.Assertions.assertThat;

class S3ReplicaContractIT extends V03ReplicaContract {

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

	@AfterEach
	void noPartsAreLeft() {
		assertThat(server.unfinishedUploads(this.fixture.bucket())).isZero();
	}

	@Override
	protected V03Replica newReplica() {
		return this.fixture.open(S3ReplicaOptions.DEFAULTS);
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

}
