package org.litestream4j.shadow;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.litestream4j.database.FileStamp;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.io.Disk.DiskFile;

/**
 * The local copy of the current generation's WALs, from which replicas are fed: one file
 * for each index, byte for byte as SQLite wrote it. Changed by one thread at a time,
 * under the engine's lock; what is public may be called by any thread.
 */
public final class ShadowWal {

	private final Disk disk;

	private final ShadowFiles files;

	private final ShadowIndexes indexes;

	private final CommitMarks marks = new CommitMarks();

	private Instant commitSeen = Instant.now();

	@Nullable private ShadowState state;

	@Nullable private DiskFile current;

	private ShadowWal(Disk disk, ShadowFiles files, ShadowRecovery.Recovered recovered) {
		this.disk = disk;
		this.files = files;
		this.indexes = new ShadowIndexes(recovered.ends(), recovered.position());
		this.state = recovered.state();
		WalPosition end = recovered.position();
		if (end != null) {
			recovered.ends().forEach((index, size) -> markRecovered(new WalPosition(end.generation(), index, size)));
		}
	}

	/** The last commit was copied when the file was written for the last time. */
	private void markRecovered(WalPosition end) {
		try {
			this.marks.add(end, Files.getLastModifiedTime(this.files.wal(end.generation(), end.index())).toInstant());
		}
		catch (IOException ex) {
			this.marks.add(end, Instant.now()); // never before it was made
		}
	}

	/**
	 * Opens the shadow WAL and goes back to the last commit that is whole.
	 * @param disk changes the file system
	 * @param root the meta directory; created if it is missing
	 * @throws IOException if it cannot be read or written
	 */
	static ShadowWal open(Disk disk, Path root) throws IOException {
		disk.createDirectories(root);
		ShadowFiles files = new ShadowFiles(disk, root);
		return new ShadowWal(disk, files, new ShadowRecovery(disk, files).recover());
	}

	/** Up to where the live WAL was copied, or null if there is no generation yet. */
	@Nullable public WalPosition position() {
		return this.indexes.position();
	}

	/** {@link #position()}, when a generation is known to have started. */
	public WalPosition requirePosition() {
		return this.indexes.requirePosition();
	}

	/** The oldest index that is still here; the position's if there is none. */
	public int oldestIndex() {
		return this.indexes.oldest();
	}

	/**
	 * Where the copy of an index ends, in bytes.
	 * @throws NoSuchFileException if it is not here, or no longer
	 */
	public long end(Generation generation, int index) throws NoSuchFileException {
		return this.indexes.end(generation, index);
	}

	/** Bytes of all indexes that are here. */
	public long size() {
		return this.indexes.size();
	}

	/** Bytes between a position of the current generation and {@link #position()}. */
	public long bytesAfter(WalPosition from) {
		return this.indexes.bytesAfter(from);
	}

	/**
	 * Opens the copy of one index. Stays readable when the file is deleted meanwhile. The
	 * caller closes it.
	 * @throws NoSuchFileException if it is not here, or no longer
	 */
	public RandomAccessFile openIndex(Generation generation, int index) throws IOException {
		return this.files.openIndex(generation, index);
	}

	/**
	 * When the newest commit before a position was seen, by the time of day; null if that
	 * is not known.
	 */
	@Nullable public Instant committedAt(WalPosition end) {
		return this.marks.at(end);
	}

	/**
	 * Where a piece of an index must end, after a commit, so that its commits are no
	 * further apart than a time.
	 * @param end where it may end at most
	 */
	public long cut(WalPosition start, long end, Duration span) {
		return this.marks.cut(start, end, span);
	}

	/** Says when the commits were seen that are copied next. */
	void commitSeen(Instant at) {
		this.commitSeen = at;
	}

	/** What was copied of the newest index; null if it holds nothing yet. */
	@Nullable ShadowState state() {
		return this.state;
	}

	/** Whether the newest index is over, whatever comes. */
	boolean isClosedIndex() {
		ShadowState known = this.state;
		return known != null && known.closed();
	}

	/**
	 * Leaves the current generation, if any, and starts one that holds nothing yet.
	 */
	void startGeneration() throws IOException {
		closeCurrent();
		Generation generation = Generation.random();
		this.files.create(generation);
		this.state = null;
		this.marks.clear();
		this.indexes.start(generation);
		this.files.deleteOthers(generation);
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
				file = openAt(from);
				this.current = file;
			}
			return new Appender(file, from);
		}
		finishCurrent();
		int index = (this.state != null) ? from.index() + 1 : from.index();
		Path path = this.files.wal(from.generation(), index);
		this.disk.deleteIfExists(path);
		return new Appender(this.disk.create(path), new WalPosition(from.generation(), index, 0));
	}

	/** Opens an index, without what follows a position. */
	private DiskFile openAt(WalPosition end) throws IOException {
		DiskFile file = this.disk.open(this.files.wal(end.generation(), end.index()));
		try {
			file.truncate(end.offset());
			return file;
		}
		catch (IOException | RuntimeException ex) {
			file.close();
			throw ex;
		}
	}

	/**
	 * Once a newer index is on the disk this one counts as whole, so it must be there
	 * before.
	 */
	private void finishCurrent() throws IOException {
		DiskFile file = this.current;
		if (file != null) {
			// Taking frames back may have failed
			file.truncate(requirePosition().offset());
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
			this.disk.forceDirectory(this.files.walFolder(requirePosition().generation()));
		}
	}

	/**
	 * Says that the WAL of this index ends at the position, whatever comes. The index is
	 * on the disk before that is.
	 */
	void closeIndex() throws IOException {
		ShadowState known = this.state;
		if (known != null && !known.closed()) {
			force();
			this.files.writeClosed(requirePosition());
			this.state = known.asClosed();
		}
	}

	/** The stamp of a file in the meta directory that was written just now. */
	FileStamp stampNow() throws IOException {
		return FileStamp.of(this.files.touchClock(requirePosition().generation()));
	}

	/** Keeps what {@link RestartProof} notes. */
	void writeBackfilled(String line) throws IOException {
		this.files.writeBackfilled(requirePosition().generation(), line);
	}

	/** What was kept last, or nothing. */
	String readBackfilled() throws IOException {
		return this.files.readBackfilled(requirePosition().generation());
	}

	/**
	 * Deletes the indexes before one, but never the newest.
	 * @throws IOException if one cannot be deleted; it and later ones are still here
	 */
	void deleteBefore(int index) throws IOException {
		Generation generation = requirePosition().generation();
		Integer oldest = this.indexes.oldestBefore(index);
		while (oldest != null) {
			this.disk.deleteIfExists(this.files.wal(generation, oldest));
			this.indexes.remove(oldest);
			oldest = this.indexes.oldestBefore(index);
		}
		this.marks.forgetBefore(new WalPosition(generation, this.indexes.oldest(), 0));
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
			ShadowWal.this.state = reached;
			ShadowWal.this.marks.add(this.start.at(reached.offset()), ShadowWal.this.commitSeen);
			ShadowWal.this.indexes.reached(this.start.at(reached.offset()));
		}

		/** Takes them back. */
		void abort() throws IOException {
			if (ShadowWal.this.current == this.file) {
				this.file.truncate(this.start.offset());
			}
			else {
				this.file.close();
				ShadowWal.this.disk
					.deleteIfExists(ShadowWal.this.files.wal(this.start.generation(), this.start.index()));
			}
		}

	}

}
