package org.litestream4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * What a process uses, as Linux tells, up to shortly before its end.
 *
 * @param peakMegabytes largest resident set
 * @param cpuSeconds processor time in user and kernel mode
 */
record ProcessUsage(double peakMegabytes, double cpuSeconds) {

	private static final long PAUSE_NANOS = 20_000_000;

	/** Clock ticks of {@code /proc/<pid>/stat}; the same on every Linux. */
	private static final double TICKS = 100;

	/** Watches a process until it ends. */
	static ProcessUsage watch(Process process) {
		ProcessUsage usage = new ProcessUsage(0, 0);
		while (process.isAlive()) {
			try {
				usage = new ProcessUsage(peak(process.pid()), cpu(process.pid()));
			}
			catch (IOException | RuntimeException ex) {
				// it has just ended
			}
			LockSupport.parkNanos(PAUSE_NANOS);
		}
		return usage;
	}

	/** Processor time of this process. */
	static double ownCpuSeconds() throws IOException {
		return cpu(ProcessHandle.current().pid());
	}

	private static double peak(long pid) throws IOException {
		for (String line : Files.readAllLines(Path.of("/proc/%d/status".formatted(pid)))) {
			if (line.startsWith("VmHWM:")) {
				return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
			}
		}
		throw new IOException("it has ended");
	}

	private static double cpu(long pid) throws IOException {
		String stat = Files.readString(Path.of("/proc/%d/stat".formatted(pid)));
		String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
		return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS;
	}

}
