package org.litestream4j.benchmarks;

import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.litestream4j.LitestreamRestore;
import org.litestream4j.Replica;
import org.litestream4j.RestoreRequest;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replica.S3Clients;
import org.litestream4j.replica.S3Connection;
import org.litestream4j.replica.S3Location;
import org.litestream4j.replica.S3ReplicaClient;
import org.litestream4j.replica.S3ReplicaOptions;
import org.litestream4j.restore.RestoreOptions;
import org.litestream4j.restore.RestoreOptions.IntegrityCheck;
import org.litestream4j.restore.RestoreProgress;
import org.litestream4j.restore.RestoreTarget;

/**
 * One restore from S3 in a process of its own. The real litestream checks nothing and
 * reports no checksum.
 */
final class S3RestoreOnce {

	private S3RestoreOnce() {
	}

	static void run(String[] arguments) throws Exception {
		Map<String, String> values = new HashMap<>();
		for (String argument : arguments) {
			values.put(argument.substring(0, argument.indexOf('=')), argument.substring(argument.indexOf('=') + 1));
		}
		S3Connection connection = new S3Connection(URI.create(value(values, "endpoint")), null, null, null, null);
		try (S3ReplicaClient client = new S3ReplicaClient(S3Clients.create(connection, null), true,
				S3Location.of(value(values, "bucket"), value(values, "path")), S3ReplicaOptions.DEFAULTS)) {
			RestoreOptions options = new RestoreOptions(Integer.parseInt(value(values, "parallelism")),
					IntegrityCheck.NONE, false);
			new LitestreamRestore("app", List.of(new Replica("s3", client, Replica.Options.DEFAULTS)),
					LitestreamListener.NONE)
				.restore(new RestoreRequest(Path.of(value(values, "output")), null, RestoreTarget.LATEST, options),
						RestoreProgress.NONE);
		}
	}

	private static String value(Map<String, String> values, String name) {
		return Objects.requireNonNull(values.get(name), name);
	}

}
