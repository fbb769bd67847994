package org.litestream4j.benchmarks.workload;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.HashMap;
import java.util.Map;

/**
 * Processor time of the engine's threads in this process, which all bear its name.
 */
final class EngineThreads {

	private final Map<Long, Long> before;

	private EngineThreads(Map<Long, Long> before) {
		this.before = before;
	}

	static EngineThreads now() {
		return new EngineThreads(nanos());
	}

	/** What they have used since. */
	double secondsSince() {
		long sum = 0;
		for (Map.Entry<Long, Long> entry : nanos().entrySet()) {
			sum += entry.getValue() - this.before.getOrDefault(entry.getKey(), 0L);
		}
		return sum / 1e9;
	}

	private static Map<Long, Long> nanos() {
		ThreadMXBean threads = ManagementFactory.getThreadMXBean();
		Map<Long, Long> nanos = new HashMap<>();
		for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
			if (thread != null && thread.getThreadName().startsWith("litestream")) {
				nanos.put(thread.getThreadId(), Math.max(threads.getThreadCpuTime(thread.getThreadId()), 0));
			}
		}
		return nanos;
	}

}
