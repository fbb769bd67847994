package org.litestream4j.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

import net.jpountz.lz4.LZ4FrameInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Restores a directory replica in the plainest way: the newest snapshot, then one WAL
 * after the other, which SQLite itself checkpoints. Shares no code with the engine, so
 * that both would have to be wrong in the same way. Fails where a segment is missing.
 */
public final class PlainRestore {

	/** An object in the replica. */
	private record Stored(Path path, int index, long offset, Instant at) {
	}

	private final Path replica;

	private final Instant until;

	@Nullable private final String generation;

	private PlainRestore(Path replica, Instant until, @Nullable String generation) {
		this.replica = replica;
		this.until = until;
		this.generation = generation;
	}

	/**
	 * Restores the newest state.
	 * @return false if there is no snapshot at all
	 */
	public static boolean newest(Path replica, Path output) throws IOException, SQLException {
		return new PlainRestore(replica, Instant.MAX, null).restore(output);
	}

	/** Restores the state as of a time. */
	public static boolean until(Path replica, Instant time, Path output) throws IOException, SQLException {
		return new PlainRestore(replica, time, null).restore(output);
	}

	/** Restores the newest state of one generation. */
	public static boolean generation(Path replica, String generation, Path output) throws IOException, SQLException {
		return new PlainRestore(replica, Instant.MAX, generation).restore(output);
	}

	/** The entry that the newest state ends with; empty if there is no snapshot. */
	public static Optional<Integer> entriesIn(Path replica, Path scratch) throws IOException, SQLException {
		Path output = Files.createTempDirectory(scratch, "plain").resolve("restored.db");
		return newest(replica, output) ? Optional.of(TestDatabase.entriesIn(output)) : Optional.empty();
	}

	private boolean restore(Path output) throws IOException, SQLException {
		Optional<Path> chosen = (this.generation != null)
				? Optional.of(this.replica.resolve("generations").resolve(this.generation)) : newestGeneration();
		if (chosen.isEmpty()) {
			return false;
		}
		Stored snapshot = objects(chosen.get().resolve("snapshots")).stream()
			.max(Comparator.comparingInt(Stored::index))
			.orElseThrow(() -> new AssertionError("no snapshot in " + chosen.get()));
		try (OutputStream out = Files.newOutputStream(output)) {
			append(snapshot, out);
		}
		List<Stored> segments = objects(chosen.get().resolve("wal"));
		int last = segments.stream().mapToInt(Stored::index).max().orElse(-1);
		if (last >= 0 && snapshot.index() > last + 1) {
			throw new AssertionError("snapshot %s is beyond the WAL, which makes v0.3.13 panic".formatted(snapshot));
		}
		for (int index = snapshot.index(); index <= last; index++) {
			apply(segments, index, output);
		}
		return true;
	}

	/** The generation with the newest object, of those that have a snapshot. */
	private Optional<Path> newestGeneration() throws IOException {
		Map<Path, Instant> newest = new HashMap<>();
		for (Path directory : children(this.replica.resolve("generations"))) {
			List<Stored> snapshots = objects(directory.resolve("snapshots"));
			List<Stored> all = new ArrayList<>(snapshots);
			all.addAll(objects(directory.resolve("wal")));
			if (!snapshots.isEmpty()) {
				newest.put(directory, all.stream().map(Stored::at).max(Comparator.naturalOrder()).orElseThrow());
			}
		}
		return newest.entrySet().stream().max(Map.Entry.comparingByValue()).map(Map.Entry::getKey);
	}

	private void apply(List<Stored> segments, int index, Path output) throws IOException, SQLException {
		Path wal = Path.of(output + "-wal");
		long size = 0;
		try (OutputStream out = Files.newOutputStream(wal)) {
			for (Stored segment : segments) {
				if (segment.index() == index) {
					if (segment.offset() != size) {
						throw new AssertionError("%s where offset %d was expected".formatted(segment, size));
					}
					size += append(segment, out);
				}
			}
		}
		if (size == 0) {
			throw new AssertionError("WAL index %d is missing".formatted(index));
		}
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + output);
				var statement = connection.createStatement()) {
			statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)").close();
		}
	}

	private static long append(Stored object, OutputStream out) throws IOException {
		try (InputStream in = new LZ4FrameInputStream(Files.newInputStream(object.path()))) {
			return in.transferTo(out);
		}
	}

	private List<Stored> objects(Path directory) throws IOException {
		List<Stored> objects = new ArrayList<>();
		for (Path path : children(directory)) {
			String name = path.getFileName().toString();
			if (name.startsWith(".")) {
				continue; // a draft, which may be gone by now
			}
			Instant at = Files.getLastModifiedTime(path).toInstant();
			if (at.isAfter(this.until)) {
				continue;
			}
			if (name.matches("[0-9a-f]{8}\\.snapshot\\.lz4")) {
				objects.add(new Stored(path, Integer.parseInt(name.substring(0, 8), 16), 0, at));
			}
			else if (name.matches("[0-9a-f]{8}_[0-9a-f]{8}\\.wal\\.lz4")) {
				objects.add(new Stored(path, Integer.parseInt(name.substring(0, 8), 16),
						Long.parseLong(name.substring(9, 17), 16), at));
			}
		}
		objects.sort(Comparator.comparingInt(Stored::index).thenComparingLong(Stored::offset));
		return objects;
	}

	private static List<Path> children(Path directory) throws IOException {
		if (!Files.isDirectory(directory)) {
			return List.of();
		}
		try (Stream<Path> children = Files.list(directory)) {
			return children.toList();
		}
	}

}
