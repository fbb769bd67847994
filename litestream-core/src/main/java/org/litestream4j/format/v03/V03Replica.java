package org.litestream4j.format.v03;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.ObjectCodec;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.Writer;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replication.FencedException;
import org.litestream4j.restore.ReplicaCatalogue;
import org.litestream4j.restore.RestorePlan;
import org.litestream4j.restore.RestoreSource;
import org.litestream4j.sqlite.WalHeader;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectReader;
import org.litestream4j.store.ObjectStore.Depth;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.ObservedStore;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;
import org.litestream4j.store.StoreCapabilities.Metadata;
import org.litestream4j.store.StoredObject;

/**
 * Generations, snapshots and segments as objects of a store, named as
 * {@link ReplicaLayout} says, whatever store it is. What has another name is foreign, and
 * neither listed nor touched. Thread-safe if the store is.
 */
public final class V03Replica implements RestoreSource, AutoCloseable {

	/** What the time of an object's newest commit is kept under, as ISO 8601. */
	private static final String COMMITTED_AT = "litestream-committed-at";

	/** What the name of the run is kept under that wrote an object. */
	private static final String RUN = "litestream-run";

	/** What the epoch is kept under in which that run owned the replica, in decimal. */
	private static final String EPOCH = "litestream-epoch";

	/** Where Litestream v0.5 has objects: in a bucket, and in a directory. */
	private static final List<String> LTX_DIRECTORIES = List.of("0000", "ltx");

	/** Orders segments of a generation. */
	static final Comparator<WalSegment> BY_POSITION = Comparator.comparingInt(WalSegment::index)
		.thenComparingLong(WalSegment::offset);

	private static final Witness NOBODY = new Witness() {
	};

	private final ObjectStore store;

	private final Witness witness;

	/** Hears of what a replica is seen to hold. Must be thread-safe. */
	public interface Witness {

		/** All snapshots of a generation were listed. */
		default void listedSnapshots(Generation generation, List<Snapshot> listed) {
		}

		/** All segments of a generation were listed. */
		default void listedSegments(Generation generation, List<WalSegment> listed) {
		}

		/** A snapshot was stored. */
		default void stored(Snapshot snapshot) {
		}

		/** A segment was stored. */
		default void stored(WalSegment segment) {
		}

	}

	/**
	 * Creates a replica. Does no I/O.
	 * @param store keeps the objects; closed with the replica
	 */
	public V03Replica(ObjectStore store) {
		this(store, NOBODY);
	}

	/**
	 * Creates a replica somebody watches. Does no I/O.
	 * @param store keeps the objects; closed with the replica
	 * @param witness hears of what is listed and stored
	 */
	public V03Replica(ObjectStore store, Witness witness) {
		this.store = store;
		this.witness = witness;
	}

	/**
	 * A replica each of whose requests is reported.
	 * @param database the database's name, for the listener
	 * @param replica the replica's name, for the listener
	 */
	public static V03Replica observed(ObjectStore store, String database, String replica, LitestreamListener listener) {
		return new V03Replica(observe(store, database, replica, listener));
	}

	/** A store each of whose requests is reported, for what its objects are. */
	public static ObservedStore observe(ObjectStore store, String database, String replica,
			LitestreamListener listener) {
		return ObservedStore.observe(store, database, replica, ReplicaLayout::isSnapshot, listener);
	}

	/** What keeps the objects. */
	public ObjectStore store() {
		return this.store;
	}

	/** How objects are kept. */
	public ObjectCodec codec() {
		return ObjectCodec.LZ4;
	}

	/** Where the replica is, without secrets. */
	public String url() {
		return this.store.url();
	}

	/** See {@link ObjectStore#clockOffset()}. */
	public Optional<Duration> clockOffset() {
		return this.store.clockOffset();
	}

	/** The generations that hold at least one object, in no order. */
	public List<Generation> generations() throws IOException {
		return generations(this.store);
	}

	/**
	 * The generations, asked for in a way that an earlier answer can hardly have made
	 * wrong: see {@link ObjectStore#afresh()}.
	 */
	public List<Generation> generationsAgain() throws IOException {
		return generations(this.store.afresh());
	}

	private static List<Generation> generations(ObjectStore store) throws IOException {
		List<Generation> found = new ArrayList<>();
		for (String name : store.directories(ReplicaLayout.GENERATIONS)) {
			if (Generation.isValid(name) && holdsObjects(store, new Generation(name))) {
				found.add(new Generation(name));
			}
		}
		return found;
	}

