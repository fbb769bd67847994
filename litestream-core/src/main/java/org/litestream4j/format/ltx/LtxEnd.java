package org.litestream4j.format.ltx;

import java.io.IOException;
import java.util.HexFormat;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Sha256;
import org.litestream4j.sqlite.WalHeader;

/**
 * What a replica ends with: the newest file that changes anything, and fences after it,
 * which add nothing. That is a file of level 0, but for those who store a snapshot of
 * what they have not shipped yet, and are killed before they do.
 *
 * @param file that file
 * @param header what it says of itself
 */
record LtxEnd(LtxFile file, LtxHeader header) {

	/** Bytes of a file without pages: its header, end mark, index and trailer. */
	static final int EMPTY_FILE = LtxHeader.SIZE + LtxWriter.END + 1 + Long.BYTES + LtxWriter.TRAILER;

	/**
	 * Reads it.
	 * @param known what the replica lists
	 * @return null if there is nothing, or nothing but fences
	 */
	@Nullable static LtxEnd read(LtxReplica replica, LtxKnown known) throws IOException {
		List<LtxFile> singles = known.level(0);
		long expected = known.newestTxid();
		for (int i = singles.size() - 1; i >= 0; i--) {
			LtxFile file = singles.get(i);
			if (file.maxTxid() != expected || file.minTxid() != expected) {
				break;
			}
			LtxHeader header = replica.header(file);
			if (header.origin() == null || !file.isFence()) {
				return new LtxEnd(file, header);
			}
			expected--;
		}
		LtxFile other = known.endingWith(expected).orElse(null);
		return (other != null) ? new LtxEnd(other, replica.header(other)) : null;
	}

	/**
	 * Whether the next transaction of a local copy can follow it. Not where level 0 lacks
	 * it: level 1 would be made with a gap, and whoever follows that must find each file.
	 */
	boolean isOf(Generation generation) {
		LtxOrigin origin = this.header.origin();
		return this.file.level() == 0 && origin != null && origin.generation().equals(generation);
	}

	private boolean hasOrigin() {
		return this.header.origin() != null;
	}

	/**
	 * Where its writer's WAL was. Of a file that does not say a name that no other file
	 * has stands for that, so that whoever restores it can go on after it all the same.
	 */
	WalPosition position() {
		LtxOrigin origin = origin();
		return origin.at(hasOrigin() ? offset() : 0);
	}

	/** Where it belongs, or what stands for that. */
	LtxOrigin origin() {
		LtxOrigin origin = this.header.origin();
		return (origin != null) ? origin : new LtxOrigin(
				new Generation(Sha256.of(HexFormat.of().formatHex(this.header.encode())).substring(0, 16)), 0, 0, 0);
	}

	private long offset() {
		long end = this.header.walOffset() + this.header.walSize();
		// a header alone is no commit: the WAL was empty
		return (end > WalHeader.SIZE) ? end : 0;
	}

	/** The run that wrote it; null if it does not say. */
	@Nullable String run() {
		return run(this.header);
	}

	@Nullable static String run(LtxHeader header) {
		return (header.origin() != null && header.nodeId() != 0) ? HexFormat.of().toHexDigits(header.nodeId()) : null;
	}

	/** As it stands in a header: 0 if nobody is named. */
	static long node(@Nullable String run) {
		return (run != null) ? Long.parseUnsignedLong(run, 16) : 0;
	}

}
