package org.litestream4j.cli;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ParameterException;

import org.litestream4j.ReplicaFormats;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.ForeignBackup;
import org.litestream4j.format.v03.GenerationSummary;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.history.RestorePoint;

/** What a replica holds, in the words of the endpoint. */
final class Listings {

	private Listings() {
	}

	record GenerationEntry(String replica, String generation, Instant createdAt, Instant updatedAt, int snapshots,
			int walSegments, long bytes) {

		static GenerationEntry of(String replica, GenerationSummary summary) {
			return new GenerationEntry(replica, summary.generation().name(), summary.createdAt(), summary.updatedAt(),
					summary.snapshots(), summary.walSegments(), summary.bytes());
		}

	}

	record SnapshotEntry(String replica, String generation, int index, long size, Instant createdAt) {
	}

	record SegmentEntry(String replica, String generation, int index, long offset, long size, Instant createdAt,
			boolean fence) {
	}

	/** The newest last, where a reader of a terminal looks first. */
	static List<GenerationEntry> generations(V03Replica client) throws IOException {
		List<GenerationEntry> entries = new ArrayList<>();
		for (Generation generation : client.generations()) {
			GenerationSummary.of(client, generation)
				.ifPresent((summary) -> entries.add(GenerationEntry.of(client.store().type(), summary)));
		}
		requireReadable(entries, client);
		entries.sort(Comparator.comparing(GenerationEntry::updatedAt).thenComparing(GenerationEntry::generation));
		return entries;
	}

	static List<SnapshotEntry> snapshots(V03Replica client, @Nullable Generation only) throws IOException {
		List<SnapshotEntry> entries = new ArrayList<>();
		for (Generation generation : wanted(client, only)) {
			for (Snapshot snapshot : client.snapshots(generation)) {
				entries.add(new SnapshotEntry(client.store().type(), generation.name(), snapshot.index(),
						snapshot.size(), snapshot.createdAt()));
			}
		}
		requireReadable(entries, client);
		return entries;
	}

	static List<SegmentEntry> segments(V03Replica client, @Nullable Generation only) throws IOException {
		List<SegmentEntry> entries = new ArrayList<>();
		for (Generation generation : wanted(client, only)) {
			for (WalSegment segment : client.walSegments(generation)) {
				entries.add(new SegmentEntry(client.store().type(), generation.name(), segment.index(),
						segment.offset(), segment.size(), segment.createdAt(), V03Replica.isFence(segment)));
			}
		}
		requireReadable(entries, client);
		return entries;
	}

	private static List<Generation> wanted(V03Replica client, @Nullable Generation only) throws IOException {
		return (only != null) ? List.of(only)
				: client.generations().stream().sorted(Comparator.comparing(Generation::name)).toList();
	}

	/** A misspelled url reads as an empty replica, so emptiness is worth a word. */
	static void warnIfEmpty(List<?> entries, V03Replica client, CommonOptions common) {
		if (entries.isEmpty()) {
			common.err()
				.printf("%s holds nothing of that kind: check the url if a backup is expected there%n", client.url());
			common.err().flush();
		}
	}

	/** The range is what nothing is in, if there is a backup. */
	static void warnIfEmpty(List<RestorePoint> points, RangeOptions range, V03Replica client, CommonOptions common)
			throws IOException {
		boolean isNarrow = range.from() != null || range.to() != null;
		if (points.isEmpty() && isNarrow && ReplicaFormats.source(client.store()).holdsBackupAfterAll()) {
			common.err().printf("%s has no restore point in that time: widen -from and -to%n", client.url());
			common.err().flush();
			return;
		}
		warnIfEmpty(points, client, common);
	}

	/** A backup in another format is not no backup. */
	static void requireReadable(List<?> entries, V03Replica client) throws IOException {
		Optional<ForeignBackup> foreign = entries.isEmpty() ? client.foreignBackup() : Optional.empty();
		if (foreign.isPresent()) {
			throw new IOException(
					"%s holds a backup in %s, which has no generations, snapshots and WAL segments: ltx lists its files, and restore restores it"
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
