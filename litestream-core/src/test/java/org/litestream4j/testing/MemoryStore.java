package org.litestream4j.testing;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectReplacedException;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;
import org.litestream4j.store.StoreCapabilities;
import org.litestream4j.store.StoredObject;

/** Keeps objects in memory, with tags and metadata. Thread-safe. */
public class MemoryStore implements ObjectStore {

	private final Map<String, Kept> objects = new ConcurrentHashMap<>();

	private final AtomicInteger versions = new AtomicInteger();

	private final StoreCapabilities.Reads reads;

	private record Kept(ByteBuffer content, StoredObject object, Map<String, String> metadata) {
	}

	/** A store whose objects are read from the beginning to the end. */
	public MemoryStore() {
		this(StoreCapabilities.Reads.SEQUENTIAL);
	}

	public MemoryStore(StoreCapabilities.Reads reads) {
		this.reads = reads;
	}

	@Override
	public String type() {
		return "memory";
	}

	@Override
	public String url() {
		return "memory:test";
	}

	@Override
	public StoreCapabilities capabilities() {
		return new StoreCapabilities(50, StoreCapabilities.Metadata.KEPT, this.reads,
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
		for (Kept kept : this.objects.values()) {
			String name = kept.object().name();
			if (name.startsWith(prefix) && (depth == Depth.TREE || name.indexOf('/', prefix.length()) < 0)
					&& !visitor.visit(kept.object())) {
				return;
			}
		}
	}

	@Override
	public StoredObject put(NewObject object, ObjectContent content) throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		content.writeTo(bytes);
		StoredObject stored = new StoredObject(object.name(), bytes.size(), Instant.now(),
				"v" + this.versions.incrementAndGet());
		Kept added = new Kept(ByteBuffer.wrap(bytes.toByteArray()), stored, object.metadata());
		Kept now = this.objects.compute(object.name(),
				(name, before) -> holds(object.precondition(), before) ? added : before);
		if (now == null || !stored.equals(now.object())) {
			throw new PreconditionFailedException("%s was not stored".formatted(object.name()), null);
		}
		return stored;
	}

	private static boolean holds(Precondition precondition, @Nullable Kept before) {
		if (precondition instanceof Precondition.Unchanged unchanged) {
			return before != null && unchanged.tag().equals(before.object().tag());
		}
		return precondition == Precondition.NONE || before == null;
	}

	@Override
	public OpenedObject open(StoredObject object, long from, long to) throws IOException {
		Kept kept = kept(object.name());
		if (object.tag() != null && !object.tag().equals(kept.object().tag())) {
			throw new ObjectReplacedException("%s was replaced".formatted(object.name()), null);
		}
		int start = (int) Math.min(from, kept.content().limit());
		byte[] bytes = new byte[(int) Math.max(0, Math.min(to, kept.content().limit()) - start)];
		kept.content().get(start, bytes);
		InputStream in = new ByteArrayInputStream(bytes);
		return new OpenedObject(in, kept.object());
	}

	private Kept kept(String name) throws NoSuchFileException {
		Kept kept = this.objects.get(name);
		if (kept == null) {
			throw new NoSuchFileException(name);
		}
		return kept;
	}

	@Override
	public Optional<StoredObject> stat(String name) {
		return Optional.ofNullable(this.objects.get(name)).map(Kept::object);
	}

	@Override
	public Map<String, String> metadata(String name) throws IOException {
		return kept(name).metadata();
	}

	@Override
	public void delete(Collection<String> names) {
		names.forEach(this.objects::remove);
	}

	@Override
	public void close() {
	}

}
