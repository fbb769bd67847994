package org.litestream4j.cli;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ParameterException;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalSegment;
import org.litestream4j.replica.ForeignBackup;
import org.litestream4j.replica.ReplicaClient;

/** What a replica holds, in the words of the endpoint. */
final class Listings {

	private Listings() {
	}

	record GenerationEntry(String replica, String generation, Instant createdAt, Instant updatedAt, int snapshots,
			int walSegments, long bytes) {
	}

	record SnapshotEntry(String replica, String generation, int index, long size, Instant createdAt) {
	}

	record SegmentEntry(String replica, String generation, int index, long offset, long size, Instant createdAt) {
	}

	/** The newest last, where a reader of a terminal looks first. */
	static List<GenerationEntry> generations(ReplicaClient client) throws IOException {
		List<GenerationEntry> entries = new ArrayList<>();
		for (Generation generation : client.generations()) {
			List<Snapshot> snapshots = client.snapshots(generation);
			List<WalSegment> segments = client.walSegments(generation);
			List<Instant> times = Stream
				.concat(snapshots.stream().map(Snapshot::createdAt), segments.stream().map(WalSegment::createdAt))
				.sorted()
				.toList();
			if (times.isEmpty()) {
				continue; // retention was faster
			}
			long bytes = snapshots.stream().mapToLong(Snapshot::size).sum()
					+ segments.stream().mapToLong(WalSegment::size).sum();
			entries.add(new GenerationEntry(client.type(), generation.name(), times.get(0), times.get(times.size() - 1),
					snapshots.size(), segments.size(), bytes));
		}
		requireReadable(entries, client);
		entries.sort(Comparator.comparing(GenerationEntry::updatedAt).thenComparing(GenerationEntry::generation));
		return entries;
	}

	static List<SnapshotEntry> snapshots(ReplicaClient client, @Nullable Generation only) throws IOException {
		List<SnapshotEntry> entries = new ArrayList<>();
		for (Generation generation : wanted(client, only)) {
			for (Snapshot snapshot : client.snapshots(generation)) {
				entries.add(new SnapshotEntry(client.type(), generation.name(), snapshot.index(), snapshot.size(),
						snapshot.createdAt()));
			}
		}
		requireReadable(entries, client);
		return entries;
	}

	static List<SegmentEntry> segments(ReplicaClient client, @Nullable Generation only) throws IOException {
		List<SegmentEntry> entries = new ArrayList<>();
		for (Generation generation : wanted(client, only)) {
			for (WalSegment segment : client.walSegments(generation)) {
				entries.add(new SegmentEntry(client.type(), generation.name(), segment.index(), segment.offset(),
						segment.size(), segment.createdAt()));
			}
		}
		requireReadable(entries, client);
		return entries;
	}

	private static List<Generation> wanted(ReplicaClient client, @Nullable Generation only) throws IOException {
		return (only != null) ? List.of(only)
				: client.generations().stream().sorted(Comparator.comparing(Generation::name)).toList();
	}

	/** A misspelled url reads as an empty replica, so emptiness is worth a word. */
	static void tellIfEmpty(List<?> entries, ReplicaClient client, CommonOptions common) {
		if (entries.isEmpty()) {
			common.err()
				.printf("%s holds nothing of that kind: check the url if a backup is expected there%n", client.url());
			common.err().flush();
		}
	}

	/** A backup in another format is not no backup. */
	private static void requireReadable(List<?> entries, ReplicaClient client) throws IOException {
		Optional<ForeignBackup> foreign = entries.isEmpty() ? client.foreignBackup() : Optional.empty();
		if (foreign.isPresent()) {
			throw new IOException(
					"%s holds a backup in %s, which this version cannot read: look at it with that program"
						.formatted(client.url(), foreign.get().format()));
		}
	}

	static @Nullable Generation generation(@Nullable String name, CommonOptions common) {
		try {
			return (name != null) ? new Generation(name) : null;
		}
		catch (IllegalArgumentException ex) {
			throw new ParameterException(common.spec().commandLine(), "-generation: " + ex.getMessage(), ex);
		}
	}

}
