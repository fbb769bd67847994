package org.litestream4j.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.RestoreRequest;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.RestoreProgress;

/**
 * Replicates, restores and validates a large database. Run it with {@code -Xmx128m}.
 */
final class MemoryBenchmark {

	private final Settings settings;

	MemoryBenchmark(Settings settings) {
		this.settings = settings;
	}

	void run() throws Exception {
		try (Workplace place = Workplace.in(this.settings.directory())) {
			place.fill(this.settings.megabytes());
			long before = usedAfterCollection();
			try (LitestreamDatabase litestream = place.replicate()) {
				litestream.sync(Workplace.PATIENCE);
				System.out.println("replicated: " + litestream.status().position());
				report("replicated", before);
				System.out.println("validated: " + litestream.validate(null));
				report("validated", before);
			}
			Path output = place.folder().resolve("restored.db");
			System.out.println("restored: "
					+ new LitestreamRestore("app", List.of(place.replicaOptions()), LitestreamListener.NONE)
						.restore(RestoreRequest.latest(output), RestoreProgress.NONE));
			report("restored", before);
			System.out.printf("database %d MB, heap limit %d MB%n", Files.size(place.database()) >> 20,
					Runtime.getRuntime().maxMemory() >> 20);
		}
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
