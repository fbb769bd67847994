package org.litestream4j.live;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;
import org.litestream4j.database.FileStamp;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.io.Disk.DiskFile;
import org.litestream4j.io.OnFailure;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.sqlite.WalFrame;
import org.litestream4j.sqlite.WalHeader;

/**
 * The local copy of the current generation's WALs, from which replicas are fed: one file
 * for each index, byte for byte as SQLite wrote it, and when its commits were seen. It is
 * changed under the protocol's lock. What is public may be called by any thread: every
 * answer is of one moment, and outdated the next, as an index that is here can be deleted
 * before it is opened.
 */
public final class ShadowWal {

	private final ProtocolLock lock;

	private final Disk disk;

	private final ShadowFiles files;

	/** Committed bytes of each file, by index. Guarded by this object's monitor. */
	private final NavigableMap<Integer, Long> ends = new TreeMap<>();

	/** Of the current generation. Guarded by this object's monitor. */
	private final CommitMarks marks = new CommitMarks();

	/**
	 * Up to where the live WAL was copied. Changed in this object's monitor, after all
	 * that it stands for.
	 */
	@Nullable private volatile WalPosition position;

	@Nullable private ShadowState state;

	/** Where an index was closed last, for who does not hold the lock. */
	@Nullable private volatile WalPosition closedAt;

	@Nullable private DiskFile current;

	/** Whether a replica may hold the state that the generation began with. */
	private boolean reliedOn;

	/** Whether the name of the current file is on the disk for good. */
	private boolean named;

	/**
	 * Why what was copied may not all get to the disk; null if nothing says so. The
	 * system reports that once, and to be asked again is told that all is well.
	 */
	@Nullable private String unforced;

	private ShadowWal(ProtocolLock lock, Disk disk, Path root) {
		this.lock = lock;
		this.disk = disk;
		this.files = new ShadowFiles(disk, root);
	}

	/**
	 * Opens the shadow WAL and goes back to the last commit that is whole.
	 * @param disk changes the file system
	 * @param root the meta directory; created if it is missing
	 * @param lock under which it is changed
	 * @throws IOException if it cannot be read or written
	 */
	static ShadowWal open(Disk disk, Path root, ProtocolLock lock) throws IOException {
		lock.assertHeld();
		disk.createDirectories(root);
		ShadowWal shadow = new ShadowWal(lock, disk, root);
		shadow.recover();
		return shadow;
	}

	/**
	 * A crash can leave frames after the last commit, or a file without any commit: these
	 * are deleted, as they would otherwise count as copied once a newer index exists.
	 */
	private synchronized void recover() throws IOException {
		Generation generation = this.files.readGeneration();
		if (generation == null) {
			return;
		}
		this.reliedOn = true;
		WalPosition begin = new WalPosition(generation, this.files.state().numbering().firstIndex(), 0);
		this.marks.add(begin, this.files.begunBy());
		this.ends.putAll(this.files.sizes(generation));
		Map<Integer, Instant> times = new TreeMap<>();
		for (int index : this.ends.keySet()) {
			times.put(index, this.files.writtenBy(generation, index));
		}
		while (!this.ends.isEmpty() && this.state == null) {
			int newest = this.ends.lastKey();
			Path file = this.files.wal(generation, newest);
			this.state = this.files.committed(generation, newest);
			if (this.state != null) {
				cutAfter(file, this.state.offset());
				this.ends.put(newest, this.state.offset());
			}
			else {
				this.disk.deleteIfExists(file);
				this.ends.remove(newest);
			}
		}
		// When the commits before the last one of each index were seen is not known any
		// more: by the time of the last
		this.ends.forEach((index, end) -> this.marks.add(new WalPosition(generation, index, end),
				times.getOrDefault(index, Instant.EPOCH)));
		this.position = this.ends.isEmpty() ? begin
				: new WalPosition(generation, this.ends.lastKey(), this.ends.lastEntry().getValue());
		this.closedAt = (this.state != null && this.state.closed()) ? this.position : null;
		this.files.deleteOthers();
	}

