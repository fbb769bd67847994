package org.litestream4j.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.Replica;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreRequest;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.s3.S3Clients;
import org.litestream4j.store.s3.S3Connection;
import org.litestream4j.store.s3.S3Location;
import org.litestream4j.store.s3.S3ReplicaOptions;
import org.litestream4j.store.s3.S3Store;
import org.litestream4j.testsupport.s3.S3TestServer;

/**
 * Replicates, restores and validates a large database. Run it with {@code -Xmx128m}.
 */
final class MemoryBenchmark {

	private final Settings settings;

	MemoryBenchmark(Settings settings) {
		this.settings = settings;
	}

	/** With a replica in a directory. */
	void run() throws Exception {
		try (Workplace place = Workplace.in(this.settings.directory())) {
			run(place, place::replicaOptions);
		}
	}

	/** With a replica in S3, whose server is another process. */
	void runWithS3() throws Exception {
		try (Workplace place = Workplace.in(this.settings.directory());
				S3ServerProcess server = S3ServerProcess.start(place.directory().resolve("s3"))) {
			S3Connection connection = new S3Connection(server.endpoint(), null, null, S3TestServer.ACCESS_KEY_ID,
					S3TestServer.SECRET_ACCESS_KEY);
			run(place,
					() -> new Replica("s3",
							new S3Store(S3Clients.create(connection, null), true,
									S3Location.of(S3ServerProcess.BUCKET, "app"), S3ReplicaOptions.DEFAULTS),
							Replica.Options.DEFAULTS));
		}
	}

	private void run(Workplace place, Supplier<Replica> replica) throws Exception {
		place.fill(this.settings.megabytes());
		long before = usedAfterCollection();
		try (LitestreamDatabase litestream = LitestreamDatabase.start(LitestreamOptions.of(place.database()),
				List.of(replica.get()), LitestreamListener.NONE)) {
			litestream.sync(Workplace.PATIENCE);
			System.out.println("replicated: " + litestream.status().position());
			report("replicated", before);
			System.out.println("validated: " + litestream.validate());
			report("validated", before);
		}
		Path output = place.directory().resolve("restored.db");
		System.out.println("restored: " + new LitestreamRestore("app", List.of(replica.get()), LitestreamListener.NONE)
			.restore(RestoreRequest.latest(output), RestoreProgress.NONE));
		report("restored", before);
		System.out.printf("database %d MB, heap limit %d MB%n", Files.size(place.database()) >> 20,
				Runtime.getRuntime().maxMemory() >> 20);
	}

	private static long usedAfterCollection() {
		System.gc();
		return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
	}

	private static void report(String what, long before) {
		long peak = 0;
		for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
			if (pool.getType() == MemoryType.HEAP) {
				peak += pool.getPeakUsage().getUsed();
			}
		}
		System.out.printf("%s: heap after collection %+.1f MB, sum of pools' peaks %.1f MB%n", what,
				(usedAfterCollection() - before) / 1e6, peak / 1e6);
	}

}
