package org.litestream4j.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.Replica;
import org.litestream4j.RestoreRequest;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoreDefinition;
import org.litestream4j.store.sftp.SftpStoreProvider;

/**
 * What a replica costs that is reached by SFTP, on any server: the first snapshot, the
 * time from a commit until it is stored, a restore.
 */
final class SftpBenchmark {

	private static final int COMMITS = 200;

	private SftpBenchmark() {
	}

	/**
	 * Runs it.
	 * @param arguments the url of a directory that is empty or missing, and properties as
	 * {@code name=value}; {@code megabytes} is how large the database is to be
	 */
	static void run(String[] arguments) throws Exception {
		Map<String, String> properties = new HashMap<>();
		for (String argument : Arrays.asList(arguments).subList(1, arguments.length)) {
			String[] pair = argument.split("=", 2);
			properties.put(pair[0], pair[1]);
		}
		int megabytes = Integer.parseInt(properties.getOrDefault("megabytes", "200"));
		properties.remove("megabytes");
		try (Workplace place = Workplace.in(Files.createTempDirectory("sftp-benchmark"))) {
			place.fill(megabytes);
			replicate(place, arguments[0], properties, megabytes);
			restore(place, arguments[0], properties, megabytes);
		}
	}

	private static void replicate(Workplace place, String url, Map<String, String> properties, int megabytes)
			throws Exception {
		long begun = System.nanoTime();
		try (LitestreamDatabase replicated = LitestreamDatabase.start(LitestreamOptions.of(place.database()),
				replicas(open(url, properties)), LitestreamListener.NONE); Connection connection = place.connect(0)) {
			replicated.sync(Workplace.PATIENCE);
			print("first snapshot", begun, megabytes);
			double[] lags = new double[COMMITS];
			for (int i = 0; i < COMMITS; i++) {
				Workplace.execute(connection, "UPDATE t SET v = randomblob(980) WHERE id = " + (1 + i));
				long committed = System.nanoTime();
				replicated.sync(Workplace.PATIENCE);
				lags[i] = (System.nanoTime() - committed) / 1e6;
			}
			Arrays.sort(lags);
			System.out.printf(Locale.ROOT, "commit until stored: p50 %.1f ms, p99 %.1f ms%n", lags[COMMITS / 2],
					lags[COMMITS * 99 / 100]);
		}
	}

	private static void restore(Workplace place, String url, Map<String, String> properties, int megabytes)
			throws Exception {
		Path output = place.directory().resolve("restored.db");
		long begun = System.nanoTime();
		try (ObjectStore store = open(url, properties)) {
			new LitestreamRestore("app", replicas(store), LitestreamListener.NONE)
				.restore(RestoreRequest.latest(output));
		}
		print("restore", begun, megabytes);
	}

	private static void print(String what, long begun, int megabytes) {
		double seconds = (System.nanoTime() - begun) / 1e9;
		System.out.printf(Locale.ROOT, "%s: %.2f s, %.0f MB/s%n", what, seconds, megabytes / seconds);
	}

	private static List<Replica> replicas(ObjectStore store) {
		return List.of(new Replica("sftp", store, Replica.Options.DEFAULTS));
	}

	private static ObjectStore open(String url, Map<String, String> properties) {
		return new SftpStoreProvider().open(new StoreDefinition("sftp", url, properties, (name) -> name, null));
	}

}
