package org.litestream4j.live;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.FileStamp;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.sqlite.CorruptWalException;
import org.litestream4j.sqlite.WalTail;

/**
 * What the meta directory holds of a database, read and changed before the database is
 * opened, while the directory's lock is held: what a start has to know and to settle
 * before anything of it may be shipped. Each change is on the disk when its method
 * returns, and one that was cut short has happened or has not. Not to be used any more
 * once the engine has opened the same directory. Not thread-safe.
 */
public final class LocalLog {

	/** Indexes that a run may use up: a restart of the WAL each second for 30 years. */
	private static final int ROOM = 1 << 30;

	/** More would not be read back. */
	private static final int MOST_MOVES = 1000;

	private static final int ATTEMPTS = 20;

	/** The file was just written, and its clock may tick in milliseconds. */
	private static final long PAUSE_NANOS = 2_000_000;

	private static final Pattern RUN_ID = Pattern.compile("[0-9a-f]{16}");

	private final Disk disk;

	private final Path metaDirectory;

	private final ShadowFiles files;

	private NavigableMap<Integer, Long> ends = new TreeMap<>();

	@Nullable private WalPosition end;

	/** Whether the newest index ends there for good. */
	private boolean closed;

	private LocalLog(Disk disk, Path metaDirectory) {
		this.disk = disk;
		this.metaDirectory = metaDirectory;
		this.files = new ShadowFiles(disk, metaDirectory);
	}

	/**
	 * Reads it. Changes nothing.
	 * @param disk changes the meta directory
	 * @param metaDirectory which may not exist yet
	 * @throws IOException if it cannot be read
	 */
	public static LocalLog read(Disk disk, Path metaDirectory) throws IOException {
		LocalLog log = new LocalLog(disk, metaDirectory);
		log.files.readState();
		log.look();
		return log;
	}

	/**
	 * Whether a database has the very bytes that replication left at its last stop, by
	 * the record of that: then the meta directory is that of this database. False proves
	 * nothing, as a stop that had no time leaves no record, nor does one of a large
	 * database. Changes nothing.
	 * @param database which nobody has open
	 * @throws IOException if one of both cannot be read
	 */
	public static boolean isOfStopped(Path metaDirectory, Path database) throws IOException {
		return new StopRecord(SystemDisk.ownerOnly(), metaDirectory).isOf(DatabaseFile.of(database.toRealPath()));
	}

	/** Finds out where each index ends, as the engine's start will. */
	private void look() throws IOException {
		this.ends = new TreeMap<>();
		this.end = null;
		this.closed = false;
		Generation generation = this.files.state().generation();
		if (generation == null) {
			return;
		}
		this.ends.putAll(this.files.sizes(generation));
		this.end = new WalPosition(generation, this.files.state().numbering().firstIndex(), 0);
		while (!this.ends.isEmpty()) {
			int newest = this.ends.lastKey();
			ShadowState committed = this.files.committed(generation, newest);
			if (committed != null) {
				this.ends.put(newest, committed.offset());
				this.end = new WalPosition(generation, newest, committed.offset());
				this.closed = committed.closed();
				return;
			}
			this.ends.remove(newest);
		}
	}

	/** The generation that can be gone on with; nothing if a new one is to start. */
	public Optional<Generation> generation() {
		return Optional.ofNullable(this.files.state().generation());
	}

	/**
	 * Up to where the live WAL was copied: after a commit. The live WAL may hold more.
	 * Nothing if there is no generation.
	 */
	public Optional<WalPosition> end() {
		return Optional.ofNullable(this.end);
	}

	/** The indexes of which there is a copy, in order. */
	public List<Integer> indexes() {
		return List.copyOf(this.ends.keySet());
	}

	/**
	 * The ids of the runs that are known, the newest last: the last 200. A lock file with
	 * one of them was left by a predecessor of this very meta directory.
	 */
	public List<String> runs() {
		return this.files.state().history().runs();
	}

	/**
	 * Notes that a run begins. Before it writes anything to a replica.
	 * @param runId 16 lower-case hexadecimal digits, new
	 */
	public void beginRun(String runId) throws IOException {
		if (!RUN_ID.matcher(runId).matches()) {
			throw new IllegalArgumentException(
					"'%s' is not a run: 16 lower-case hexadecimal digits are expected".formatted(runId));
		}
		LocalState state = this.files.state();
		if (runs().contains(runId)) {
			throw new IllegalArgumentException("run %s has begun before".formatted(runId));
		}
		RunHistory history = state.history().with(new RunHistory.Event.Began(runId));
		this.files
			.writeState(new LocalState(state.generation(), begun(state), state.numbering(), history, state.left()));
	}

