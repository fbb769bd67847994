package org.litestream4j.database;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * The POSIX locks that the kernel knows of, from {@code /proc/locks}. Empty where there
 * is no such file. One reading serves all databases of the process, as it lists the locks
 * of the whole system: to read it for each would take time that grows with the square of
 * their number.
 */
final class ProcLocks {

	/*-
	 * 1: POSIX  ADVISORY  READ 4711 fe:00:131090 1073741826 1073742335
	 *
	 * Ranges are inclusive; adjacent ranges of one process are merged; EOF may stand at
	 * the end. A second word "->" is somebody who waits.
	 */

	private static final Path FILE = Path.of("/proc/locks");

	private static final Object READING = new Object();

	@Nullable private static volatile Reading newest;

	/** Whether a thread reads; guarded by {@link #READING}. */
	private static boolean reading;

	private final Map<Long, List<Lock>> locks;

	/** A reading, and when it began, by {@link System#nanoTime()}. */
	private record Reading(ProcLocks locks, long begun) {
	}

	private ProcLocks(Map<Long, List<Lock>> locks) {
		this.locks = locks;
	}

	/**
	 * Reads them. What the caller has done before is seen.
	 * @throws IOException if there is such a file and it cannot be read, as when there
	 * are no descriptors left: that no lock was seen then says nothing
	 */
	static ProcLocks read() throws IOException {
		return since(System.nanoTime());
	}

	/**
	 * As they were not longer ago than that. What the caller has just done may not be
	 * seen.
	 * @param age in nanoseconds
	 * @throws IOException as {@link #read()}
	 */
	static ProcLocks recent(long age) throws IOException {
		return since(System.nanoTime() - age);
	}

	/**
	 * From a reading that began then or later, whoever has made it. One thread reads at a
	 * time, and holds nothing meanwhile: all whom a reading serves go on as soon as it is
	 * there, and do not queue behind the next one.
	 */
	private static ProcLocks since(long earliest) throws IOException {
		Reading known = newest;
		if (known == null || known.begun - earliest < 0) {
			known = awaitReading(earliest);
		}
		return (known != null) ? known.locks : readForAll();
	}

