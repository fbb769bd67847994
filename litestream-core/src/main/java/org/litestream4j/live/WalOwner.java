package org.litestream4j.live;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import net.jpountz.xxhash.XXHash64;
import net.jpountz.xxhash.XXHashFactory;
import org.jspecify.annotations.Nullable;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.FileId;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.AtomicFile;
import org.litestream4j.io.Disk;
import org.litestream4j.io.StateFile;
import org.litestream4j.sqlite.CorruptWalException;
import org.litestream4j.sqlite.WalFrame;
import org.litestream4j.sqlite.WalHeader;
import org.litestream4j.sqlite.WalReader;

/**
 * Refuses a start on a database file that the WAL beside it does not belong to, as when
 * the file was replaced by another copy while the application was down. SQLite does not
 * look: it lays the WAL over whatever file is there. So this comes before SQLite opens
 * anything.
 * <p>
 * Where everything up to a position was in the database file once, each page of the WAL
 * up to there must be in it now, as it was then or as a later frame has it. Where no
 * position is known, both files must be those that were open last, or neither.
 */
final class WalOwner {

	/*- One line in <meta directory>/files: inodes of the database and its WAL, in hexadecimal */

	private static final Pattern POSITION = Pattern.compile("([0-9a-f]{16})_([0-7][0-9a-f]{7})_([0-9a-f]{8}) .*",
			Pattern.DOTALL);

	/** Another process may checkpoint what was committed after it was read here. */
	private static final int ATTEMPTS = 5;

	private static final long PAUSE_NANOS = 50_000_000;

	private final Disk disk;

	private final Path metaDirectory;

	private final ShadowFiles shadow;

	WalOwner(Disk disk, Path metaDirectory) {
		this.disk = disk;
		this.metaDirectory = metaDirectory;
		this.shadow = new ShadowFiles(disk, metaDirectory);
	}

	private Path filesNote() {
		return this.metaDirectory.resolve("files");
	}

	/** Notes which files are open. */
	void note(DatabaseFile database) throws IOException {
		String line = describe(database.path(), database.walPath());
		if (!line.equals(StateFile.read(filesNote()))) {
			AtomicFile.write(this.disk, filesNote(), line.getBytes(StandardCharsets.US_ASCII));
		}
	}

	private static String describe(Path database, Path wal) throws IOException {
		return "%x %x".formatted(inode(database), inode(wal));
	}

	private static long inode(Path path) throws IOException {
		return FileId.of(path).map(FileId::inode).orElse(0L);
	}

	/**
	 * Requires that a WAL, if there is one, may be laid over the database file.
	 * @param path the database
	 */
	void require(Path path) throws IOException {
		if (!Files.exists(path) || Files.size(path) == 0) {
			return;
		}
		Path real = path.toRealPath();
		Path wal = real.resolveSibling(real.getFileName() + "-wal");
		Generation generation = this.shadow.readGeneration();
		if (generation == null || !Files.exists(wal) || Files.size(wal) <= WalHeader.SIZE) {
			return;
		}
		DatabaseFile database = DatabaseFile.of(real);
		WalPosition position = backfilled(generation, database);
		if (position == null || !isNewest(position) || !isCopyOf(wal, position)
				|| !requirePages(database, wal, position)) {
			requireSameFiles(real, wal, generation);
		}
	}

	/**
	 * Up to where everything was in the database; null if that is not known, or if the
	 * file was not touched since, so that there is nothing to compare.
	 */
	@Nullable private WalPosition backfilled(Generation generation, DatabaseFile database) throws IOException {
		String noted = this.shadow.readBackfilled(generation);
		Matcher matcher = POSITION.matcher(noted);
		if (!matcher.matches() || !matcher.group(1).equals(generation.name())) {
			return null;
		}
		WalPosition named = new WalPosition(generation, Integer.parseInt(matcher.group(2), 16),
				Long.parseLong(matcher.group(3), 16));
		long index = this.shadow.state().numbering().index(named.index());
		boolean untouched = noted.equals(RestartProof.describe(named, database.stamp()));
		return (untouched || index > Integer.MAX_VALUE) ? null
				: new WalPosition(generation, (int) index, named.offset());
	}

	/**
	 * Whether no later index was copied. Else a WAL of the position's index is not what
	 * was left here: it was put here later, with the database that it belongs to, as when
	 * older copies of both are put back. Nothing is wrong then that a new generation does
	 * not mend, and without that WAL commits would be lost.
	 */
	private boolean isNewest(WalPosition position) throws IOException {
		Map.Entry<Integer, Long> newest = this.shadow.sizes(position.generation()).lastEntry();
		return newest == null || newest.getKey() <= position.index();
	}