	private static boolean holdsObjects(ObjectStore store, Generation generation) throws IOException {
		AtomicBoolean holds = new AtomicBoolean();
		store.list(ReplicaLayout.GENERATIONS + "/" + generation, Depth.TREE, (object) -> {
			holds.set(ReplicaLayout.isObject(object.name()));
			return !holds.get();
		});
		return holds.get();
	}

	private static Optional<Snapshot> parseSnapshot(Generation generation, StoredObject object) {
		return ReplicaLayout.parseSnapshot(generation, object.fileName(), object.size(), object.storedAt());
	}

	private static Optional<WalSegment> parseSegment(Generation generation, StoredObject object) {
		return ReplicaLayout.parseSegment(generation, object.fileName(), object.size(), object.storedAt());
	}

	/**
	 * Names the backup at this place that is in another format, if there is any: an
	 * application must neither start empty beside it, nor with an older state. Asked
	 * before the newest state is restored.
	 */
	public Optional<ForeignBackup> foreignBackup() throws IOException {
		List<ForeignBackup> newest = new ArrayList<>();
		for (String directory : LTX_DIRECTORIES) {
			this.store.list(directory, Depth.TREE, (object) -> {
				if (ReplicaLayout.isLtx(object.fileName())) {
					ForeignBackup found = new ForeignBackup(ReplicaLayout.LTX, object.name(), object.storedAt());
					newest.add(newest.isEmpty() ? found : ForeignBackup.newer(newest.remove(0), found));
				}
				return true;
			});
		}
		return newest.stream().findFirst();
	}

	@Override
	public boolean holdsBackupAfterAll() throws IOException {
		return !generationsAgain().isEmpty();
	}

	@Override
	public ReplicaCatalogue catalogue(RestoreTarget target) throws IOException {
		return new V03Catalogue(this, ReplicaListing.read(this, target));
	}

	@Override
	public boolean planned(RestorePlan plan) {
		return plan instanceof V03Plan;
	}

	@Override
	public Instant newestCommit(RestorePlan plan) throws IOException {
		V03Plan planned = (V03Plan) plan;
		List<WalSegment> segments = planned.segments();
		try {
			return segments.isEmpty() ? committedAt(planned.snapshot())
					: committedAt(segments.get(segments.size() - 1));
		}
		catch (NoSuchFileException ex) {
			return planned.createdAt(); // retention goes on
		}
	}

	/** The snapshots of a generation by ascending index; none for an unknown one. */
	public List<Snapshot> snapshots(Generation generation) throws IOException {
		List<Snapshot> snapshots = new ArrayList<>();
		this.store.list(ReplicaLayout.snapshotsDirectory(generation), Depth.DIRECTORY, (object) -> {
			parseSnapshot(generation, object).ifPresent(snapshots::add);
			return true;
		});
		snapshots.sort(Comparator.comparingInt(Snapshot::index));
		this.witness.listedSnapshots(generation, snapshots);
		return snapshots;
	}

	/**
	 * The segments of a generation by ascending index and offset; none for an unknown
	 * one.
	 */
	public List<WalSegment> walSegments(Generation generation) throws IOException {
		List<WalSegment> segments = new ArrayList<>();
		visitWalSegments(generation, segments::add);
		segments.sort(BY_POSITION);
		this.witness.listedSegments(generation, segments);
		return segments;
	}

	/**
	 * Visits the segments of a generation one by one, in no order, for who does not need
	 * them all at once: a replica may hold millions.
	 * @param generation the generation; nothing is visited of an unknown one
	 * @param visitor is called on the calling thread
	 */
	public void visitWalSegments(Generation generation, Consumer<? super WalSegment> visitor) throws IOException {
		this.store.list(ReplicaLayout.walDirectory(generation), Depth.DIRECTORY, (object) -> {
			parseSegment(generation, object).ifPresent(visitor);
			return true;
		});
	}

	/**
	 * Stores a snapshot that names nobody: as
	 * {@link #writeSnapshot(Generation, int, ObjectNote, ObjectContent)}.
	 * @param committedAt when the newest commit in it was seen
	 */
	public Snapshot writeSnapshot(Generation generation, int index, Instant committedAt, ObjectContent content)
			throws IOException {
		return writeSnapshot(generation, index, new ObjectNote(committedAt, null), content);
	}

