package org.litestream4j.replica;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;

/**
 * A place where one database's backup is kept, laid out as {@code ReplicaLayout} says.
 * Implement it for another store.
 * <p>
 * Thread-safe: a snapshot is written while segments are. Every method may block on I/O,
 * and throws {@link IOException} with one sentence that says what failed and what to do.
 * Secrets appear neither in messages nor in {@link #url()}. Creating a client does no
 * I/O.
 */
public interface ReplicaClient extends AutoCloseable {

	/** The kind of store, for example {@code file} or {@code s3}. */
	String type();

	/** Where the replica is, as a user would write it, without secrets. */
	String url();

	/**
	 * How many objects can be read at once without one waiting for another: as many as
	 * there are connections, for example. At least 1; 50 unless the client says
	 * otherwise.
	 */
	default int concurrentReads() {
		return 50;
	}

	/**
	 * How far the store's clock is ahead of this machine's, negative if it is behind, as
	 * of the newest answer that told: what is as old as a retention is decided on the
	 * store's clock, which dates the objects. Empty until an answer told. Costs no
	 * request.
	 */
	default Optional<Duration> clockOffset() {
		return Optional.empty();
	}

	/**
	 * Names the backup at this place that is in another format, if there is any: an
	 * application must neither start empty beside it, nor with an older state. Asked
	 * before the newest state is restored. Empty by default.
	 */
	default Optional<ForeignBackup> foreignBackup() throws IOException {
		return Optional.empty();
	}

	/** The generations that hold at least one object, in no order. */
	List<Generation> generations() throws IOException;

	/**
	 * The generations, asked for again in a way that an earlier answer can hardly have
	 * made wrong: through another connection, for example. Called before an application
	 * starts with an empty database because no replica has a backup: one wrong answer
	 * must not decide that. By default {@link #generations()}.
	 */
	default List<Generation> generationsAgain() throws IOException {
		return generations();
	}

	/**
	 * The snapshots of a generation by ascending index; none for an unknown generation.
	 * Foreign objects are left out.
	 */
	List<Snapshot> snapshots(Generation generation) throws IOException;

	/**
	 * The segments of a generation by ascending index and offset; none for an unknown
	 * generation. Foreign objects are left out.
	 */
	List<WalSegment> walSegments(Generation generation) throws IOException;

	/**
	 * Visits the segments of a generation one by one, in no order, for who does not need
	 * them all at once: a replica may hold millions. Foreign objects are left out. A
	 * client that lists in pages overrides it and holds one page at a time; as it stands
	 * it takes the memory of {@link #walSegments(Generation)}.
	 * @param generation the generation; nothing is visited of an unknown one
	 * @param visitor is called on the calling thread
	 */
	default void visitWalSegments(Generation generation, Consumer<? super WalSegment> visitor) throws IOException {
		walSegments(generation).forEach(visitor);
	}

	/**
	 * Stores a snapshot: all of it becomes visible at once and survives a crash of this
	 * machine when the method returns, or nothing is left behind. The same snapshot again
	 * replaces it, so retrying is safe.
	 * @param generation the generation
	 * @param index the WAL index that restores on top of it
	 * @param committedAt when the newest commit in it was seen
	 * @param content an LZ4 frame of the whole database
	 * @return the object as stored
	 */
	Snapshot writeSnapshot(Generation generation, int index, Instant committedAt, ObjectContent content)
			throws IOException;

	/**
	 * Stores a segment: all of it becomes visible at once and survives a crash of this
	 * machine when the method returns, or nothing is left behind. The same position again
	 * replaces it, so retrying is safe.
	 * @param start where the segment begins
	 * @param committedAt when the newest commit in it was seen
	 * @param content an LZ4 frame of whole WAL frames; at offset 0 the WAL's header first
	 * @return the object as stored
	 */
	WalSegment writeWalSegment(WalPosition start, Instant committedAt, ObjectContent content) throws IOException;

	/**
	 * Opens a snapshot as stored, that is compressed.
	 * @throws java.nio.file.NoSuchFileException if the object is gone
	 */
	InputStream openSnapshot(Snapshot snapshot) throws IOException;

	/**
	 * Opens a segment as stored, that is compressed.
	 * @throws java.nio.file.NoSuchFileException if the object is gone
	 */
	InputStream openWalSegment(WalSegment segment) throws IOException;

	/**
	 * When the newest commit in a snapshot was seen, as far as the store knows: its
	 * creation time, or a time more exact, and much earlier where the store was copied
	 * from another one. May cost a request.
	 * @throws java.nio.file.NoSuchFileException if the object is gone
	 */
	default Instant committedAt(Snapshot snapshot) throws IOException {
		return snapshot.createdAt();
	}

	/**
	 * When the newest commit in a segment was seen; as {@link #committedAt(Snapshot)}.
	 * @throws java.nio.file.NoSuchFileException if the object is gone
	 */
	default Instant committedAt(WalSegment segment) throws IOException {
		return segment.createdAt();
	}

	/**
	 * Deletes snapshots in the order given. One that is gone already is no error.
	 */
	void deleteSnapshots(Collection<Snapshot> snapshots) throws IOException;

	/**
	 * Deletes segments in the order given. One that is gone already is no error.
	 */
	void deleteWalSegments(Collection<WalSegment> segments) throws IOException;

	/** Frees what the client holds. The application's own clients stay open. */
	@Override
	void close();

}
