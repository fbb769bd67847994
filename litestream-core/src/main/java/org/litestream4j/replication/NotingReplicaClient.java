package org.litestream4j.replication;

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
import org.litestream4j.replica.ForeignBackup;
import org.litestream4j.replica.ObjectContent;
import org.litestream4j.replica.ReplicaClient;

/**
 * What ships the WAL sees a replica through this: it notes what is listed of the current
 * generation and what is acknowledged. Thread-safe if the client is.
 */
record NotingReplicaClient(ReplicaClient client, StoredObjects stored) implements ReplicaClient {

	@Override
	public String type() {
		return this.client.type();
	}

	@Override
	public String url() {
		return this.client.url();
	}

	@Override
	public int concurrentReads() {
		return this.client.concurrentReads();
	}

	@Override
	public Optional<Duration> clockOffset() {
		return this.client.clockOffset();
	}

	@Override
	public Optional<ForeignBackup> foreignBackup() throws IOException {
		return this.client.foreignBackup();
	}

	@Override
	public List<Generation> generations() throws IOException {
		return this.client.generations();
	}

	@Override
	public List<Generation> generationsAgain() throws IOException {
		return this.client.generationsAgain();
	}

	@Override
	public void visitWalSegments(Generation generation, Consumer<? super WalSegment> visitor) throws IOException {
		this.client.visitWalSegments(generation, visitor);
	}

	@Override
	public List<Snapshot> snapshots(Generation generation) throws IOException {
		List<Snapshot> listed = this.client.snapshots(generation);
		this.stored.listedSnapshots(generation, listed);
		return listed;
	}

	@Override
	public List<WalSegment> walSegments(Generation generation) throws IOException {
		List<WalSegment> listed = this.client.walSegments(generation);
		this.stored.listedSegments(generation, listed);
		return listed;
	}

	@Override
	public Snapshot writeSnapshot(Generation generation, int index, Instant committedAt, ObjectContent content)
			throws IOException {
		Snapshot snapshot = this.client.writeSnapshot(generation, index, committedAt, content);
		this.stored.stored(snapshot);
		return snapshot;
	}

	@Override
	public WalSegment writeWalSegment(WalPosition start, Instant committedAt, ObjectContent content)
			throws IOException {
		WalSegment segment = this.client.writeWalSegment(start, committedAt, content);
		this.stored.stored(segment);
		return segment;
	}

	@Override
	public InputStream openSnapshot(Snapshot snapshot) throws IOException {
		return this.client.openSnapshot(snapshot);
	}

	@Override
	public InputStream openWalSegment(WalSegment segment) throws IOException {
		return this.client.openWalSegment(segment);
	}

	@Override
	public Instant committedAt(Snapshot snapshot) throws IOException {
		return this.client.committedAt(snapshot);
	}

	@Override
	public Instant committedAt(WalSegment segment) throws IOException {
		return this.client.committedAt(segment);
	}

	@Override
	public void deleteSnapshots(Collection<Snapshot> snapshots) throws IOException {
		this.client.deleteSnapshots(snapshots);
	}

	@Override
	public void deleteWalSegments(Collection<WalSegment> segments) throws IOException {
		this.client.deleteWalSegments(segments);
	}

	@Override
	public void close() {
		this.client.close();
	}

}