	/**
	 * Notes which earlier runs must stay known, however many follow.
	 * @param writers those that wrote what replicas end with
	 * @param all whether there is no replica of which that is not known: no run is given
	 * up for room before there is none, else
	 */
	public void keepKnown(Set<String> writers, boolean all) throws IOException {
		LocalState state = this.files.state();
		RunHistory known = state.history();
		RunHistory history = (all || known.isFull()) ? known.sparing(writers) : known;
		if (!history.equals(state.history())) {
			this.files
				.writeState(new LocalState(state.generation(), begun(state), state.numbering(), history, state.left()));
		}
	}

	/** The file that tells is about to be replaced. */
	@Nullable private Instant begun(LocalState state) {
		return (state.generation() != null) ? this.files.begunBy() : null;
	}

	/**
	 * Where the local copy goes on from what a replica holds.
	 * @param dataEnd where the last object of the replica ends that has any content
	 * @param writerRun the run that wrote that object. Null if it names none, as it was
	 * written before objects named their writer: before every run that is known here
	 */
	public Continuation continuationOf(WalPosition dataEnd, @Nullable String writerRun) {
		return LocalCopy.of(this.files.state(), this.ends, this.end, this.closed).continuationOf(dataEnd, writerRun);
	}

	/**
	 * Whether the live WAL holds everything before a position, though its copy does not:
	 * copies are not forced with each commit, and a power cut takes their ends away. The
	 * engine's first copy brings that back.
	 * @param position in the numbers of now
	 * @param database which nobody has open
	 * @throws IOException if the WAL cannot be read
	 */
	public boolean isInLiveWal(WalPosition position, Path database) throws IOException {
		WalPosition known = this.end;
		if (known == null || !position.generation().equals(known.generation()) || position.index() != known.index()
				|| !this.ends.containsKey(known.index())) {
			return false;
		}
		ShadowState copied = this.files.committed(known.generation(), known.index());
		Path wal = DatabaseFile.of(database.toRealPath()).walPath();
		try (InputStream in = new BufferedInputStream(Files.newInputStream(wal), 1 << 18)) {
			WalTail live = WalTail.scan(in, wal.toString());
			return copied != null && live.header().equals(copied.header()) && live.commitOffset() >= position.offset();
		}
		catch (CorruptWalException | NoSuchFileException ex) {
			return false; // empty, or gone
		}
	}

	/**
	 * Opens the copy of one index for reading. The caller closes it.
	 * @throws NoSuchFileException if it is not here
	 */
	public RandomAccessFile openIndex(int index) throws IOException {
		return this.files.openIndex(requireEnd().generation(), index);
	}

	/**
	 * Where the copy of an index ends, after a commit, in bytes.
	 * @throws NoSuchFileException if it is not here
	 */
	public long endOf(int index) throws NoSuchFileException {
		Long known = this.ends.get(index);
		if (known == null) {
			throw new NoSuchFileException("WAL index %08x".formatted(index));
		}
		return known;
	}

	private WalPosition requireEnd() {
		WalPosition known = this.end;
		if (known == null) {
			throw new IllegalStateException("no generation has started");
		}
		return known;
	}

	/**
	 * Moves all indexes on, from one on, so that what is written from now on has numbers
	 * that no earlier run can have used; the newest run has done it. The numbers in
	 * between stay empty. All at once: a crash leaves either numbering. If there are too
	 * few numbers left, the generation is given up, with that reason.
	 * @param from the first index that is moved; one that is not here yet may be named
	 * @param by how far
	 * @throws IllegalStateException if there is no generation, or no run has begun
	 */
	public void renumber(int from, int by) throws IOException {
		WalPosition known = requireEnd();
		LocalState state = this.files.state();
		if (from < 0 || by < 1 || state.history().runs().isEmpty()) {
			throw new IllegalStateException("indexes from %d cannot be moved by %d".formatted(from, by));
		}
		int oldest = this.ends.isEmpty() ? known.index() : this.ends.firstKey();
		if ((long) Math.max(known.index(), from) + by > Integer.MAX_VALUE - ROOM) {
			leave(GenerationReason.WAL_INDEX_TOO_LARGE,
					"the generation's WAL indexes are used up: %08x cannot be moved by %d".formatted(known.index(),
							by));
			return;
		}
		Numbering numbering = state.numbering().moved(from, by, oldest);
		if (numbering.moves().size() > MOST_MOVES) {
			leave(GenerationReason.REPLICA_TOO_FAR_BEHIND,
					"the replica is behind by more than %d starts".formatted(MOST_MOVES));
			return;
		}
		RunHistory history = state.history().with(new RunHistory.Event.Moved(known.generation(), from, by));
		this.files.writeState(new LocalState(state.generation(), begun(state), numbering, history, state.left()));
		look();
	}

