package org.litestream4j.shadow;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.AtomicFile;
import org.litestream4j.io.Disk;
import org.litestream4j.io.Disk.DiskFile;
import org.litestream4j.io.StateFile;

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

	/**
	 * What a generation's folder holds besides the indexes, unfinished files included.
	 */
	private static final Set<String> OWN_NOTES = Set.of("closed", "closed.tmp", "backfilled", "clock");

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
		requireOwnFolders(generation);
		try (DirectoryStream<Path> files = Files.newDirectoryStream(walFolder(generation), "*" + SUFFIX)) {
			for (Path file : files) {
				String name = file.getFileName().toString();
				if (isIndex(name)) {
					StateFile.requireRegular(file);
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
			requireOwnFolders(generation);
			StateFile.requireRegular(path);
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
		String name = StateFile.read(generationFile()).strip();
		if (Generation.isValid(name)) {
			return new Generation(name);
		}
		if (Files.exists(generationFile())) {
			logger.warn("{} does not name a generation; a new one starts", generationFile());
		}
		return null;
	}

	private static boolean isIndex(String name) {
		return name.matches("[0-7][0-9a-f]{7}\\.wal");
	}

	/** A link in their place would have us write, and delete, elsewhere. */
	private void requireOwnFolders(Generation generation) throws IOException {
		StateFile.requireDirectoryIfPresent(this.root.resolve("generations"));
		StateFile.requireDirectoryIfPresent(folder(generation));
		StateFile.requireDirectoryIfPresent(walFolder(generation));
	}

	/** Makes the folders of a generation, and then makes it the current one. */
	void create(Generation generation) throws IOException {
		requireOwnFolders(generation);
		this.disk.createDirectories(walFolder(generation));
		AtomicFile.write(this.disk, generationFile(), generation.name().getBytes(StandardCharsets.US_ASCII));
	}

	/**
	 * Deletes what is left of all generations but one, and nothing that is not of a kind
	 * that is written here: a backup has generations too.
	 */
	void deleteOthers(Generation generation) throws IOException {
		requireOwnFolders(generation);
		try (DirectoryStream<Path> folders = Files.newDirectoryStream(this.root.resolve("generations"))) {
			for (Path folder : folders) {
				String name = folder.getFileName().toString();
				boolean other = Generation.isValid(name) && !name.equals(generation.name());
				if (other && !Files.isSymbolicLink(folder)) {
					deleteOwn(folder.resolve("wal"), ShadowFiles::isIndex);
					deleteOwn(folder, OWN_NOTES::contains);
				}
			}
		}
		catch (NoSuchFileException ex) {
			logger.debug("No generations in {}", this.root);
		}
	}

	/** Links are not followed. What is not ours stays, and so does its directory. */
	private void deleteOwn(Path folder, Predicate<String> own) throws IOException {
		if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
			return;
		}
		boolean empty = true;
		try (DirectoryStream<Path> children = Files.newDirectoryStream(folder)) {
			for (Path child : children) {
				String name = child.getFileName().toString();
				boolean deleted = own.test(name) && !Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS);
				if (deleted) {
					this.disk.deleteIfExists(child);
				}
				empty &= deleted;
			}
		}
		if (empty) {
			this.disk.deleteIfExists(folder);
		}
		else {
			logger.warn("{} holds what is not the engine's own, and was left", folder);
		}
	}

	/** Notes that an index ends at a position. */
	void writeClosed(WalPosition end) throws IOException {
		AtomicFile.write(this.disk, closedFile(end.generation()), describe(end).getBytes(StandardCharsets.US_ASCII));
	}

	/** Whether that was noted of this very position. */
	boolean isClosed(WalPosition end) throws IOException {
		return StateFile.read(closedFile(end.generation())).equals(describe(end));
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
		return StateFile.read(backfilledFile(generation));
	}

}
