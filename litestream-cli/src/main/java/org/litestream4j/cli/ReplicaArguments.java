package org.litestream4j.cli;

import java.net.URI;
import java.net.URISyntaxException;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

import org.litestream4j.io.SystemDisk;
import org.litestream4j.replica.FileReplicaClient;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.replica.ReplicaUrl;

/**
 * Which replica, and how to reach it. There is no option for credentials, as other users
 * of the machine see command lines.
 */
final class ReplicaArguments {

	@Parameters(index = "0", paramLabel = "REPLICA_URL",
			description = { "Where the replica is: file:///directory or s3://bucket/prefix.",
					"Credentials for S3 are read from LITESTREAM_ACCESS_KEY_ID and LITESTREAM_SECRET_ACCESS_KEY,"
							+ " else where the AWS SDK looks: environment, profile, role." })
	private String url = "";

	@Option(names = "-endpoint", paramLabel = "URL",
			description = "Address of an S3 store that is not AWS, for example https://s3.example.com.")
	private @Nullable String endpoint;

	@Option(names = "-region", paramLabel = "NAME", description = "S3 region.")
	private @Nullable String region;

	@Option(names = "-force-path-style", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
			description = "Put the bucket into the path, not the host name. Default: true unless the endpoint is AWS.")
	private @Nullable Boolean forcePathStyle;

	/** Opens the replica, which the caller closes. Does no I/O. */
	ReplicaClient open(CommonOptions common) {
		try {
			ReplicaUrl parsed = ReplicaUrl.parse(this.url);
			if (parsed instanceof ReplicaUrl.S3 s3) {
				return S3Replicas.open(s3, endpoint(), this.region, this.forcePathStyle);
			}
			requireNoS3Options();
			return new FileReplicaClient(((ReplicaUrl.File) parsed).directory(), SystemDisk.ownerOnly());
		}
		catch (IllegalArgumentException ex) {
			throw new ParameterException(common.spec().commandLine(), String.valueOf(ex.getMessage()), ex);
		}
	}

	private @Nullable URI endpoint() {
		try {
			return (this.endpoint != null) ? new URI(this.endpoint) : null;
		}
		catch (URISyntaxException ex) {
			throw new IllegalArgumentException(
					"-endpoint is no web address: one such as https://s3.example.com is expected", ex);
		}
	}

	private void requireNoS3Options() {
		if (this.endpoint != null || this.region != null || this.forcePathStyle != null) {
			throw new IllegalArgumentException(
					"-endpoint, -region and -force-path-style are for s3 urls: leave them out for a file url");
		}
	}

}
