package org.litestream4j.boot.autoconfigure;

import software.amazon.awssdk.services.s3.S3Client;

import org.springframework.beans.factory.ObjectProvider;

import org.litestream4j.boot.ReplicaClientFactory;
import org.litestream4j.boot.ReplicaDefinition;
import org.litestream4j.replica.ReplicaClient;

/**
 * Replicas in S3, through the application's own client unless the replica says otherwise.
 */
class S3ReplicaClientFactory implements ReplicaClientFactory {

	private final ObjectProvider<S3Client> client;

	S3ReplicaClientFactory(ObjectProvider<S3Client> client) {
		this.client = client;
	}

	@Override
	public boolean supports(String type) {
		return type.equals("s3");
	}

	/** TO BE FINISHED when S3ReplicaClient is here. */
	@Override
	public ReplicaClient create(ReplicaDefinition definition) {
		throw new IllegalArgumentException("S3 is not supported yet (%s)".formatted(this.client.getIfAvailable()));
	}

}
