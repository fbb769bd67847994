package org.litestream4j.testing;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.StoredObject;

/**
 * Notes which objects are opened whole. Thread-safe.
 */
public final class CountingStore extends DelegatingStore {

	private final List<String> opened = new CopyOnWriteArrayList<>();

	private final AtomicLong bytes = new AtomicLong();

	/** A store that notes what is opened in another one. */
	public CountingStore(ObjectStore store) {
		super(store);
	}

	/** The names of objects that were opened whole, in order, as often as they were. */
	public List<String> opened() {
		return this.opened;
	}

	/** Bytes that were asked for. */
	public long openedBytes() {
		return this.bytes.get();
	}

	@Override
	public OpenedObject open(StoredObject object, long from, long to) throws IOException {
		if (to == StoredObject.END) {
			this.opened.add(object.name());
		}
		this.bytes.addAndGet(((to == StoredObject.END) ? object.size() : to) - from);
		return super.open(object, from, to);
	}

}
