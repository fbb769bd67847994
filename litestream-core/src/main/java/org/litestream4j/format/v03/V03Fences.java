package org.litestream4j.format.v03;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Generation;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.format.v03.SegmentContent.DamagedSegmentException;
import org.litestream4j.lease.Catalog;
import org.litestream4j.lease.ChainEnd;
import org.litestream4j.lease.LogAccess;
import org.litestream4j.replication.FencedException;
import org.litestream4j.store.ArchivedObjectException;

/**
 * Takes the logs of a replica over. Thread-safe.
 * <p>
 * A fence bears the time of the newest commit before it, not its own: what is taken over
 * must not look newer than another replica that holds more.
 */
public final class V03Fences implements LogAccess {

	private static final Logger logger = LoggerFactory.getLogger(V03Fences.class);

	private final V03Replica client;

	private final FenceWriter writer;

	/** When the newest commit of a generation was seen, as of the last look at it. */
	private final Map<Generation, Instant> committed = new ConcurrentHashMap<>();

	/**
	 * Creates it. Does no I/O.
	 * @param client reads and writes the replica
	 */
	public V03Fences(V03Replica client) {
		this.client = client;
		this.writer = new FenceWriter(client);
	}

	@Override
	public Catalog catalog() throws IOException {
		List<Found> found = new ArrayList<>();
		for (Generation generation : this.client.generations()) {
			Found one = find(generation);
			if (one != null) {
				found.add(one);
			}
		}
		found.sort(Comparator.comparing(Found::newest));
		return new Catalog(found.stream().map(Found::log).toList());
	}

	/** A log, and when the newest commit in it was seen. */
	private record Found(Catalog.Log log, Instant newest) {
	}

	/** A generation whose end cannot be read cannot be restored up to there either. */
	@Nullable private Found find(Generation generation) throws IOException {
		List<Snapshot> snapshots = this.client.snapshots(generation);
		ChainTail tail;
		try {
			tail = tail(generation, snapshots);
		}
		catch (DamagedSegmentException | ArchivedObjectException ex) {
			logger.warn("Replica {}: generation {} cannot be gone on with, as the end of its WAL {}: {}",
					this.client.url(), generation, (ex instanceof ArchivedObjectException)
							? "was moved to an archive, where no restore can read it" : "is damaged",
					ex.getMessage());
			return new Found(new Catalog.Log(generation, false, new WalPosition(generation, 0, 0), false), Instant.MIN);
		}
		return (tail != null) ? new Found(new Catalog.Log(generation, !snapshots.isEmpty(), tail.end(), tail.fenced()),
				tail.committedAt()) : null;
	}

	@Nullable private ChainTail tail(Generation generation, List<Snapshot> snapshots) throws IOException {
		ChainTail tail = readTail(generation, snapshots);
		if (tail != null) {
			this.committed.put(generation, tail.committedAt());
		}
		return tail;
	}

	/** Retention, here or elsewhere, deletes what was listed. */
	@Nullable private ChainTail readTail(Generation generation, List<Snapshot> snapshots) throws IOException {
		try {
			return ChainTail.read(this.client, generation, snapshots).orElse(null);
		}
		catch (NoSuchFileException ex) {
			return ChainTail.read(this.client, generation, this.client.snapshots(generation)).orElse(null);
		}
	}

	@Override
	public boolean putFence(WalPosition at, Writer by) throws IOException {
		Instant committedAt = this.committed.get(at.generation());
		if (committedAt == null) {
			tail(at.generation(), this.client.snapshots(at.generation()));
			committedAt = this.committed.get(at.generation());
		}
		try {
			this.writer.put(at, new ObjectNote(committedAt, null).by(by));
			return true;
		}
		catch (FencedException ex) {
			return false;
		}
	}

	@Override
	public Optional<ChainEnd> end(Generation generation) throws IOException {
		try {
			return Optional.ofNullable(tail(generation, this.client.snapshots(generation))).map(ChainTail::data);
		}
		catch (DamagedSegmentException | ArchivedObjectException ex) {
			return Optional.empty();
		}
	}

	/**
	 * Stores headers for indexes that were passed over, as no reader goes on behind a
	 * missing one. Again replaces nothing, so retrying is safe.
	 * @param from the first one
	 * @param to the one after the last one
	 * @param by who stores them
	 * @throws FencedException if somebody else's object is there
	 */
	public void bridge(Generation generation, int from, int to, Writer by) throws IOException {
		this.writer.bridge(generation, from, to, new ObjectNote(this.committed.get(generation), null).by(by));
	}

}
