package org.litestream4j.format;

import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

	/** The folder of all generations. */
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

	/** Whether a file name is one that Litestream v0.5 gives. */
	public static boolean isLtx(String fileName) {
		return LTX_FILE.matcher(fileName).matches();
	}

	/** {@code generations/<generation>/snapshots}. */
	public static String snapshotsFolder(Generation generation) {
		return "%s/%s/snapshots".formatted(GENERATIONS, generation);
	}

	/** {@code generations/<generation>/wal}. */
	public static String walFolder(Generation generation) {
		return "%s/%s/wal".formatted(GENERATIONS, generation);
	}

	/** The name of a snapshot object. */
	public static String snapshotName(Generation generation, int index) {
		return "%s/%08x.snapshot.lz4".formatted(snapshotsFolder(generation), index);
	}

	/**
	 * The name of a segment that is going to be written.
	 * @throws IllegalArgumentException if readers would not find it under its name
	 */
	public static String newSegmentName(WalPosition start) {
		if (start.offset() > WalPosition.MAX_OFFSET) {
			throw new IllegalArgumentException(
					"a segment at offset %d cannot be named: the WAL must restart before".formatted(start.offset()));
		}
		return segmentName(start);
	}

	/** The name of a segment object that starts at a position. */
	public static String segmentName(WalPosition start) {
		// for every segment of a restore, some more than once: formatting is slow
		HexFormat hex = HexFormat.of();
		return GENERATIONS + '/' + start.generation() + "/wal/" + hex.toHexDigits(start.index()) + '_'
				+ hex.toHexDigits(start.offset(), Math.max(8, 16 - Long.numberOfLeadingZeros(start.offset()) / 4))
				+ ".wal.lz4";
	}

	/**
	 * Reads a snapshot's file name.
	 * @param generation the generation in whose {@link #snapshotsFolder folder} it is
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
	 * @param generation the generation in whose {@link #walFolder folder} it is
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
