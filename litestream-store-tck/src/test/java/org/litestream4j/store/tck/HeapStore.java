package org.litestream4j.store.tck;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectReplacedException;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;
import org.litestream4j.store.StoreCapabilities;
import org.litestream4j.store.StoredObject;

/** Keeps objects in memory: no backup, but all that a store has to do. */
final class HeapStore implements ObjectStore {

	private final NavigableMap<String, Entry> objects = new ConcurrentSkipListMap<>();

	private final AtomicLong versions = new AtomicLong();

	private record Entry(StoredObject object, ByteArrayOutputStream bytes, Map<String, String> metadata) {
	}

	@Override
	public String type() {
		return "heap";
	}

	@Override
	public String url() {
		return "heap://here";
	}

	@Override
	public StoreCapabilities capabilities() {
		return new StoreCapabilities(100, StoreCapabilities.Metadata.KEPT, StoreCapabilities.Reads.SEQUENTIAL,
				StoreCapabilities.Conditions.ATOMIC);
	}

	@Override
	public List<String> directories(String directory) {
		String prefix = directory.isEmpty() ? "" : directory + "/";
		return this.objects.keySet()
			.stream()
			.filter((name) -> name.startsWith(prefix) && name.indexOf('/', prefix.length()) > 0)
			.map((name) -> name.substring(prefix.length(), name.indexOf('/', prefix.length())))
			.distinct()
			.toList();
	}

	@Override
	public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
		String prefix = directory.isEmpty() ? "" : directory + "/";
		for (Entry entry : this.objects.tailMap(prefix).values()) {
			String name = entry.object().name();
			boolean wanted = depth == Depth.TREE || name.indexOf('/', prefix.length()) < 0;
			if (!name.startsWith(prefix) || (wanted && !visitor.visit(entry.object()))) {
				return;
			}
		}
	}

	/** What fails while it is written leaves nothing; all of it appears at once. */
	@Override
	public StoredObject put(NewObject object, ObjectContent content) throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		content.writeTo(bytes);
		synchronized (this) {
			Entry there = this.objects.get(object.name());
			boolean holds = true;
			if (object.precondition() instanceof Precondition.Absent) {
				holds = there == null;
			}
			else if (object.precondition() instanceof Precondition.Unchanged unchanged) {
				holds = there != null && unchanged.tag().equals(there.object().tag());
			}
			if (!holds) {
				throw new PreconditionFailedException("%s was not stored: another is there".formatted(object.name()),
						null);
			}
			StoredObject stored = new StoredObject(object.name(), bytes.size(), Instant.now(),
					"v" + this.versions.incrementAndGet());
			this.objects.put(object.name(), new Entry(stored, bytes, object.metadata()));
			return stored;
		}
	}

	@Override
	public OpenedObject open(StoredObject object, long from, long to) throws IOException {
		Entry entry = find(object.name());
		if (object.tag() != null && !object.tag().equals(entry.object().tag())) {
			throw new ObjectReplacedException("%s was replaced; try again".formatted(object.name()), null);
		}
		int start = (int) Math.min(from, entry.object().size());
		int end = (int) Math.min(Math.max(to, start), entry.object().size());
		return new OpenedObject(new ByteArrayInputStream(entry.bytes().toByteArray(), start, end - start),
				entry.object());
	}

	@Override
	public Optional<StoredObject> stat(String name) {
		return Optional.ofNullable(this.objects.get(name)).map(Entry::object);
	}

	@Override
	public Map<String, String> metadata(String name) throws IOException {
		return find(name).metadata();
	}

	private Entry find(String name) throws IOException {
		Entry entry = this.objects.get(name);
		if (entry == null) {
			throw new NoSuchFileException(name);
		}
		return entry;
	}

	@Override
	public void delete(Collection<String> names) {
		this.objects.keySet().removeAll(names);
	}

	@Override
	public void close() {
		// holds nothing else
	}

}
