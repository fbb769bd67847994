package org.litestream4j.format.v03;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;

/**
 * What a replica holds of one generation, in figures.
 *
 * @param generation the generation
 * @param createdAt when the oldest object was stored
 * @param updatedAt when the newest object was stored
 * @param snapshots how many snapshots
 * @param walSegments how many WAL segments
 * @param bytes as stored, of all of them
 */
public record GenerationSummary(Generation generation, Instant createdAt, Instant updatedAt, int snapshots,
		int walSegments, long bytes) {

	/**
	 * Lists a generation and sums up. Segments are counted one by one and never held, as
	 * a replica may have millions of them.
	 * @param client reads the replica
	 * @param generation the generation
	 * @return empty if there is nothing of it, or nothing any more
	 * @throws IOException if the replica cannot be read
	 */
	public static Optional<GenerationSummary> of(V03Replica client, Generation generation) throws IOException {
		Totals totals = new Totals();
		int snapshots = 0;
		for (Snapshot snapshot : client.snapshots(generation)) {
			totals.add(snapshot.size(), snapshot.createdAt());
			snapshots++;
		}
		client.visitWalSegments(generation, (segment) -> totals.add(segment.size(), segment.createdAt()));
		return (totals.count > 0) ? Optional.of(new GenerationSummary(generation, totals.oldest, totals.newest,
				snapshots, totals.count - snapshots, totals.bytes)) : Optional.empty();
	}

	private static final class Totals {

		private int count;

		private long bytes;

		private Instant oldest = Instant.MAX;

		private Instant newest = Instant.MIN;

		void add(long size, Instant createdAt) {
			this.count++;
			this.bytes += size;
			this.oldest = createdAt.isBefore(this.oldest) ? createdAt : this.oldest;
			this.newest = createdAt.isAfter(this.newest) ? createdAt : this.newest;
		}

	}

}
