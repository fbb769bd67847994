package org.litestream4j.store.s3;

import java.util.Set;
import java.util.stream.Collectors;

import org.junit.jupiter.api.BeforeEach;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;
import org.testcontainers.localstack.LocalStackContainer;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.format.v03.V03ReplicaContract;

/** The contract against LocalStack, a second opinion, wherever there is Docker. */
@Testcontainers(disabledWithoutDocker = true)
class S3LocalStackIT extends V03ReplicaContract {

	@Container
	private static final LocalStackContainer localStack = new LocalStackContainer("localstack/localstack:4.7.0")
		.withServices("s3");

	private static int buckets;

	private String bucket = "";

	@BeforeEach
	void createBucket() {
		this.bucket = "contract-" + ++buckets;
		try (S3Client client = client()) {
			client.createBucket((request) -> request.bucket(this.bucket));
		}
	}

	@Override
	protected V03Replica newReplica() {
		return new V03Replica(
				new S3Store(client(), true, S3Location.of(this.bucket, "team/app"), S3ReplicaOptions.DEFAULTS));
	}

	@Override
	protected Set<String> storedNames() {
		try (S3Client client = client()) {
			return client.listObjectsV2Paginator((request) -> request.bucket(this.bucket))
				.contents()
				.stream()
				.map(S3Object::key)
				.map((key) -> key.substring("team/app/".length()))
				.collect(Collectors.toSet());
		}
	}

	@Override
	protected void putForeign(String name, byte[] content) {
		try (S3Client client = client()) {
			client.putObject((request) -> request.bucket(this.bucket).key("team/app/" + name),
					RequestBody.fromBytes(content));
		}
	}

	private static S3Client client() {
		return S3Clients.create(new S3Connection(localStack.getEndpoint(), localStack.getRegion(), null,
				localStack.getAccessKey(), localStack.getSecretKey()), null);
	}

}
