package org.litestream4j.benchmarks.workload;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a process has used so far, as Linux counts.
 *
 * @param cpuSeconds processor time in user and kernel mode
 * @param writtenMegabytes what it caused to be written to disks, but for what was deleted
 * before that
 */
record ProcessCounters(double cpuSeconds, double writtenMegabytes) {

	/** Clock ticks of {@code /proc/<pid>/stat}; the same on every Linux. */
	private static final double TICKS = 100;

	static ProcessCounters of(long pid) throws IOException {
		String stat = Files.readString(Path.of("/proc/%d/stat".formatted(pid)));
		String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
		double cpu = (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS;
		long written = 0;
		for (String line : Files.readAllLines(Path.of("/proc/%d/io".formatted(pid)))) {
			if (line.startsWith("write_bytes:")) {
				written = Long.parseLong(line.substring(line.indexOf(' ') + 1));
			}
		}
		return new ProcessCounters(cpu, written / 1e6);
	}

	ProcessCounters minus(ProcessCounters before) {
		return new ProcessCounters(this.cpuSeconds - before.cpuSeconds,
				this.writtenMegabytes - before.writtenMegabytes);
	}

}