	private void cutAfter(Path wal, long end) throws IOException {
		try (DiskFile file = this.disk.open(wal)) {
			file.truncate(end);
			file.force();
		}
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

	/** The oldest index that is still here; the position's if there is none. */
	public synchronized int oldestIndex() {
		return this.ends.isEmpty() ? requirePosition().index() : this.ends.firstKey();
	}

	/**
	 * Where the copy of an index ends, in bytes.
	 * @throws NoSuchFileException if it is not here, or no longer
	 */
	public synchronized long end(Generation generation, int index) throws NoSuchFileException {
		WalPosition now = requirePosition();
		Long end = now.generation().equals(generation) ? this.ends.get(index) : null;
		if (end != null) {
			return end;
		}
		if (now.equals(new WalPosition(generation, index, 0))) {
			return 0;
		}
		throw notHere(generation, index);
	}

	private static NoSuchFileException notHere(Generation generation, int index) {
		return new NoSuchFileException("WAL index %08x of generation %s".formatted(index, generation));
	}

	/**
	 * The index that follows another one here. Numbers in between are nobody's: indexes
	 * were moved on when a run began.
	 * @throws NoSuchFileException if none does, or the generation was left
	 */
	public synchronized int indexAfter(Generation generation, int index) throws NoSuchFileException {
		WalPosition now = requirePosition();
		Integer next = now.generation().equals(generation) ? this.ends.higherKey(index) : null;
		if (next != null) {
			return next;
		}
		if (now.generation().equals(generation) && index < now.index()) {
			return now.index();
		}
		throw notHere(generation, index + 1);
	}

	private boolean isClosedHere() {
		WalPosition known = this.closedAt;
		return known != null && known.equals(this.position);
	}

	/** The id of the run that writes now; null if none was noted. */
	@Nullable public synchronized String run() {
		List<String> runs = this.files.state().history().runs();
		return runs.isEmpty() ? null : runs.get(runs.size() - 1);
	}

	/** The index that precedes another one here, or that one if none does. */
	public synchronized int indexBefore(int index) {
		Integer before = this.ends.lowerKey(index);
		return (before != null) ? before : index;
	}

	/**
	 * Where this copy goes on from what a replica holds.
	 * @param dataEnd where the last object of the replica ends that has any content
	 * @param writerRun the run that wrote that object. Null if it names none, as it was
	 * written before objects named their writer: before every run that is known here
	 */
	public synchronized Continuation continuationOf(WalPosition dataEnd, @Nullable String writerRun) {
		return LocalCopy.of(this.files.state(), this.ends, this.position, isClosedHere())
			.continuationOf(dataEnd, writerRun);
	}

	/** Bytes of all indexes that are here. */
	public synchronized long size() {
		return this.ends.values().stream().mapToLong(Long::longValue).sum();
	}

	/** Bytes between a position of the current generation and {@link #position()}. */
	public synchronized long bytesAfter(WalPosition from) {
		long bytes = this.ends.tailMap(from.index()).values().stream().mapToLong(Long::longValue).sum();
		return this.ends.containsKey(from.index()) ? Math.max(bytes - from.offset(), 0) : bytes;
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
	 * Where a piece ends that is not too large to be shipped at once: after a commit.
	 * @param start where it begins
	 * @param available where it ends at most: after a commit
	 * @param large bytes beyond which it ends with the next commit
	 * @throws NoSuchFileException if the index is not here, or no longer
	 */
	public long cut(WalPosition start, long available, long large) throws IOException {
		return (available - start.offset() <= large) ? available
				: firstCommitAfter(start, start.offset() + large, available);
	}

	private long firstCommitAfter(WalPosition start, long wanted, long available) throws IOException {
		try (RandomAccessFile file = openIndex(start.generation(), start.index())) {
			byte[] bytes = new byte[WalHeader.SIZE];
			file.readFully(bytes);
			int frameSize = WalHeader.parse(bytes, start.toString()).frameSize();
			long frame = WalHeader.SIZE + (wanted - WalHeader.SIZE) / frameSize * frameSize;
			while (frame < available) {
				file.seek(frame);
				file.readFully(bytes, 0, WalFrame.HEADER_SIZE);
				frame += frameSize;
				if (WalFrame.databasePages(bytes, 0) != 0) {
					return frame;
				}
			}
			return available;
		}
	}

	/**
	 * Frames of an index that may be shipped together, and their time. Commits that were
	 * seen within a second, or before a restart of the application in the same index,
	 * share the time of the last.
	 * @param start where they begin
	 * @param end where they end at most: after a commit that was copied
	 * @param span how far apart their commits may be
	 * @throws NoSuchFileException if the generation was left meanwhile
	 */
	public ShadowFrames frames(WalPosition start, long end, Duration span) throws NoSuchFileException {
		return frames(start, end, 0, span);
	}

	/**
	 * The same, of which so many are needed that they reach some offset, however far
	 * apart their commits are.
	 * @param start where they begin
	 * @param end where they end at most: after a commit that was copied
	 * @param reach where they end at least, if they end before {@code end}
	 * @param span how far apart their commits may be
	 * @throws NoSuchFileException if the generation was left meanwhile
	 */
	public synchronized ShadowFrames frames(WalPosition start, long end, long reach, Duration span)
			throws NoSuchFileException {
		requireCurrent(start);
		long cut = this.marks.cut(start, end, span);
		if (cut < Math.min(reach, end)) {
			cut = this.marks.firstFrom(start.at(reach), end);
		}
		return new ShadowFrames(start, cut, committedAt(start.at(cut)));
	}

	/**
	 * By when the newest commit up to a position had been made, by the time of day: one
	 * before its generation began, where there is none after it.
	 */
	synchronized Instant committedAt(WalPosition end) throws NoSuchFileException {
		requireCurrent(end);
		Instant seen = this.marks.at(end);
		if (seen == null) {
			throw new IllegalArgumentException("%s was not copied".formatted(end));
		}
		return seen;
	}

	private void requireCurrent(WalPosition at) throws NoSuchFileException {
		if (!requirePosition().generation().equals(at.generation())) {
			throw notHere(at.generation(), at.index());
		}
	}

	/** A position as the files here name it, which no renumbering changes. */
	WalPosition named(WalPosition position) {
		return this.files.named(position);
	}

	/**
	 * Why the generation before was given up, as this start was told; null if it was not.
	 */
	LocalState.@Nullable Left left() {
		return this.files.state().left();
	}

	/** What was copied of the newest index; null if it holds nothing yet. */
	@Nullable ShadowState state() {
		this.lock.assertHeld();
		return this.state;
	}

	/** Says that a replica may come to hold the state that is here now. */
	void relyOn() {
		this.lock.assertHeld();
		this.reliedOn = true;
	}

	/**
	 * Whether what is copied next must follow what was before: frames, or a state that a
	 * replica may hold without any frame.
	 */
	boolean mustGoOn() {
		return state() != null || this.reliedOn;
	}

	/** Whether the newest index is closed, whatever comes. */
	boolean isClosedIndex() {
		ShadowState known = state();
		return known != null && known.closed();
	}

	/**
	 * Leaves the current generation, if any, and starts one that holds nothing yet.
	 * @param now by when everything before had been committed
	 */
	void startGeneration(Instant now) throws IOException {
		this.lock.assertHeld();
		closeCurrent();
		Generation generation = Generation.random();
		this.files.create(generation);
		this.state = null;
		this.unforced = null;
		this.reliedOn = false;
		begin(new WalPosition(generation, 0, 0), now);
		this.files.deleteOthers();
	}

	private synchronized void begin(WalPosition start, Instant now) {
		this.ends.clear();
		this.marks.clear();
		this.marks.add(start, now);
		this.position = start;
	}

	private synchronized void reached(WalPosition end, Instant seen) {
		this.ends.put(end.index(), end.offset());
		this.marks.add(end, seen);
		this.position = end;
	}

	/**
	 * Where the frames of the live WAL go that follow the position.
	 * @param target which index they belong to
	 */
	Appender append(WalCopier.Index target) throws IOException {
		this.lock.assertHeld();
		WalPosition from = requirePosition();
		if (this.unforced != null) {
			throw new ContinuityLostException(GenerationReason.LOCAL_STATE_DAMAGED, this.unforced);
		}
		if (target == WalCopier.Index.SAME) {
			DiskFile file = this.current;
			if (file == null) {
				file = openAt(from);
				this.current = file;
				this.named = false;
			}
			return new Appender(file, from);
		}
		finishCurrent();
		int index = (this.state != null) ? nextIndex(from) : from.index();
		Path path = this.files.wal(from.generation(), index);
		this.disk.deleteIfExists(path);
		return new Appender(this.disk.create(path), new WalPosition(from.generation(), index, 0));
	}

	private int nextIndex(WalPosition from) throws ContinuityLostException {
		long next = this.files.indexAfter(from.index());
		if (next > Integer.MAX_VALUE) {
			throw new ContinuityLostException(GenerationReason.WAL_INDEX_TOO_LARGE,
					"the generation's WAL indexes are used up: %08x is the last that can be named"
						.formatted(from.index()));
		}
		return (int) next;
	}

	/** Opens an index, without what follows a position. */
	private DiskFile openAt(WalPosition end) throws IOException {
		DiskFile file = this.disk.open(this.files.wal(end.generation(), end.index()));
		try (OnFailure undo = OnFailure.run(file::close)) {
			file.truncate(end.offset());
			return undo.keep(file);
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
		this.lock.assertHeld();
		DiskFile file = this.current;
		if (file != null) {
			forceCurrent(file, requirePosition());
		}
	}

	private void forceCurrent(DiskFile file, WalPosition end) throws IOException {
		try {
			file.force();
			if (!this.named) {
				this.disk.forceDirectory(this.files.walDirectory(end.generation()));
				this.named = true;
			}
		}
		catch (IOException ex) {
			this.unforced = "%s could not be forced to the disk: %s"
				.formatted(this.files.wal(end.generation(), end.index()), ex.getMessage());
			throw ex;
		}
	}

	/**
	 * Says that the WAL of this index ends at the position, whatever comes. The index is
	 * on the disk before that is.
	 */
	void closeIndex() throws IOException {
		ShadowState known = state();
		if (known != null && !known.closed()) {
			force();
			this.files.writeClosed(requirePosition());
			this.state = known.asClosed();
			this.closedAt = requirePosition();
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
	 * Deletes the indexes of a generation before one, but never the newest, while others
	 * may be appended. For one thread at a time.
	 * @throws IOException if one cannot be deleted; it and later ones are still here
	 */
	void deleteBefore(Generation generation, int index) throws IOException {
		Path oldest = oldestBefore(generation, index);
		while (oldest != null) {
			this.disk.deleteIfExists(oldest);
			forgetOldest(generation);
			oldest = oldestBefore(generation, index);
		}
	}

	/**
	 * The oldest index, if it is before another one and not the newest.
	 * @return null if there is none, or the generation is not the current one any more
	 */
	@Nullable private synchronized Path oldestBefore(Generation generation, int index) {
		boolean any = requirePosition().generation().equals(generation) && this.ends.size() > 1
				&& this.ends.firstKey() < index;
		try {
			return any ? this.files.wal(generation, this.ends.firstKey()) : null;
		}
		catch (NoSuchFileException ex) {
			return null; // the generation is being left, with all of its files
		}
	}

	private synchronized void forgetOldest(Generation generation) {
		if (requirePosition().generation().equals(generation)) {
			this.ends.pollFirstEntry();
			this.marks.forgetBefore(new WalPosition(generation, this.ends.firstKey(), 0));
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

		/**
		 * Makes them part of the shadow WAL.
		 * @param seen by when their commits had been made
		 */
		void commit(ShadowState reached, Instant seen) throws IOException {
			ShadowWal.this.lock.assertHeld();
			if (reached.offset() != this.offset) {
				throw new IllegalStateException(
						"%d bytes were written, %d were to be committed".formatted(this.offset, reached.offset()));
			}
			if (ShadowWal.this.current != this.file) {
				// After a power cut the live WAL has the rest, but what begins here tells
				// that it is the same one
				this.file.force();
				ShadowWal.this.disk.forceDirectory(ShadowWal.this.files.walDirectory(this.start.generation()));
				closeCurrent();
				ShadowWal.this.current = this.file;
				ShadowWal.this.named = true;
			}
			ShadowWal.this.state = reached;
			reached(this.start.at(reached.offset()), seen);
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
