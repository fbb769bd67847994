package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.litestream4j.Replica;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.StoreCapabilities;
import org.litestream4j.store.StoredObject;

/** What a replica holds, made up; can be listed only. */
class MemoryReplica implements ObjectStore {

	final List<Snapshot> snapshots = new ArrayList<>();

	final List<WalSegment> segments = new ArrayList<>();

	Replica named(String name) {
		return new Replica(name, this, Replica.Options.DEFAULTS);
	}

	MemoryReplica snapshot(Generation generation, int index, Instant createdAt) {
		this.snapshots.add(new Snapshot(generation, index, 100, createdAt));
		return this;
	}

	MemoryReplica segment(Generation generation, int index, long offset, Instant createdAt) {
		this.segments.add(new WalSegment(generation, index, offset, 10, createdAt));
		return this;
	}

	/** Shows segments one by one; there may be more than the list holds. */
	void visit(ObjectVisitor visitor) throws IOException {
		for (WalSegment segment : this.segments) {
			if (!visitor.visit(V03Replica.object(segment))) {
				return;
			}
		}
	}

	@Override
	public String type() {
		return "memory";
	}

	@Override
	public String url() {
		return "memory://";
	}

	@Override
	public StoreCapabilities capabilities() {
		return new StoreCapabilities(1, StoreCapabilities.Metadata.NONE, StoreCapabilities.Reads.SEQUENTIAL,
				StoreCapabilities.Conditions.NONE);
	}

	@Override
	public List<String> directories(String directory) throws IOException {
		List<String> generations = new ArrayList<>();
		list("generations", Depth.TREE, (object) -> {
			String generation = object.name().split("/")[1];
			if (!generations.contains(generation)) {
				generations.add(generation);
			}
			return true;
		});
		return generations;
	}

	@Override
	public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
		ObjectVisitor below = (object) -> !object.name().startsWith(directory + '/') || visitor.visit(object);
		for (Snapshot snapshot : this.snapshots) {
			if (!below.visit(V03Replica.object(snapshot))) {
				return;
			}
		}
		visit(below);
	}

	@Override
	public StoredObject put(NewObject object, ObjectContent content) {
		throw new UnsupportedOperationException();
	}

	@Override
	public OpenedObject open(StoredObject object, long from, long to) {
		throw new UnsupportedOperationException();
	}

	@Override
	public Optional<StoredObject> stat(String name) {
		throw new UnsupportedOperationException();
	}

	@Override
	public Map<String, String> metadata(String name) {
		throw new UnsupportedOperationException();
	}

	@Override
	public void delete(Collection<String> names) {
		throw new UnsupportedOperationException();
	}

	@Override
	public void close() {
	}

}
