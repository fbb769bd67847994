package org.litestream4j.store;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Passes everything on to another store: the base of what stands around one, so that
 * nothing it does not know of is answered as if the store knew nothing. Thread-safe if
 * that store is.
 */
public abstract class ForwardingStore implements ObjectStore {

	private final ObjectStore store;

	/**
	 * Creates a store.
	 * @param store closed with this one
	 */
	protected ForwardingStore(ObjectStore store) {
		this.store = store;
	}

	/**
	 * {@return the one that everything is passed on to}
	 */
	protected final ObjectStore store() {
		return this.store;
	}

	@Override
	public String type() {
		return this.store.type();
	}

	@Override
	public String url() {
		return this.store.url();
	}

	@Override
	public StoreCapabilities capabilities() {
		return this.store.capabilities();
	}

	@Override
	public String lane() {
		return this.store.lane();
	}

	@Override
	public Optional<Duration> clockOffset() {
		return this.store.clockOffset();
	}

	/**
	 * What stands around this store stands around that one too, so each subclass says how
	 * it does.
	 */
	@Override
	public abstract ObjectStore afresh();

	@Override
	public List<String> directories(String directory) throws IOException {
		return this.store.directories(directory);
	}

	@Override
	public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
		this.store.list(directory, depth, visitor);
	}

	@Override
	public StoredObject put(NewObject object, ObjectContent content) throws IOException {
		return this.store.put(object, content);
	}

	@Override
	public OpenedObject open(StoredObject object, long from, long to) throws IOException {
		return this.store.open(object, from, to);
	}

	@Override
	public Optional<StoredObject> stat(String name) throws IOException {
		return this.store.stat(name);
	}

	@Override
	public Map<String, String> metadata(String name) throws IOException {
		return this.store.metadata(name);
	}

	@Override
	public void delete(Collection<String> names) throws IOException {
		this.store.delete(names);
	}

	@Override
	public void discardUnfinished(String directory, Predicate<String> own) {
		this.store.discardUnfinished(directory, own);
	}

	@Override
	public void close() {
		this.store.close();
	}

	@Override
	public String toString() {
		return this.store.toString();
	}

}
