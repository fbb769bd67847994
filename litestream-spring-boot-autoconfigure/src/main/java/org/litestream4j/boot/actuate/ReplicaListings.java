package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import org.litestream4j.Replica;
import org.litestream4j.boot.actuate.LitestreamReport.GenerationEntry;
import org.litestream4j.boot.actuate.LitestreamReport.Generations;
import org.litestream4j.boot.actuate.LitestreamReport.LtxFileEntry;
import org.litestream4j.boot.actuate.LitestreamReport.LtxFiles;
import org.litestream4j.boot.actuate.LitestreamReport.SnapshotEntry;
import org.litestream4j.boot.actuate.LitestreamReport.Snapshots;
import org.litestream4j.format.Generation;
import org.litestream4j.format.ltx.LtxFile;
import org.litestream4j.format.ltx.LtxReplica;
import org.litestream4j.format.v03.GenerationSummary;
import org.litestream4j.format.v03.V03Replica;

/**
 * What the replicas of a database hold, oldest first. Reads the replicas.
 */
final class ReplicaListings {

	private ReplicaListings() {
	}

	static Generations generations(List<Replica> replicas) throws IOException {
		List<GenerationEntry> entries = new ArrayList<>();
		for (Replica replica : replicas) {
			V03Replica objects = new V03Replica(replica.store());
			for (Generation generation : objects.generations()) {
				GenerationSummary.of(objects, generation)
					.ifPresent((summary) -> entries.add(GenerationEntry.of(replica.name(), summary)));
			}
		}
		entries.sort(Comparator.comparing(GenerationEntry::createdAt));
		return new Generations(entries);
	}

	/** Those that reach farthest first; of each replica at most as many as asked for. */
	static LtxFiles ltx(List<Replica> replicas, int limit) throws IOException {
		List<LtxFileEntry> entries = new ArrayList<>();
		boolean more = false;
		for (Replica replica : replicas) {
			List<LtxFile> files = new LtxReplica(replica.store()).listAll();
			more |= files.size() > limit;
			files.stream().limit(limit).forEach((file) -> entries.add(LtxFileEntry.of(replica.name(), file)));
		}
		return new LtxFiles(entries, more);
	}

	static Snapshots snapshots(List<Replica> replicas) throws IOException {
		List<SnapshotEntry> entries = new ArrayList<>();
		for (Replica replica : replicas) {
			V03Replica objects = new V03Replica(replica.store());
			for (Generation generation : objects.generations()) {
				objects.snapshots(generation)
					.forEach((snapshot) -> entries.add(SnapshotEntry.of(replica.name(), snapshot)));
			}
		}
		entries.sort(Comparator.comparing(SnapshotEntry::createdAt));
		return new Snapshots(entries);
	}

}