	/** Whether the WAL is the one that was copied as the position's index. */
	private boolean isCopyOf(Path wal, WalPosition position) throws IOException {
		byte[] copied = new byte[WalHeader.SIZE];
		byte[] live = new byte[WalHeader.SIZE];
		try (RandomAccessFile copy = this.shadow.openIndex(position.generation(), position.index());
				InputStream in = new FileInputStream(wal.toFile())) {
			copy.readFully(copied);
			return in.readNBytes(live, 0, live.length) == live.length && Arrays.equals(copied, live);
		}
		catch (NoSuchFileException | EOFException ex) {
			return false;
		}
	}

	/**
	 * Requires that the pages of the WAL up to a position are in the database.
	 * @return false if there are none to compare
	 */
	private static boolean requirePages(DatabaseFile database, Path wal, WalPosition position) throws IOException {
		Pages pages = Pages.read(wal, position.offset());
		long page = pages.firstThatDiffers(database);
		for (int attempt = 1; page != 0 && attempt < ATTEMPTS; attempt++) {
			LockSupport.parkNanos(PAUSE_NANOS);
			pages = Pages.read(wal, position.offset());
			page = pages.firstThatDiffers(database);
		}
		if (page != 0) {
			throw refusal(database.path(), wal, "its page %d is not what was checkpointed".formatted(page));
		}
		return !pages.isEmpty();
	}

	/** The database alone is another file than before, beside the WAL of before. */
	private void requireSameFiles(Path database, Path wal, Generation generation) throws IOException {
		String[] noted = StateFile.read(filesNote()).split(" ");
		String[] now = describe(database, wal).split(" ");
		boolean replaced = noted.length == 2 && noted[1].equals(now[1]) && !noted[0].equals(now[0]);
		if (replaced && isNewestCopied(wal, generation)) {
			throw refusal(database, wal, "it is another file than the one that was open last");
		}
	}

	/** An inode's number alone may have been given to a new file. */
	private boolean isNewestCopied(Path wal, Generation generation) throws IOException {
		Map.Entry<Integer, Long> newest = this.shadow.sizes(generation).lastEntry();
		return newest != null && isCopyOf(wal, new WalPosition(generation, newest.getKey(), 0));
	}

	private static IOException refusal(Path database, Path wal, String evidence) {
		return new IOException(
				("%s is not the database that %s belongs to, as %s, and SQLite would lay that WAL over it:"
						+ " to use this file, move %s and its -shm away and start again, which begins a new generation; else put"
						+ " the file back that was replaced")
					.formatted(database, wal.getFileName(), evidence, wal));
	}

	/** What the pages of a WAL may look like in the database file. Not thread-safe. */
	private static final class Pages {

		private static final XXHash64 HASH = XXHashFactory.fastestInstance().hash64();

		private final Map<Long, List<Long>> hashes = new HashMap<>();

		private int pageSize;

		/** Later commits may have cut the database. */
		private long size = Long.MAX_VALUE;

		/**
		 * Reads them.
		 * @param offset up to where everything is in the database; nothing if the WAL
		 * does not reach it
		 */
		static Pages read(Path wal, long offset) throws IOException {
			Pages pages = new Pages();
			try (InputStream in = new BufferedInputStream(new FileInputStream(wal.toFile()), 1 << 16)) {
				WalReader reader = new WalReader(in, wal.toString());
				pages.pageSize = reader.header().pageSize();
				while (reader.next()) {
					pages.add(reader, offset);
				}
				if (reader.offset() < offset) {
					pages.hashes.clear();
				}
			}
			catch (CorruptWalException ex) {
				pages.hashes.clear(); // SQLite does not read such a WAL either
			}
			return pages;
		}

		private void add(WalReader reader, long offset) {
			byte[] frame = reader.frame();
			long hash = HASH.hash(frame, WalFrame.HEADER_SIZE, this.pageSize, 0);
			long page = reader.pageNumber();
			if (reader.offset() <= offset) {
				this.hashes.put(page, new ArrayList<>(List.of(hash)));
			}
			else {
				this.hashes.computeIfPresent(page, (number, known) -> {
					known.add(hash);
					return known;
				});
			}
			if (reader.databasePages() != 0) {
				this.size = (reader.offset() <= offset) ? reader.databasePages()
						: Math.min(this.size, reader.databasePages());
			}
		}

		boolean isEmpty() {
			return this.hashes.isEmpty();
		}

		/** The number of a page that is none of them; 0 if there is none. */
		long firstThatDiffers(DatabaseFile database) throws IOException {
			byte[] page = new byte[this.pageSize];
			for (Map.Entry<Long, List<Long>> entry : this.hashes.entrySet()) {
				long number = entry.getKey();
				if (number <= this.size) {
					database.read((number - 1) * this.pageSize, page, 0, page.length);
					if (!entry.getValue().contains(HASH.hash(page, 0, page.length, 0))) {
						return number;
					}
				}
			}
			return 0;
		}

	}

}