	/**
	 * Stores a snapshot. Another one of the same index is replaced, so retrying is safe;
	 * also for a writer that keeps others out, as a late one still tells the truth.
	 * @param generation the generation
	 * @param index the WAL index that restores on top of it
	 * @param note what is kept beside it by stores that can
	 * @param content the whole database, {@linkplain #codec() encoded}
	 * @return the object as stored
	 */
	public Snapshot writeSnapshot(Generation generation, int index, ObjectNote note, ObjectContent content)
			throws IOException {
		NewObject object = object(ReplicaLayout.snapshotName(generation, index), note, index > 0)
			.withWeight(NewObject.Weight.HEAVY);
		StoredObject stored = put(object, content);
		Snapshot snapshot = new Snapshot(generation, index, stored.size(), stored.storedAt());
		this.witness.stored(snapshot);
		return snapshot;
	}

	/**
	 * Stores a segment that names nobody: as
	 * {@link #writeWalSegment(WalPosition, ObjectNote, ObjectContent)}.
	 * @param committedAt when the newest commit in it was seen
	 */
	public WalSegment writeWalSegment(WalPosition start, Instant committedAt, ObjectContent content)
			throws IOException {
		return writeWalSegment(start, new ObjectNote(committedAt, null), content);
	}

	/**
	 * Stores a segment. With a {@linkplain ObjectNote#writer() writer} only if there is
	 * none at that position, or it is this very one; else the same position again
	 * replaces it. So retrying is safe.
	 * @param start where the segment begins
	 * @param note with which the content begins; also kept beside it by stores that can
	 * @param content the note, and whole WAL frames, {@linkplain #codec() encoded}; at
	 * offset 0 the WAL's header first
	 * @return the object as stored
	 * @throws FencedException if another one is there, and a writer is named
	 */
	public WalSegment writeWalSegment(WalPosition start, ObjectNote note, ObjectContent content) throws IOException {
		NewObject object = object(ReplicaLayout.newSegmentName(start), note, start.index() > 0 || start.offset() > 0);
		Optional<Writer> writer = note.writer();
		StoredObject stored = writer.isPresent() ? putNew(object, writer.get(), content) : put(object, content);
		WalSegment segment = new WalSegment(start.generation(), start.index(), start.offset(), stored.size(),
				stored.storedAt());
		this.witness.stored(segment);
		return segment;
	}

	private StoredObject putNew(NewObject object, Writer writer, ObjectContent content) throws IOException {
		try {
			return put(object.when(Precondition.ABSENT), content);
		}
		catch (PreconditionFailedException ex) {
			return requireOwn(object.name(), writer, content, ex);
		}
	}

	/** An object that is there already may be one's own, the answer to which was lost. */
	private StoredObject requireOwn(String name, Writer writer, ObjectContent content, PreconditionFailedException why)
			throws IOException {
		StoredObject found = this.store.stat(name)
			.orElseThrow(() -> new IOException("%s was there, and is gone".formatted(name), why));
		ObjectNote note = note(found).orElse(null);
		boolean own = note != null && note.writer().filter(writer::equals).isPresent();
		if (own && found.size() == content.size()) {
			return found;
		}
		throw FencedException.of(name, (note != null && !own) ? note.run() : null, why);
	}

	private StoredObject put(NewObject object, ObjectContent content) throws IOException {
		StoredObject stored = this.store.put(object, content);
		this.store.discardUnfinished(ReplicaLayout.GENERATIONS, ReplicaLayout::isObject);
		return stored;
	}

	private static NewObject object(String name, ObjectNote note, boolean continues) {
		Map<String, String> metadata = new HashMap<>();
		if (note.committedAt() != null) {
			metadata.put(COMMITTED_AT, note.committedAt().toString());
		}
		if (note.run() != null) {
			metadata.put(RUN, note.run());
			note.writer().ifPresent((writer) -> metadata.put(EPOCH, Long.toString(writer.epoch())));
		}
		return NewObject.named(name)
			.withMetadata(metadata)
			.withNeighbors(continues ? NewObject.Neighbors.EXPECTED : NewObject.Neighbors.UNKNOWN);
	}

