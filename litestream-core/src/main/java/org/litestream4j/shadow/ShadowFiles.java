package org.litestream4j.shadow;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.NavigableMap;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.AtomicFile;
import org.litestream4j.io.Disk;
import org.litestream4j.io.Disk.DiskFile;

/**
 * The files of the shadow WAL in the meta directory: their names, and the notes among
 * them. Keeps no state, so it is as thread-safe as the disk; what it reads back after a
 * crash may be anything.
 */
final class ShadowFiles {

	/*-
	 * <meta directory>/
	 *   generation              the current generation's name; written last, so it commits
	 *   files                   see WalOwner
	 *   generations/<16 hex>/
	 *     wal/<8 hex index>.wal
	 *     closed                index and offset after which the WAL must restart
	 *     backfilled            see RestartProof
	 *     clock                 only its time stamp counts: see FileStamp
	 */

	private static final Logger logger = LoggerFactory.getLogger(ShadowFiles.class);

	private static final String SUFFIX = ".wal";

	private final Disk disk;

	private final Path root;

	ShadowFiles(Disk disk, Path root) {
		this.disk = disk;
		this.root = root;
	}

	private Path generationFile() {
		return this.root.resolve("generation");
	}

	private Path folder(Generation generation) {
		return this.root.resolve("generations").resolve(generation.name());
	}

	/** Where the indexes of a generation are. */
	Path walFolder(Generation generation) {
		return folder(generation).resolve("wal");
	}

	/** The copy of one index. */
	Path wal(Generation generation, int index) {
		return walFolder(generation).resolve("%08x%s".formatted(index, SUFFIX));
	}

	private Path closedFile(Generation generation) {
		return folder(generation).resolve("closed");
	}

	private Path backfilledFile(Generation generation) {
		return folder(generation).resolve("backfilled");
	}

	/** The indexes that exist and the sizes of their files. */
	NavigableMap<Integer, Long> sizes(Generation generation) throws IOException {
		NavigableMap<Integer, Long> sizes = new TreeMap<>();
		try (DirectoryStream<Path> files = Files.newDirectoryStream(walFolder(generation), "*" + SUFFIX)) {
			for (Path file : files) {
				String name = file.getFileName().toString();
				if (name.matches("[0-7][0-9a-f]{7}\\.wal")) {
					sizes.put(Integer.parseInt(name.substring(0, 8), 16), Files.size(file));
				}
			}
		}
		catch (NoSuchFileException ex) {
			logger.debug("No shadow WAL in {}", this.root);
		}
		return sizes;
	}

	/**
	 * Opens the copy of one index for reading. The caller closes it.
	 * @throws NoSuchFileException if it is not here, or no longer
	 */
	RandomAccessFile openIndex(Generation generation, int index) throws IOException {
		Path path = wal(generation, index);
		try {
			return new RandomAccessFile(path.toFile(), "r");
		}
		catch (java.io.FileNotFoundException ex) {
			if (Files.exists(path)) {
				throw ex;
			}
			throw new NoSuchFileException(path.toString());
		}
	}

	/** The current generation, or null if there is none or its name is damaged. */
	@Nullable Generation readGeneration() throws IOException {
		String name = read(generationFile()).strip();
		if (Generation.isValid(name)) {
			return new Generation(name);
		}
		if (Files.exists(generationFile())) {
			logger.warn("{} does not name a generation; a new one starts", generationFile());
		}
		return null;
	}

	/** Makes the folders of a generation, and then makes it the current one. */
	void create(Generation generation) throws IOException {
		this.disk.createDirectories(walFolder(generation));
		AtomicFile.write(this.disk, generationFile(), generation.name().getBytes(StandardCharsets.US_ASCII));
	}

	/** Deletes what is left of all generations but one. */
	void deleteOthers(Generation generation) throws IOException {
		try (DirectoryStream<Path> folders = Files.newDirectoryStream(this.root.resolve("generations"))) {
			for (Path folder : folders) {
				String name = folder.getFileName().toString();
				if (Generation.isValid(name) && !name.equals(generation.name())) {
					deleteAll(folder);
				}
			}
		}
		catch (NoSuchFileException ex) {
			logger.debug("No generations in {}", this.root);
		}
	}

	private void deleteAll(Path path) throws IOException {
		if (Files.isDirectory(path)) {
			try (DirectoryStream<Path> children = Files.newDirectoryStream(path)) {
				for (Path child : children) {
					deleteAll(child);
				}
			}
		}
		this.disk.deleteIfExists(path);
	}

	/** Notes that an index ends at a position. */
	void writeClosed(WalPosition end) throws IOException {
		AtomicFile.write(this.disk, closedFile(end.generation()), describe(end).getBytes(StandardCharsets.US_ASCII));
	}

	/** Whether that was noted of this very position. */
	boolean isClosed(WalPosition end) throws IOException {
		return read(closedFile(end.generation())).equals(describe(end));
	}

	private static String describe(WalPosition position) {
		return "%08x_%08x".formatted(position.index(), position.offset());
	}

	/**
	 * Keeps what {@link RestartProof} notes. Not forced: it serves where the process was
	 * killed, and after a power cut it is at worst no proof.
	 */
	void writeBackfilled(Generation generation, String line) throws IOException {
		Path path = backfilledFile(generation);
		byte[] bytes = line.getBytes(StandardCharsets.US_ASCII);
		DiskFile file = Files.exists(path) ? this.disk.open(path) : this.disk.create(path);
		try (file) {
			file.write(0, bytes, 0, bytes.length);
		}
	}

	/** Writes to a file, so that its time stamp is that of the file system's clock. */
	Path touchClock(Generation generation) throws IOException {
		Path path = folder(generation).resolve("clock");
		try (DiskFile file = Files.exists(path) ? this.disk.open(path) : this.disk.create(path)) {
			file.write(0, new byte[1], 0, 1);
		}
		return path;
	}

	/** What was kept last, or nothing. */
	String readBackfilled(Generation generation) throws IOException {
		return read(backfilledFile(generation));
	}

	/** Whatever it holds, as a crash may leave anything; nothing if it is missing. */
	static String read(Path file) throws IOException {
		try {
			return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
		}
		catch (NoSuchFileException ex) {
			return "";
		}
	}

}
