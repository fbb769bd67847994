package org.litestream4j.cli;

import java.net.URI;

import org.jspecify.annotations.Nullable;

import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.replica.ReplicaUrl;

/** Opens replicas in S3. The only class here that knows of it. */
final class S3Replicas {

	private S3Replicas() {
	}

	static ReplicaClient open(ReplicaUrl.S3 url, @Nullable URI endpoint, @Nullable String region,
			@Nullable Boolean forcePathStyle) {
		throw new IllegalArgumentException("%s: S3 is not supported by this build".formatted(url));
	}

}