	/**
	 * Whether a segment adds nothing to any state, as its name and size tell: a fence
	 * that keeps earlier writers out, or a bridge over indexes that nobody wrote. Costs
	 * no request.
	 */
	public static boolean isFence(WalSegment segment) {
		return SegmentContent.isFence(segment);
	}

	/**
	 * What a segment says of itself, read from its beginning.
	 * @return the note; empty if its writer left none
	 * @throws java.nio.file.NoSuchFileException if the object is gone
	 */
	public Optional<ObjectNote> note(WalSegment segment) throws IOException {
		return note(object(segment));
	}

	/** What a snapshot says of itself, read from its beginning. */
	public Optional<ObjectNote> note(Snapshot snapshot) throws IOException {
		return note(object(snapshot));
	}

	private Optional<ObjectNote> note(StoredObject object) throws IOException {
		try (InputStream in = this.store.open(object, 0, codec().noteBytes())) {
			return codec().note(in);
		}
	}

	/**
	 * Opens a snapshot as stored, that is encoded.
	 * @throws java.nio.file.NoSuchFileException if the object is gone
	 */
	public InputStream openSnapshot(Snapshot snapshot) throws IOException {
		return new ObjectReader(this.store).openNow(object(snapshot));
	}

	/**
	 * Opens a segment as stored, that is encoded.
	 * @throws java.nio.file.NoSuchFileException if the object is gone
	 */
	public InputStream openWalSegment(WalSegment segment) throws IOException {
		return new ObjectReader(this.store).openNow(object(segment));
	}

	/**
	 * The header of the WAL that a segment is a piece of, from the segment with which
	 * that begins. Fetches little more.
	 */
	WalHeader walHeader(WalSegment segment) throws IOException {
		WalPosition begin = segment.start().at(0);
		StoredObject first = this.store.stat(ReplicaLayout.segmentName(begin))
			.orElseThrow(() -> new IOException(
					"The WAL segment %s is missing from the replica".formatted(ReplicaLayout.segmentName(begin))));
		try (InputStream in = new ObjectReader(this.store).openNow(first)) {
			return WalHeader.parse(codec().decoder().decode(in).readNBytes(WalHeader.SIZE),
					"WAL index " + begin.index());
		}
	}

	/** A snapshot as the store has it, in whatever version. */
	public static StoredObject object(Snapshot snapshot) {
		return new StoredObject(ReplicaLayout.nameOf(snapshot), snapshot.size(), snapshot.createdAt(), null);
	}

	/** A segment as the store has it, in whatever version. */
	public static StoredObject object(WalSegment segment) {
		return new StoredObject(ReplicaLayout.nameOf(segment), segment.size(), segment.createdAt(), null);
	}

	/**
	 * When the newest commit in a snapshot was seen, as far as it is known: its creation
	 * time, or a time more exact, and much earlier where the store was copied from
	 * another one. May cost a request.
	 * @throws java.nio.file.NoSuchFileException if the object is gone
	 */
	public Instant committedAt(Snapshot snapshot) throws IOException {
		return committedAt(object(snapshot));
	}

	/** When the newest commit in a segment was seen. */
	public Instant committedAt(WalSegment segment) throws IOException {
		return committedAt(object(segment));
	}

	private Instant committedAt(StoredObject object) throws IOException {
		if (this.store.capabilities().metadata() == Metadata.KEPT) {
			return parse(this.store.metadata(object.name()).get(COMMITTED_AT), object.storedAt());
		}
		// From the object itself: a copy of the files may have lost their times
		return note(object).map(ObjectNote::committedAt).orElse(object.storedAt());
	}

	private static Instant parse(@Nullable String kept, Instant createdAt) {
		try {
			return (kept != null) ? Instant.parse(kept) : createdAt;
		}
		catch (DateTimeException ex) {
			return createdAt;
		}
	}

	/** Deletes snapshots in the order given. One that is gone already is no error. */
	public void deleteSnapshots(Collection<Snapshot> snapshots) throws IOException {
		this.store.delete(snapshots.stream().map(ReplicaLayout::nameOf).toList());
	}

	/** Deletes segments in the order given. One that is gone already is no error. */
	public void deleteWalSegments(Collection<WalSegment> segments) throws IOException {
		this.store.delete(segments.stream().map(ReplicaLayout::nameOf).toList());
	}

	/** Closes the store. */
	@Override
	public void close() {
		this.store.close();
	}

	@Override
	public String toString() {
		return url();
	}

}
