package org.litestream4j.live;

import java.io.BufferedInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.database.FileStamp;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.AtomicFile;
import org.litestream4j.io.Disk;
import org.litestream4j.io.Disk.DiskFile;
import org.litestream4j.io.StateFile;
import org.litestream4j.sqlite.CorruptWalException;
import org.litestream4j.sqlite.WalTail;

/**
 * The files of the shadow WAL in the meta directory: their names, and the notes among
 * them. Indexes are numbered as replicas are told, files and what the notes say as
 * {@link Numbering} has it. Keeps what the meta directory says as a whole, as that was
 * last read or written, and is else as thread-safe as the disk; what it reads back after
 * a crash may be anything.
 */
final class ShadowFiles {

	/*-
	 * <meta directory>/
	 *   generation              see LocalState; written last, so it commits
	 *   files                   see WalOwner
	 *   generations/<16 hex>/
	 *     wal/<8 hex number>.wal
	 *     closed                number and offset after which the WAL must restart
	 *     backfilled            see RestartProof
	 *     clock                 only its time stamp counts: see FileStamp
	 */

	private static final Logger logger = LoggerFactory.getLogger(ShadowFiles.class);

	private static final String SUFFIX = ".wal";

	/**
	 * What a generation's directory holds besides the indexes, unfinished files included.
	 */
	private static final Set<String> OWN_NOTES = Set.of("closed", "closed.tmp", "backfilled", "clock");

	private final Disk disk;

	private final Path root;

	private volatile LocalState state = LocalState.NONE;

	ShadowFiles(Disk disk, Path root) {
		this.disk = disk;
		this.root = root;
	}

	private Path generationFile() {
		return this.root.resolve("generation");
	}

	private Path directory(Generation generation) {
		return this.root.resolve("generations").resolve(generation.name());
	}

	/** Where the indexes of a generation are. */
	Path walDirectory(Generation generation) {
		return directory(generation).resolve("wal");
	}

	/**
	 * The copy of one index of the current generation.
	 * @throws NoSuchFileException if nothing can have that index, or another generation
	 * is current
	 */
	Path wal(Generation generation, int index) throws NoSuchFileException {
		LocalState now = this.state;
		int number = generation.equals(now.generation()) ? now.numbering().number(index) : -1;
		if (number < 0) {
			throw new NoSuchFileException("WAL index %08x of generation %s".formatted(index, generation));
		}
		return walDirectory(generation).resolve("%08x%s".formatted(number, SUFFIX));
	}

	private Path closedFile(Generation generation) {
		return directory(generation).resolve("closed");
	}

	private Path backfilledFile(Generation generation) {
		return directory(generation).resolve("backfilled");
	}