	/**
	 * Goes on from a database that was just restored, in the generation that it was
	 * restored from. What the meta directory held before is given up, and its copies are
	 * deleted. The next start goes on only if the database is still that state, or if the
	 * WAL beside it holds all that was committed since; else it starts a new generation.
	 * So does one after a crash within this method.
	 * @param replicaEnd the state that was restored: exactly where the data of the
	 * replica ends
	 * @param writerRun the run that wrote what ends there; null if nobody is named
	 * @param nextIndex the index that what is committed next begins
	 * @param database the restored file, which nobody has opened since
	 * @throws IllegalStateException if no run has begun
	 */
	public void adopt(WalPosition replicaEnd, @Nullable String writerRun, int nextIndex, Path database)
			throws IOException {
		if (nextIndex <= replicaEnd.index() || runs().isEmpty()) {
			throw new IllegalStateException("index %d cannot follow %s".formatted(nextIndex, replicaEnd));
		}
		leave(GenerationReason.NO_LOCAL_STATE, "the process ended while the restored database was taken over");
		this.files.deleteOthers();
		if (nextIndex > Integer.MAX_VALUE - ROOM) {
			leave(GenerationReason.WAL_INDEX_TOO_LARGE,
					"the generation's WAL indexes are used up: the replica ends at %s".formatted(replicaEnd));
			return;
		}
		DatabaseFile file = DatabaseFile.of(database.toRealPath());
		if (Files.exists(file.walPath()) && Files.size(file.walPath()) > 0) {
			// Perhaps checkpointed, too: then the file is not what was restored
			leave(GenerationReason.WAL_DOES_NOT_CONTINUE,
					"somebody opened the restored database before replication had started");
			return;
		}
		WalPosition begin = new WalPosition(replicaEnd.generation(), nextIndex, 0);
		this.files.createDirectories(begin.generation());
		FileStamp stamp = conclusiveStamp(begin.generation(), file);
		if (stamp != null) {
			this.files.writeBackfilled(begin.generation(), RestartProof.describe(begin, stamp));
		}
		else {
			recordBytes(begin, file);
		}
		RunHistory history = this.files.state()
			.history()
			.with(new RunHistory.Event.Adopted(replicaEnd, writerRun, nextIndex));
		this.files.writeState(
				new LocalState(begin.generation(), Instant.now(), new Numbering(nextIndex, List.of()), history, null));
		look();
		if (stamp != null) {
			// For when its time changes and its bytes do not. Last, as it can take a
			// while
			recordBytes(begin, file);
		}
	}

	@Nullable private FileStamp conclusiveStamp(Generation generation, DatabaseFile file) throws IOException {
		RestartProof.Clock clock = () -> FileStamp.of(this.files.touchClock(generation));
		FileStamp stamp = RestartProof.conclusiveStamp(clock, file);
		for (int attempt = 1; attempt < ATTEMPTS && stamp == null; attempt++) {
			LockSupport.parkNanos(PAUSE_NANOS);
			stamp = RestartProof.conclusiveStamp(clock, file);
		}
		return stamp;
	}

	/** Only if nobody has written meanwhile. */
	private void recordBytes(WalPosition begin, DatabaseFile file) throws IOException {
		if (file.size() <= StopRecord.LARGEST_DATABASE) {
			FileStamp before = file.stamp();
			String record = StopRecord.describe(begin, file);
			if (file.stamp().equals(before)) {
				new StopRecord(this.disk, this.metaDirectory).write(record);
			}
		}
	}

	/**
	 * Gives the generation up: a new one starts when the engine does. The runs stay
	 * known.
	 * @param reason what kind of reason
	 * @param detail why, in one clause without its full stop
	 */
	public void leave(GenerationReason reason, String detail) throws IOException {
		this.files.writeState(this.files.state().leaving(new LocalState.Left(reason, detail)));
		look();
	}

	@Override
	public String toString() {
		return "%s, at %s".formatted(this.metaDirectory, this.end);
	}

}
