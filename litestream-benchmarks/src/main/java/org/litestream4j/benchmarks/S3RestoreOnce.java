package org.litestream4j.benchmarks;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.litestream4j.LitestreamRestore;
import org.litestream4j.Replica;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreRequest;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoreDefinition;
import org.litestream4j.store.s3.S3StoreProvider;

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
		StoreDefinition definition = new StoreDefinition("s3",
				"s3://%s/%s".formatted(value(values, "bucket"), value(values, "path")),
				Map.of("endpoint", value(values, "endpoint")), (name) -> name, null);
		try (ObjectStore store = new S3StoreProvider().open(definition)) {
			RestoreOptions options = RestoreOptions.DEFAULTS
				.withParallelism(Integer.parseInt(value(values, "parallelism")))
				.withIntegrityCheck(IntegrityCheck.NONE)
				.withoutChecksum();
			new LitestreamRestore("app", List.of(new Replica("s3", store, Replica.Options.DEFAULTS)),
					LitestreamListener.NONE)
				.restore(RestoreRequest.latest(Path.of(value(values, "output"))).withOptions(options));
		}
	}

	private static String value(Map<String, String> values, String name) {
		return Objects.requireNonNull(values.get(name), name);
	}

}
