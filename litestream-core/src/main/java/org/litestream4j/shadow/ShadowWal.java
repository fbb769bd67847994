package org.litestream4j.shadow;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.AtomicFile;
import org.litestream4j.io.Disk;
import org.litestream4j.io.Disk.DiskFile;
import org.litestream4j.wal.CorruptWalException;
import org.litestream4j.wal.WalTail;

/**
 * The local copy of the current generation's WALs, from which replicas are fed: one file
 * for each index, byte for byte as SQLite wrote it. Changed by one thread at a time,
 * under the engine's lock; {@link #position()}, {@link #openIndex} and {@link #size()}
 * may be called by any thread.
 */
public final class ShadowWal {

	/*
	 * <meta directory>/ generation the current generation's name; written last, so it
	 * commits generations/<16 hex>/wal/<8 hex index>.wal generations/<16 hex>/closed
	 * index and offset behind which the WAL must restart generations/<16 hex>/backfilled
	 * see RestartProof
	 */

	private static final Logger logger = LoggerFactory.getLogger(ShadowWal.class);

	private static final String SUFFIX = ".wal";

	private final Disk disk;

	private final Path root;

	/** Committed bytes of each file, by index. */
	private final TreeMap<Integer, Long> ends = new TreeMap<>();

	@Nullable private volatile WalPosition position;

	@Nullable private ShadowState state;

	@Nullable private DiskFile current;

	private ShadowWal(Disk disk, Path root) {
		this.disk = disk;
		this.root = root;
	}

	/**
	 * Opens the shadow WAL and goes back to the last commit that is whole.
	 * @param disk changes the file system
	 * @param root the meta directory; created if it is missing
	 * @throws IOException if it cannot be read or written
	 */
	public static ShadowWal open(Disk disk, Path root) throws IOException {
		disk.createDirectories(root);
		ShadowWal shadow = new ShadowWal(disk, root);
		shadow.recover();
		return shadow;
	}

	private Path generationFile() {
		return this.root.resolve("generation");
	}

	private Path folder(Generation generation) {
		return this.root.resolve("generations").resolve(generation.name());
	}

	private Path walFolder(Generation generation) {
		return folder(generation).resolve("wal");
	}

	private Path file(Generation generation, int index) {
		return walFolder(generation).resolve("%08x%s".formatted(index, SUFFIX));
	}

	private Path closedFile(Generation generation) {
		return folder(generation).resolve("closed");
	}

	private Path backfilledFile(Generation generation) {
		return folder(generation).resolve("backfilled");
	}

	private void recover() throws IOException {
		Generation generation = readGeneration();
		if (generation == null) {
			return;
		}
		try (DirectoryStream<Path> files = Files.newDirectoryStream(walFolder(generation), "*" + SUFFIX)) {
			for (Path file : files) {
				String name = file.getFileName().toString();
				if (name.matches("[0-7][0-9a-f]{7}\\.wal")) {
					this.ends.put(Integer.parseInt(name.substring(0, 8), 16), Files.size(file));
				}
			}
		}
		catch (NoSuchFileException ex) {
			logger.debug("No shadow WAL in {}", this.root);
		}
		while (!this.ends.isEmpty() && !recoverNewest(generation, this.ends.lastKey())) {
			this.disk.deleteIfExists(file(generation, this.ends.lastKey()));
			this.ends.pollLastEntry();
		}
		if (this.state == null) {
			this.position = new WalPosition(generation, 0, 0);
		}
		deleteOtherGenerations(generation);
	}

	/** Whatever it holds, as a crash may leave anything. */
	private static String read(Path file) throws IOException {
		return new String(Files.readAllBytes(file), StandardCharsets.US_ASCII);
	}

	@Nullable private Generation readGeneration() throws IOException {
		try {
			String name = read(generationFile()).strip();
			if (Generation.isValid(name)) {
				return new Generation(name);
			}
			logger.warn("{} does not name a generation; a new one starts", generationFile());
			return null;
		}
		catch (NoSuchFileException ex) {
			return null;
		}
	}