	/** Null if it is this thread's turn to read. */
	@Nullable private static Reading awaitReading(long earliest) {
		boolean interrupted = false;
		try {
			synchronized (READING) {
				while (true) {
					Reading known = newest;
					if (known != null && known.begun - earliest >= 0) {
						return known;
					}
					if (!reading) {
						reading = true;
						return null;
					}
					try {
						READING.wait();
					}
					catch (InterruptedException ex) {
						interrupted = true; // a reading is short
					}
				}
			}
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	private static ProcLocks readForAll() throws IOException {
		Reading made = null;
		try {
			long begun = System.nanoTime();
			made = new Reading(readFile(), begun);
			return made.locks;
		}
		finally {
			synchronized (READING) {
				if (made != null) {
					newest = made;
				}
				reading = false;
				// Also if it failed: the next one reads itself
				READING.notifyAll();
			}
		}
	}

	private static ProcLocks readFile() throws IOException {
		try {
			return parse(Files.readAllBytes(FILE));
		}
		catch (NoSuchFileException ex) {
			return new ProcLocks(Map.of());
		}
	}

	/** How the kernel writes a device that {@code stat} gives as a number. */
	static String device(long number) {
		long major = (number >>> 8 & 0xfff) | (number >>> 32 & ~0xfffL);
		long minor = (number & 0xff) | (number >>> 12 & ~0xffL & 0xffff_ffffL);
		return "%02x:%02x".formatted(major, minor);
	}

	static ProcLocks parse(String text) {
		return parse(text.getBytes(StandardCharsets.US_ASCII));
	}

	private static ProcLocks parse(byte[] text) {
		Map<Long, List<Lock>> locks = new HashMap<>();
		Words words = new Words(text);
		while (words.nextLine()) {
			Lock lock = words.lock();
			if (lock != null) {
				locks.computeIfAbsent(lock.inode, (inode) -> new ArrayList<>(4)).add(lock);
			}
		}
		return new ProcLocks(locks);
	}

	/**
	 * On which devices a process holds any lock on a range of bytes, both ends included,
	 * of a file with some inode number.
	 */
	Set<String> devices(long pid, long inode, long first, long last) {
		return of(inode).stream()
			.filter((lock) -> lock.pid == pid && lock.overlaps(first, last))
			.map((lock) -> lock.device)
			.collect(Collectors.toSet());
	}

	/** Whether a process holds any lock on any file. */
	boolean holdsAny(long pid) {
		return this.locks.values().stream().flatMap(List::stream).anyMatch((lock) -> lock.pid == pid);
	}

	/** Whether a process holds a lock on a range of bytes of a file on some device. */
	boolean holds(long pid, String device, long inode, long first, long last) {
		for (Lock lock : of(inode)) {
			if (lock.pid == pid && lock.device.equals(device) && lock.overlaps(first, last)) {
				return true;
			}
		}
		return false;
	}

	/** Which processes hold a lock on a range of bytes, both ends included. */
	Set<Long> holders(long inode, long first, long last) {
		Set<Long> pids = new TreeSet<>();
		of(inode).stream().filter((lock) -> lock.overlaps(first, last)).forEach((lock) -> pids.add(lock.pid));
		return pids;
	}

	/** Whether any process holds a lock on a range of bytes, both ends included. */
	boolean isHeld(long inode, long first, long last) {
		for (Lock lock : of(inode)) {
			if (lock.overlaps(first, last)) {
				return true;
			}
		}
		return false;
	}

	private List<Lock> of(long inode) {
		return this.locks.getOrDefault(inode, List.of());
	}

	private record Lock(long pid, String device, long inode, long first, long last) {

		boolean overlaps(long otherFirst, long otherLast) {
			return this.first <= otherLast && otherFirst <= this.last;
		}

	}

	/**
	 * The words of each line. Thousands of lines are read each second, so no line and no
	 * word becomes an object that need not.
	 */
	private static final class Words {

		private final byte[] text;

		private int position;

		private int lineEnd = -1;

		private int from;

		private int to;

		/** Of the lock before, as most are the same. */
		private String device = "";

		Words(byte[] text) {
			this.text = text;
		}

		boolean nextLine() {
			this.position = this.lineEnd + 1;
			if (this.position >= this.text.length) {
				return false;
			}
			this.lineEnd = this.position;
			while (this.lineEnd < this.text.length && this.text[this.lineEnd] != '\n') {
				this.lineEnd++;
			}
			return true;
		}

		/** What the line says; null if that is no lock of the kind that is looked for. */
		@Nullable Lock lock() {
			next();
			if (!next("POSIX")) {
				return null;
			}
			next();
			if (!next("READ") && !is("WRITE")) {
				return null;
			}
			try {
				next();
				long pid = number(this.from, this.to);
				next();
				int colon = this.to - 1;
				while (colon > this.from && this.text[colon] != ':') {
					colon--;
				}
				String on = device(this.from, colon);
				long inode = number(colon + 1, this.to);
				next();
				long first = number(this.from, this.to);
				long last = next("EOF") ? Long.MAX_VALUE : number(this.from, this.to);
				return new Lock(pid, on, inode, first, last);
			}
			catch (NumberFormatException ex) {
				return null;
			}
		}

		private void next() {
			while (this.position < this.lineEnd && this.text[this.position] == ' ') {
				this.position++;
			}
			this.from = this.position;
			while (this.position < this.lineEnd && this.text[this.position] != ' ') {
				this.position++;
			}
			this.to = this.position;
		}

		private boolean next(String word) {
			next();
			return is(word);
		}

		private boolean is(String word) {
			return equals(word, this.from, this.to);
		}

		private boolean equals(String word, int start, int end) {
			if (end - start != word.length()) {
				return false;
			}
			for (int i = 0; i < word.length(); i++) {
				if (this.text[start + i] != word.charAt(i)) {
					return false;
				}
			}
			return true;
		}

		private String device(int start, int end) {
			if (!equals(this.device, start, end)) {
				this.device = new String(this.text, start, end - start, StandardCharsets.US_ASCII);
			}
			return this.device;
		}

		private long number(int start, int end) {
			boolean negative = start < end && this.text[start] == '-';
			long number = 0;
			int digits = negative ? start + 1 : start;
			if (digits >= end || end - digits > 19) {
				throw new NumberFormatException();
			}
			for (int i = digits; i < end; i++) {
				int digit = this.text[i] - '0';
				if (digit < 0 || digit > 9) {
					throw new NumberFormatException();
				}
				number = number * 10 + digit;
			}
			return negative ? -number : number;
		}

	}

}
