package org.litestream4j.format.ltx;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectReader;
import org.litestream4j.store.ObjectStore.Depth;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.ObservedStore;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.StoredObject;

/**
 * LTX files as objects of a store, named as {@link LtxNames} says. What has another name
 * is foreign, and neither listed nor touched. Thread-safe if the store is.
 */
public final class LtxReplica {

	/** What Litestream v0.5 keeps the time of a file's last transaction under. */
	public static final String TIMESTAMP = "litestream-timestamp";

	private final ObjectStore store;

	private final LtxNames names;

	/**
	 * Creates a replica. Does no I/O.
	 * @param store keeps the objects
	 */
	public LtxReplica(ObjectStore store) {
		this.store = store;
		this.names = LtxNames.of(store);
	}

	/**
	 * {@return a store each of whose requests is reported, for what its objects are}
	 * @param store keeps the objects
	 * @param database the database's name, for the listener
	 * @param replica the replica's name, for the listener
	 * @param listener hears of requests
	 */
	public static ObservedStore observe(ObjectStore store, String database, String replica,
			LitestreamListener listener) {
		return ObservedStore.observe(store, database, replica, snapshots(store), listener);
	}

	/**
	 * {@return which names are those of snapshots}
	 * @param store keeps the objects
	 */
	public static Predicate<String> snapshots(ObjectStore store) {
		String snapshots = LtxNames.of(store).directory(LtxFile.SNAPSHOTS) + "/";
		return (name) -> name.startsWith(snapshots);
	}

	/**
	 * {@return what keeps the objects}
	 */
	public ObjectStore store() {
		return this.store;
	}

	/**
	 * {@return the same replica, asked in a way that an earlier answer can hardly have
	 * made wrong: see {@link ObjectStore#afresh()}}
	 */
	public LtxReplica afresh() {
		return new LtxReplica(this.store.afresh());
	}

	/**
	 * {@return the name of a file, relative to the replica's place}
	 * @param file the file
	 */
	public String name(LtxFile file) {
		return this.names.name(file);
	}

	/**
	 * {@return a file as its store knows it}
	 * @param file as listed or stored
	 */
	public StoredObject object(LtxFile file) {
		return new StoredObject(name(file), file.size(), file.storedAt(), file.tag());
	}

	/**
	 * Lists a level.
	 * @param level 0 to {@link LtxFile#SNAPSHOTS}
	 * @return its files {@linkplain LtxFile#BY_TRANSACTIONS by transactions}
	 * @throws IOException if the store cannot be read
	 */
	public List<LtxFile> list(int level) throws IOException {
		List<LtxFile> files = new ArrayList<>();
		this.store.list(this.names.directory(level), Depth.DIRECTORY, (object) -> {
			LtxNames.parse(level, object).ifPresent(files::add);
			return true;
		});
		files.sort(LtxFile.BY_TRANSACTIONS);
		return files;
	}

	/**
	 * Lists all levels.
	 * @return the files, those that reach farthest first, and of equals the highest level
	 * first
	 * @throws IOException if the store cannot be read
	 */
	public List<LtxFile> listAll() throws IOException {
		List<LtxFile> files = new ArrayList<>();
		for (int level = 0; level <= LtxFile.SNAPSHOTS; level++) {
			files.addAll(list(level));
		}
		files.sort(Comparator.comparingLong(LtxFile::maxTxid).thenComparingInt(LtxFile::level).reversed());
		return files;
	}

	/**
	 * Opens a file, whatever happens to connections meanwhile.
	 * @param file as listed or stored
	 * @return its bytes
	 * @throws java.nio.file.NoSuchFileException if it is gone
	 * @throws IOException if the store cannot be read; reading throws it, too
	 */
	public InputStream open(LtxFile file) throws IOException {
		return new ObjectReader(this.store).open(object(file));
	}

	/**
	 * Opens a part of a file: once, as {@link ObjectStore#open} does.
	 * @param file as listed or stored
	 * @param from the first byte
	 * @param to the byte after the last one
	 * @return its bytes
	 * @throws java.nio.file.NoSuchFileException if it is gone
	 * @throws IOException if the store cannot be read
	 */
	public InputStream open(LtxFile file, long from, long to) throws IOException {
		return this.store.open(object(file), from, to);
	}

	/**
	 * Reads what a file says of itself, and no more of it.
	 * @param file as listed or stored
	 * @return its header
	 * @throws java.nio.file.NoSuchFileException if it is gone
	 * @throws LtxDamagedException if it does not begin with a header
	 * @throws IOException if the store cannot be read
	 */
	public LtxHeader header(LtxFile file) throws IOException {
		try (InputStream in = open(file, 0, LtxHeader.SIZE)) {
			return LtxHeader.parse(in.readNBytes(LtxHeader.SIZE));
		}
	}

	/**
	 * Stores a file.
	 * @param file which one; its size and what else the store says do not matter
	 * @param timestamp when its last transaction was committed, as its header says: kept
	 * beside it by stores that can, as Litestream v0.5 asks for it
	 * @param metadata what else is kept beside it by stores that can
	 * @param precondition what must hold for it to be stored
	 * @param content its bytes
	 * @return the file as stored
	 * @throws org.litestream4j.store.PreconditionFailedException as
	 * {@link ObjectStore#put} has it
	 * @throws IOException if it was not stored
	 */
	public LtxFile write(LtxFile file, Instant timestamp, Map<String, String> metadata, Precondition precondition,
			ObjectContent content) throws IOException {
		Map<String, String> all = new HashMap<>(metadata);
		all.put(TIMESTAMP, timestamp.toString());
		NewObject object = NewObject.named(name(file)).withMetadata(all).withDate(timestamp).when(precondition);
		boolean heavy = file.level() == LtxFile.SNAPSHOTS;
		StoredObject stored = this.store.put(heavy ? object.withWeight(NewObject.Weight.HEAVY) : object, content);
		return new LtxFile(file.level(), file.minTxid(), file.maxTxid(), stored.size(), stored.storedAt(),
				stored.tag());
	}

	/**
	 * Deletes files in the order given. One that is gone already is no error.
	 * @param files the files
	 * @throws IOException if some could not be deleted; those before them are
	 */
	public void delete(Collection<LtxFile> files) throws IOException {
		this.store.delete(files.stream().map(this::name).toList());
	}

}