	/** A crash can leave frames behind the last commit, or a file without any commit. */
	private boolean recoverNewest(Generation generation, int index) throws IOException {
		Path file = file(generation, index);
		try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 18)) {
			WalTail tail = WalTail.scan(in, file.toString());
			if (!tail.hasCommit()) {
				return false;
			}
			ShadowState last = new ShadowState(tail.header(), tail.commitOffset(), tail.commitChecksum(),
					tail.databasePages(), false);
			WalPosition end = new WalPosition(generation, index, last.offset());
			cutBehind(end);
			this.state = readClosed(generation).equals(describe(end)) ? last.asClosed() : last;
			this.ends.put(index, last.offset());
			this.position = end;
			return true;
		}
		catch (CorruptWalException ex) {
			logger.debug("{} has no valid header", file, ex);
			return false;
		}
	}

	/**
	 * What lies behind the last commit must not be taken for a part of the index when a
	 * newer one exists.
	 */
	private void cutBehind(WalPosition end) throws IOException {
		try (DiskFile file = this.disk.open(file(end.generation(), end.index()))) {
			file.truncate(end.offset());
			file.force();
		}
	}

	private String readClosed(Generation generation) throws IOException {
		try {
			return read(closedFile(generation));
		}
		catch (NoSuchFileException ex) {
			return "";
		}
	}

	private static String describe(WalPosition position) {
		return "%08x_%08x".formatted(position.index(), position.offset());
	}

	/** Up to where the live WAL was copied, or null if there is no generation yet. */
	@Nullable public WalPosition position() {
		return this.position;
	}

	/** {@link #position()}, when a generation is known to have started. */
	public WalPosition requirePosition() {
		WalPosition known = this.position;
		if (known == null) {
			throw new IllegalStateException("no generation has started");
		}
		return known;
	}

	@Nullable ShadowState state() {
		return this.state;
	}

	/**
	 * Leaves the current generation, if any, and starts one that holds nothing yet.
	 */
	void startGeneration() throws IOException {
		closeCurrent();
		Generation generation = Generation.random();
		this.disk.createDirectories(walFolder(generation));
		AtomicFile.write(this.disk, generationFile(), generation.name().getBytes(StandardCharsets.US_ASCII));
		synchronized (this.ends) {
			this.ends.clear();
			this.state = null;
			this.position = new WalPosition(generation, 0, 0);
		}
		deleteOtherGenerations(generation);
	}

	private void deleteOtherGenerations(Generation generation) throws IOException {
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

	/**
	 * Where the frames of the live WAL go that follow the position.
	 * @param restarted whether they are the first ones of the next index
	 */
	Appender append(boolean restarted) throws IOException {
		WalPosition from = requirePosition();
		if (!restarted) {
			DiskFile file = this.current;
			if (file == null) {
				file = this.disk.open(file(from.generation(), from.index()));
				file.truncate(from.offset());
				this.current = file;
			}
			return new Appender(file, from);
		}
		finishCurrent();
		int index = (this.state != null) ? from.index() + 1 : from.index();
		Path path = file(from.generation(), index);
		this.disk.deleteIfExists(path);
		return new Appender(this.disk.create(path), new WalPosition(from.generation(), index, 0));
	}

	/**
	 * Once a newer index is on the disk this one counts as whole, so it must be there
	 * before.
	 */
	private void finishCurrent() throws IOException {
		DiskFile file = this.current;
		if (file != null) {
			file.truncate(requirePosition().offset()); // taking frames back may have
														// failed
			force();
		}
	}

	/**
	 * Makes everything up to the position survive a power cut. Must come before a
	 * checkpoint: the WAL may then be overwritten.
	 */
	void force() throws IOException {
		DiskFile file = this.current;
		if (file != null) {
			file.force();
			this.disk.forceDirectory(walFolder(requirePosition().generation()));
		}
	}

	/** Says that the WAL of this index ends at the position, whatever comes. */
	void closeIndex() throws IOException {
		ShadowState known = this.state;
		WalPosition end = requirePosition();
		if (known == null || known.closed()) {
			return;
		}
		AtomicFile.write(this.disk, closedFile(end.generation()), describe(end).getBytes(StandardCharsets.US_ASCII));
		this.state = known.asClosed();
	}

	/**
	 * Keeps what {@link RestartProof} notes. Not forced: it serves where the process was
	 * killed, and after a power cut it is at worst no proof.
	 */
	void writeBackfilled(String line) throws IOException {
		Path path = backfilledFile(requirePosition().generation());
		byte[] bytes = line.getBytes(StandardCharsets.US_ASCII);
		DiskFile file = Files.exists(path) ? this.disk.open(path) : this.disk.create(path);
		try (file) {
			file.write(0, bytes, 0, bytes.length);
		}
	}

	/** What was kept last, or nothing. */
	String readBackfilled() throws IOException {
		try {
			return Files.readString(backfilledFile(requirePosition().generation()), StandardCharsets.ISO_8859_1);
		}
		catch (NoSuchFileException ex) {
			return "";
		}
	}

	/** The oldest index that is still here; the position's if there is none. */
	public int oldestIndex() {
		synchronized (this.ends) {
			return this.ends.isEmpty() ? requirePosition().index() : this.ends.firstKey();
		}
	}

	/**
	 * Where the copy of an index ends, in bytes.
	 * @throws NoSuchFileException if it is not here, or no longer
	 */
	public long end(Generation generation, int index) throws NoSuchFileException {
		synchronized (this.ends) {
			Long end = this.ends.get(index);
			WalPosition now = requirePosition();
			if (!now.generation().equals(generation)) {
				throw new NoSuchFileException(file(generation, index).toString());
			}
			if (end == null) {
				if (index == now.index() && now.offset() == 0) {
					return 0;
				}
				throw new NoSuchFileException(file(generation, index).toString());
			}
			return end;
		}
	}

	/**
	 * Opens the copy of one index. Stays readable when the file is deleted meanwhile. The
	 * caller closes it.
	 * @throws NoSuchFileException if it is not here, or no longer
	 */
	public RandomAccessFile openIndex(Generation generation, int index) throws IOException {
		Path path = file(generation, index);
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

	/** Bytes of all indexes that are here. */
	public long size() {
		synchronized (this.ends) {
			return this.ends.values().stream().mapToLong(Long::longValue).sum();
		}
	}

	/** Bytes between a position of the current generation and {@link #position()}. */
	public long bytesAfter(WalPosition from) {
		synchronized (this.ends) {
			long bytes = this.ends.tailMap(from.index()).values().stream().mapToLong(Long::longValue).sum();
			return this.ends.containsKey(from.index()) ? Math.max(bytes - from.offset(), 0) : bytes;
		}
	}

	/** Deletes the indexes before one, but never the newest. */
	void deleteBefore(int index) throws IOException {
		Generation generation = requirePosition().generation();
		while (true) {
			int oldest;
			synchronized (this.ends) {
				if (this.ends.size() < 2 || this.ends.firstKey() >= index) {
					return;
				}
				oldest = this.ends.firstKey();
				this.ends.remove(oldest);
			}
			this.disk.deleteIfExists(file(generation, oldest));
		}
	}

	private void closeCurrent() throws IOException {
		DiskFile file = this.current;
		this.current = null;
		if (file != null) {
			file.close();
		}
	}

	/** Forces and closes what is open. */
	void close() throws IOException {
		force();
		closeCurrent();
	}

	/**
	 * Frames on their way into the shadow WAL. Nobody reads them before {@link #commit}.
	 */
	final class Appender {

		private final DiskFile file;

		private final WalPosition start;

		private long offset;

		private Appender(DiskFile file, WalPosition start) {
			this.file = file;
			this.start = start;
			this.offset = start.offset();
		}

		void write(byte[] bytes, int from, int length) throws IOException {
			this.file.write(this.offset, bytes, from, length);
			this.offset += length;
		}

		/** Makes them part of the shadow WAL. */
		void commit(ShadowState reached) throws IOException {
			if (reached.offset() != this.offset) {
				throw new IllegalStateException(
						"%d bytes were written, %d were to be committed".formatted(this.offset, reached.offset()));
			}
			if (ShadowWal.this.current != this.file) {
				closeCurrent();
				ShadowWal.this.current = this.file;
			}
			synchronized (ShadowWal.this.ends) {
				ShadowWal.this.ends.put(this.start.index(), reached.offset());
				ShadowWal.this.state = reached;
				ShadowWal.this.position = this.start.at(reached.offset());
			}
		}

		/** Takes them back. */
		void abort() throws IOException {
			if (ShadowWal.this.current == this.file) {
				this.file.truncate(this.start.offset());
			}
			else {
				this.file.close();
				ShadowWal.this.disk.deleteIfExists(file(this.start.generation(), this.start.index()));
			}
		}

	}

}
