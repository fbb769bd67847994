package org.litestream4j.format.v03;

import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;

/**
 * The names of a replica's objects, both ways. Names are relative to the replica's path
 * or key prefix and use '/', as Litestream v0.3 writes them. What does not parse is
 * foreign and is left alone.
 */
public final class ReplicaLayout {

	/*-
	 * generations/
	 *   <generation: 16 hex>/
	 *     snapshots/<index: 8 hex>.snapshot.lz4
	 *     wal/<index: 8 hex>_<offset: 8 hex>.wal.lz4
	 */

	/** The directory of all generations. */
	public static final String GENERATIONS = "generations";

	private static final Pattern SNAPSHOT = Pattern.compile("([0-7][0-9a-f]{7})\\.snapshot\\.lz4");

	private static final Pattern SEGMENT = Pattern
		.compile("([0-7][0-9a-f]{7})_([0-9a-f]{8}|[1-9a-f][0-9a-f]{8,11})\\.wal\\.lz4");

	/** Names of files that Litestream v0.5 writes. */
	private static final Pattern LTX_FILE = Pattern.compile("[0-9a-f]{16}-[0-9a-f]{16}\\.ltx");

	/** What such files are, for errors. */
	public static final String LTX = "the LTX format of Litestream v0.5";

	private ReplicaLayout() {
	}

	/**
	 * {@return whether a file name is one that Litestream v0.5 gives}
	 * @param fileName the last part of a name
	 */
	public static boolean isLtx(String fileName) {
		return LTX_FILE.matcher(fileName).matches();
	}

	/**
	 * {@return whether an object's name is that of a snapshot}
	 * @param name a whole name, or its last part
	 */
	public static boolean isSnapshot(String name) {
		return SNAPSHOT.matcher(name.substring(name.lastIndexOf('/') + 1)).matches();
	}

	/**
	 * Whether the whole of a name is one that this layout gives to objects.
	 * @param name relative to the replica's place
	 * @return true if it is a snapshot's or a segment's
	 */
	public static boolean isObject(String name) {
		String[] parts = name.split("/");
		if (parts.length != 4 || !Generation.isValid(parts[1])) {
			return false;
		}
		Generation generation = new Generation(parts[1]);
		return parseSnapshot(generation, parts[3], 0, Instant.EPOCH).map(ReplicaLayout::nameOf)
			.or(() -> parseSegment(generation, parts[3], 0, Instant.EPOCH).map(ReplicaLayout::nameOf))
			.filter(name::equals)
			.isPresent();
	}

	/**
	 * The directory of a generation's snapshots.
	 * @param generation the generation
	 * @return {@code generations/<generation>/snapshots}
	 */
	public static String snapshotsDirectory(Generation generation) {
		return "%s/%s/snapshots".formatted(GENERATIONS, generation);
	}

	/**
	 * The directory of a generation's segments.
	 * @param generation the generation
	 * @return {@code generations/<generation>/wal}
	 */
	public static String walDirectory(Generation generation) {
		return "%s/%s/wal".formatted(GENERATIONS, generation);
	}

	/**
	 * {@return the name of a snapshot object}
	 * @param generation the generation
	 * @param index the WAL index that restores on top of it
	 */
	public static String snapshotName(Generation generation, int index) {
		return "%s/%08x.snapshot.lz4".formatted(snapshotsDirectory(generation), index);
	}

	/**
	 * {@return the name of a snapshot's object, below the replica's path}
	 */
	public static String nameOf(Snapshot snapshot) {
		return snapshotName(snapshot.generation(), snapshot.index());
	}

	/**
	 * {@return the name of a segment's object, below the replica's path}
	 */
	public static String nameOf(WalSegment segment) {
		return segmentName(segment.start());
	}

	/**
	 * The name of a segment that is going to be written.
	 * @param start where the segment begins
	 * @return the name below the replica's path
	 * @throws IllegalArgumentException if readers would not find it under its name
	 */
	public static String newSegmentName(WalPosition start) {
		if (start.offset() > WalPosition.MAX_OFFSET) {
			throw new IllegalArgumentException(
					"a segment at offset %d cannot be named: the WAL must restart before".formatted(start.offset()));
		}
		return segmentName(start);
	}

	/**
	 * {@return the name of a segment object that starts at a position}
	 * @param start where the segment begins
	 */
	public static String segmentName(WalPosition start) {
		// for every segment of a restore, some more than once: formatting is slow
		HexFormat hex = HexFormat.of();
		return GENERATIONS + '/' + start.generation() + "/wal/" + hex.toHexDigits(start.index()) + '_'
				+ hex.toHexDigits(start.offset(), Math.max(8, 16 - Long.numberOfLeadingZeros(start.offset()) / 4))
				+ ".wal.lz4";
	}

	/**
	 * Reads a snapshot's file name.
	 * @param generation the generation in whose {@link #snapshotsDirectory directory} it
	 * is
	 * @param fileName the last part of the name
	 * @param size bytes as stored
	 * @param createdAt when it was stored
	 * @return the snapshot, or empty for a foreign name
	 */
	public static Optional<Snapshot> parseSnapshot(Generation generation, String fileName, long size,
			Instant createdAt) {
		Matcher matcher = SNAPSHOT.matcher(fileName);
		if (!matcher.matches()) {
			return Optional.empty();
		}
		return Optional.of(new Snapshot(generation, Integer.parseInt(matcher.group(1), 16), size, createdAt));
	}

	/**
	 * Reads a segment's file name.
	 * @param generation the generation in whose {@link #walDirectory directory} it is
	 * @param fileName the last part of the name
	 * @param size bytes as stored
	 * @param createdAt when it was stored
	 * @return the segment, or empty for a foreign name
	 */
	public static Optional<WalSegment> parseSegment(Generation generation, String fileName, long size,
			Instant createdAt) {
		Matcher matcher = SEGMENT.matcher(fileName);
		if (!matcher.matches()) {
			return Optional.empty();
		}
		int index = Integer.parseInt(matcher.group(1), 16);
		long offset = Long.parseLong(matcher.group(2), 16);
		return Optional.of(new WalSegment(generation, index, offset, size, createdAt));
	}

}