	/**
	 * Up to where an index holds whole commits; null if it holds none.
	 */
	@Nullable ShadowState committed(Generation generation, int index) throws IOException {
		Path file = wal(generation, index);
		try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 18)) {
			WalTail tail = WalTail.scan(in, file.toString());
			if (!tail.hasCommit()) {
				return null;
			}
			boolean closed = isClosed(new WalPosition(generation, index, tail.commitOffset()));
			return new ShadowState(tail.header(), tail.commitOffset(), tail.commitChecksum(), tail.databasePages(),
					closed);
		}
		catch (CorruptWalException ex) {
			logger.debug("{} has no valid header", file, ex);
			return null;
		}
	}

	/** The indexes of the current generation that exist and the sizes of their files. */
	NavigableMap<Integer, Long> sizes(Generation generation) throws IOException {
		NavigableMap<Integer, Long> sizes = new TreeMap<>();
		Numbering numbering = this.state.numbering();
		requireOwnDirectories(generation);
		try (DirectoryStream<Path> files = Files.newDirectoryStream(walDirectory(generation), "*" + SUFFIX)) {
			for (Path file : files) {
				String name = file.getFileName().toString();
				if (isIndex(name)) {
					StateFile.requireRegular(file);
					long index = numbering.index(Integer.parseInt(name.substring(0, 8), 16));
					if (index <= Integer.MAX_VALUE) {
						sizes.put((int) index, Files.size(file));
					}
				}
			}
		}
		catch (NoSuchFileException ex) {
			logger.debug("No shadow WAL in {}", this.root);
		}
		return sizes;
	}

	/**
	 * By when everything in the copy of an index had been committed: when it was written
	 * last. Asked before anything is cut off it, which counts as writing.
	 */
	Instant writtenBy(Generation generation, int index) throws IOException {
		return writtenBy(wal(generation, index));
	}

	/** By when everything before the current generation had been committed. */
	Instant begunBy() {
		Instant begun = this.state.begun();
		return (begun != null) ? begun : writtenBy(generationFile());
	}

	private static Instant writtenBy(Path path) {
		try {
			return FileStamp.of(path).writtenBy();
		}
		catch (IOException ex) {
			return Instant.now(); // never before it was made
		}
	}

	/**
	 * Opens the copy of one index for reading. The caller closes it.
	 * @throws NoSuchFileException if it is not here, or no longer
	 */
	RandomAccessFile openIndex(Generation generation, int index) throws IOException {
		Path path = wal(generation, index);
		try {
			requireOwnDirectories(generation);
			StateFile.requireRegular(path);
			return new RandomAccessFile(path.toFile(), "r");
		}
		catch (FileNotFoundException ex) {
			if (Files.exists(path)) {
				throw ex;
			}
			throw new NoSuchFileException(path.toString());
		}
	}

	/** What the meta directory says; nothing if that is damaged. */
	LocalState readState() throws IOException {
		String text = StateFile.read(generationFile());
		LocalState read = LocalState.parse(text);
		if (read == null) {
			read = LocalState.NONE;
			if (Files.exists(generationFile())) {
				logger.warn("{} does not name a generation; a new one starts", generationFile());
			}
		}
		this.state = read;
		return read;
	}

	/** The current generation, or null if there is none or its name is damaged. */
	@Nullable Generation readGeneration() throws IOException {
		return readState().generation();
	}

	/** What the meta directory says, as last read or written. */
	LocalState state() {
		return this.state;
	}

	/** Changes what it says, at once and for good. */
	void writeState(LocalState changed) throws IOException {
		this.disk.createDirectories(this.root);
		AtomicFile.write(this.disk, generationFile(), changed.text());
		this.state = changed;
	}

	/** A position as the files name it, which no renumbering changes. */
	WalPosition named(WalPosition position) {
		return this.state.numbering().named(position);
	}

	/**
	 * The index of the current generation that follows another one when the WAL restarts.
	 */
	long indexAfter(int index) {
		return this.state.numbering().indexAfter(index);
	}

	private static boolean isIndex(String name) {
		return name.matches("[0-7][0-9a-f]{7}\\.wal");
	}

	/** A link in their place would have us write, and delete, elsewhere. */
	private void requireOwnDirectories(Generation generation) throws IOException {
		StateFile.requireDirectoryIfPresent(this.root.resolve("generations"));
		StateFile.requireDirectoryIfPresent(directory(generation));
		StateFile.requireDirectoryIfPresent(walDirectory(generation));
	}

	/** Makes the directories of a generation, and then makes it the current one. */
	void create(Generation generation) throws IOException {
		createDirectories(generation);
		writeState(this.state.startingAt(generation, null, Numbering.PLAIN));
	}

	/** Makes the directories of a generation. */
	void createDirectories(Generation generation) throws IOException {
		requireOwnDirectories(generation);
		this.disk.createDirectories(walDirectory(generation));
	}

	/**
	 * Deletes what is left of all generations but the current one, and nothing that is
	 * not of a kind that is written here: a backup has generations too.
	 */
	void deleteOthers() throws IOException {
		Generation current = this.state.generation();
		StateFile.requireDirectoryIfPresent(this.root.resolve("generations"));
		if (current != null) {
			requireOwnDirectories(current);
		}
		try (DirectoryStream<Path> directories = Files.newDirectoryStream(this.root.resolve("generations"))) {
			for (Path directory : directories) {
				String name = directory.getFileName().toString();
				boolean other = Generation.isValid(name) && (current == null || !name.equals(current.name()));
				if (other && !Files.isSymbolicLink(directory)) {
					deleteOwn(directory.resolve("wal"), ShadowFiles::isIndex);
					deleteOwn(directory, OWN_NOTES::contains);
				}
			}
		}
		catch (NoSuchFileException ex) {
			logger.debug("No generations in {}", this.root);
		}
	}

	/** Links are not followed. What is not ours stays, and so does its directory. */
	private void deleteOwn(Path directory, Predicate<String> own) throws IOException {
		if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
			return;
		}
		boolean empty = true;
		try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
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
			this.disk.deleteIfExists(directory);
		}
		else {
			logger.warn("{} holds what is not the engine's own, and was left", directory);
		}
	}

	/** Notes that an index is closed at a position. */
	void writeClosed(WalPosition end) throws IOException {
		AtomicFile.write(this.disk, closedFile(end.generation()),
				describe(named(end)).getBytes(StandardCharsets.US_ASCII));
	}

	/** Whether that was noted of this very position. */
	boolean isClosed(WalPosition end) throws IOException {
		return StateFile.read(closedFile(end.generation())).equals(describe(named(end)));
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
		Path path = directory(generation).resolve("clock");
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
