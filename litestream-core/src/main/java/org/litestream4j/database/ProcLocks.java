package org.litestream4j.database;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
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
			"\\d+:\\s+POSIX\\s+\\S+\\s+(READ|WRITE)\\s+(-?\\d+)\\s+([0-9a-f]+:[0-9a-f]+):(\\d+)\\s+(\\d+)\\s+(\\d+|EOF)");

	private static final Path FILE = Path.of("/proc/locks");

	private final List<Lock> locks;

	private ProcLocks(List<Lock> locks) {
		this.locks = locks;
	}

	/**
	 * Reads them.
	 * @throws IOException if there is such a file and it cannot be read, as when there
	 * are no descriptors left: that no lock was seen then says nothing
	 */
	static ProcLocks read() throws IOException {
		try {
			return parse(Files.readString(FILE, StandardCharsets.US_ASCII));
		}
		catch (NoSuchFileException ex) {
			return new ProcLocks(List.of());
		}
	}

	/** How the kernel writes a device that {@code stat} gives as a number. */
	static String device(long number) {
		long major = (number >>> 8 & 0xfff) | (number >>> 32 & ~0xfffL);
		long minor = (number & 0xff) | (number >>> 12 & ~0xffL & 0xffff_ffffL);
		return "%02x:%02x".formatted(major, minor);
	}

	static ProcLocks parse(String text) {
		List<Lock> locks = new ArrayList<>();
		for (String line : text.lines().toList()) {
			Matcher matcher = LINE.matcher(line.strip());
			if (matcher.matches()) {
				String end = matcher.group(6);
				locks.add(new Lock(Long.parseLong(matcher.group(2)), matcher.group(3), Long.parseLong(matcher.group(4)),
						Long.parseLong(matcher.group(5)), end.equals("EOF") ? Long.MAX_VALUE : Long.parseLong(end)));
			}
		}
		return new ProcLocks(locks);
	}

	/**
	 * On which devices a process holds any lock on a range of bytes, both ends included,
	 * of a file with some inode number.
	 */
	Set<String> devices(long pid, long inode, long first, long last) {
		return this.locks.stream()
			.filter((lock) -> lock.pid == pid && lock.overlaps(inode, first, last))
			.map((lock) -> lock.device)
			.collect(Collectors.toSet());
	}

	/** Whether a process holds any lock on any file. */
	boolean holdsAny(long pid) {
		return this.locks.stream().anyMatch((lock) -> lock.pid == pid);
	}

	/** Which processes hold a lock on a range of bytes, both ends included. */
	Set<Long> holders(long inode, long first, long last) {
		Set<Long> pids = new TreeSet<>();
		this.locks.stream().filter((lock) -> lock.overlaps(inode, first, last)).forEach((lock) -> pids.add(lock.pid));
		return pids;
	}

	private record Lock(long pid, String device, long inode, long first, long last) {

		boolean overlaps(long otherInode, long otherFirst, long otherLast) {
			return this.inode == otherInode && this.first <= otherLast && otherFirst <= this.last;
		}

	}

}
