package org.litestream4j.boot.actuate;

import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.litestream4j.Replica;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.replica.ObjectContent;
import org.litestream4j.replica.ReplicaClient;

/** What a replica holds, made up; can be listed only. */
class MemoryReplica implements ReplicaClient {

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

	@Override
	public String type() {
		return "memory";
	}

	@Override
	public String url() {
		return "memory://";
	}

	@Override
	public List<Generation> generations() {
		return List.copyOf(
				new LinkedHashSet<>(Stream
					.concat(this.snapshots.stream().map(Snapshot::generation),
							this.segments.stream().map(WalSegment::generation))
					.toList()));
	}

	@Override
	public List<Snapshot> snapshots(Generation generation) {
		return this.snapshots.stream().filter((snapshot) -> snapshot.generation().equals(generation)).toList();
	}

	@Override
	public List<WalSegment> walSegments(Generation generation) {
		throw new AssertionError("segments are visited, never held");
	}

	@Override
	public void visitWalSegments(Generation generation, Consumer<? super WalSegment> visitor) {
		this.segments.stream().filter((segment) -> segment.generation().equals(generation)).forEach(visitor);
	}

	@Override
	public Snapshot writeSnapshot(Generation generation, int index, Instant committedAt, ObjectContent content) {
		throw new UnsupportedOperationException();
	}

	@Override
	public WalSegment writeWalSegment(WalPosition start, Instant committedAt, ObjectContent content) {
		throw new UnsupportedOperationException();
	}

	@Override
	public InputStream openSnapshot(Snapshot snapshot) {
		throw new UnsupportedOperationException();
	}

	@Override
	public InputStream openWalSegment(WalSegment segment) {
		throw new UnsupportedOperationException();
	}

	@Override
	public void deleteSnapshots(Collection<Snapshot> deleted) {
		throw new UnsupportedOperationException();
	}

	@Override
	public void deleteWalSegments(Collection<WalSegment> deleted) {
		throw new UnsupportedOperationException();
	}

	@Override
	public void close() {
	}

}
