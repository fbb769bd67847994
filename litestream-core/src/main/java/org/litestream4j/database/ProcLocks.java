package org.litestream4j.database;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The POSIX locks that the kernel knows of, from {@code /proc/locks}. Empty where there
 * is no such file.
 */
final class ProcLocks {

	/*-
	 * 1: POSIX  ADVISORY  READ 4711 fe:00:131090 1073741826 1073742335
	 *
	 * Ranges are inclusive; adjacent ranges of one process are merged; EOF may stand at
	 * the end.
	 */
	private static final Pattern LINE = Pattern.compile(
			"\\d+:\\s+POSIX\\s+\\S+\\s+(READ|WRITE)\\s+(-?\\d+)\\s+[0-9a-f]+:[0-9a-f]+:(\\d+)\\s+(\\d+)\\s+(\\d+|EOF)");

	private static final Path FILE = Path.of("/proc/locks");

	private final List<Lock> locks;

	private ProcLocks(List<Lock> locks) {
		this.locks = locks;
	}

	static ProcLocks read() {
		try {
			return parse(Files.readString(FILE, StandardCharsets.US_ASCII));
		}
		catch (IOException ex) {
			return new ProcLocks(List.of());
		}
	}

	static ProcLocks parse(String text) {
		List<Lock> locks = new ArrayList<>();
		for (String line : text.lines().toList()) {
			Matcher matcher = LINE.matcher(line.strip());
			if (matcher.matches()) {
				String end = matcher.group(5);
				locks.add(new Lock(Long.parseLong(matcher.group(2)), Long.parseLong(matcher.group(3)),
						Long.parseLong(matcher.group(4)), end.equals("EOF") ? Long.MAX_VALUE : Long.parseLong(end)));
			}
		}
		return new ProcLocks(locks);
	}

	/** Whether a process holds any lock on a range of bytes, both ends included. */
	boolean holds(long pid, long inode, long first, long last) {
		return this.locks.stream().anyMatch((lock) -> lock.pid == pid && lock.overlaps(inode, first, last));
	}

	/** Which processes hold a lock on a range of bytes, both ends included. */
	Set<Long> holders(long inode, long first, long last) {
		Set<Long> pids = new TreeSet<>();
		this.locks.stream().filter((lock) -> lock.overlaps(inode, first, last)).forEach((lock) -> pids.add(lock.pid));
		return pids;
	}

	private record Lock(long pid, long inode, long first, long last) {

		boolean overlaps(long otherInode, long otherFirst, long otherLast) {
			return this.inode == otherInode && this.first <= otherLast && otherFirst <= this.last;
		}

	}

}
