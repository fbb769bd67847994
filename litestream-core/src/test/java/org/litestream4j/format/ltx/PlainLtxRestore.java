package org.litestream4j.format.ltx;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.litestream4j.sqlite.WalFrame;
import org.litestream4j.testing.TestDatabase;

/**
 * Restores a directory replica in the plainest way: file by file, each over the state
 * before, those of the lowest levels first. Fails where one is damaged.
 */
public final class PlainLtxRestore {

	private record Stored(Path path, int level, long min, long max) {
	}

	private PlainLtxRestore() {
	}

	/** Restores the newest state that can be reached; false if there is none. */
	public static boolean newest(Path replica, Path output) throws IOException {
		List<Stored> files = files(replica);
		Map<Integer, byte[]> pages = new TreeMap<>();
		LtxHeader last = null;
		long reached = 0;
		while (true) {
			long from = reached;
			Stored next = files.stream()
				.filter((file) -> file.min() <= from + 1 && file.max() > from)
				.min(Comparator.comparingInt(Stored::level))
				.orElse(null);
			if (next == null) {
				break;
			}
			last = apply(next, pages);
			reached = next.max();
		}
		if (last == null) {
			return false;
		}
		try (OutputStream out = Files.newOutputStream(output)) {
			byte[] none = new byte[last.pageSize()];
			for (int page = 1; page <= last.pages(); page++) {
				out.write(pages.getOrDefault(page, none));
			}
		}
		return true;
	}

	/** The entry with which the newest state ends; empty if there is none. */
	public static Optional<Integer> entriesIn(Path replica, Path scratch) throws IOException, SQLException {
		Path restored = scratch.resolve("plain-ltx.db");
		Files.deleteIfExists(restored);
		return newest(replica, restored) ? Optional.of(TestDatabase.entriesIn(restored)) : Optional.empty();
	}

	/**
	 * The transactions with which the log began anew, as their files hold the whole
	 * database and more pages than their WAL has frames.
	 * @throws IOException if a file is damaged
	 */
	public static List<Long> beginnings(Path replica) throws IOException {
		List<Long> found = new ArrayList<>();
		for (Stored file : files(replica)) {
			if (file.level() == 0) {
				Map<Integer, byte[]> pages = new TreeMap<>();
				LtxHeader header = apply(file, pages);
				long frames = header.walSize() / (header.pageSize() + WalFrame.HEADER_SIZE);
				if (header.pages() > 0 && pages.size() == header.pages() && pages.size() > frames) {
					found.add(file.min());
				}
			}
		}
		found.sort(null);
		return found;
	}

	/**
	 * The transactions of level 0, in order.
	 */
	public static List<Long> singles(Path replica) throws IOException {
		return files(replica).stream().filter((file) -> file.level() == 0).map(Stored::min).sorted().toList();
	}

	/**
	 * Where transactions of level 0 do not follow each other, a sentence each. Behind a
	 * fence that stays they need not, if files of higher levels hold all in between.
	 * @throws IOException if a file is damaged
	 */
	public static List<String> gaps(Path replica) throws IOException {
		List<Stored> files = files(replica);
		files.sort(Comparator.comparingLong(Stored::min));
		List<Stored> singles = files.stream().filter((file) -> file.level() == 0).toList();
		List<String> gaps = new ArrayList<>();
		for (int i = 1; i < singles.size(); i++) {
			Stored before = singles.get(i - 1);
			long next = singles.get(i).min();
			if (next != before.max() + 1 && !(isFence(before) && isCompacted(files, before.max() + 1, next - 1))) {
				gaps.add("after transaction %d comes %d".formatted(before.max(), next));
			}
		}
		return gaps;
	}

	private static boolean isFence(Stored file) throws IOException {
		Map<Integer, byte[]> pages = new TreeMap<>();
		apply(file, pages);
		return pages.isEmpty();
	}

	/** Whether a chain of files of higher levels leads over some transactions. */
	private static boolean isCompacted(List<Stored> files, long first, long last) {
		long reached = first - 1;
		for (Stored file : files) {
			if (file.level() > 0 && file.min() <= reached + 1) {
				reached = Math.max(reached, file.max());
			}
		}
		return reached >= last;
	}

	private static List<Stored> files(Path replica) throws IOException {
		List<Stored> files = new ArrayList<>();
		for (int level = 0; level <= 9; level++) {
			Path directory = replica.resolve("ltx/" + level);
			if (Files.isDirectory(directory)) {
				try (Stream<Path> found = Files.list(directory)) {
					for (Path path : found.filter((each) -> each.toString().endsWith(".ltx")).toList()) {
						String name = path.getFileName().toString();
						files.add(new Stored(path, level, Long.parseLong(name.substring(0, 16), 16),
								Long.parseLong(name.substring(17, 33), 16)));
					}
				}
			}
		}
		return files;
	}

	private static LtxHeader apply(Stored file, Map<Integer, byte[]> pages) throws IOException {
		try (LtxReader reader = new LtxReader(new BufferedInputStream(Files.newInputStream(file.path())))) {
			LtxHeader header = reader.header();
			byte[] page = new byte[header.pageSize()];
			for (int number = reader.next(page); number != 0; number = reader.next(page)) {
				pages.put(number, page.clone());
			}
			pages.keySet().removeIf((number) -> number > header.pages());
			return header;
		}
		catch (LtxDamagedException ex) {
			throw new IOException(file.path() + ": " + ex.getMessage(), ex);
		}
	}

}
