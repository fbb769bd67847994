package org.litestream4j.format.ltx;

import java.nio.ByteBuffer;
import java.util.HexFormat;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;

/**
 * To which place of its writer's local WAL a file belongs: with the run that the header
 * names, and what that says of a WAL, all that it takes to go on after it. It stands in
 * bytes of the header that nobody else has a use for, so that the replica itself tells,
 * whatever became of the meta directory. Immutable.
 *
 * @param generation of the writer's local copy
 * @param index the WAL of that generation
 * @param epoch in which the writer owned the replica; 0 if nobody is kept out
 * @param check of the WAL's running checksum where the file ends: see
 * {@link #check(long)}; 0 where it holds nothing of a WAL
 */
public record LtxOrigin(Generation generation, int index, int epoch, int check) {

	/*-
	 * Big-endian:
	 *   0  generation   8 bytes
	 *   8  index       12  epoch   16  check
	 */

	/** Bytes that it takes. */
	static final int SIZE = 20;

	/** Spreads both halves of a checksum over all bits. */
	private static final long MIX = 0x9e3779b97f4a7c15L;

	/**
	 * Creates an origin.
	 * @param generation of the writer's local copy
	 * @param index the WAL of that generation, from 0
	 * @param epoch in which the writer owned the replica, or 0
	 * @param check of the WAL's running checksum, or 0
	 * @throws IllegalArgumentException if the index or the epoch is negative
	 */
	public LtxOrigin {
		if (index < 0 || epoch < 0) {
			throw new IllegalArgumentException(
					"WAL index %d in epoch %d: 0 or more are expected".formatted(index, epoch));
		}
	}

	/**
	 * {@return what tells two WALs apart that are alike but for their content: 32 bits of
	 * a running checksum, never 0}
	 * @param checksum the running checksum of a frame
	 */
	public static int check(long checksum) {
		int mixed = (int) ((checksum * MIX) >>> Integer.SIZE);
		return (mixed != 0) ? mixed : 1;
	}

	/**
	 * {@return the place in the WAL}
	 * @param offset where in it
	 */
	WalPosition at(long offset) {
		return new WalPosition(this.generation, this.index, offset);
	}

	void put(ByteBuffer bytes) {
		bytes.putLong(Long.parseUnsignedLong(this.generation.name(), 16))
			.putInt(this.index)
			.putInt(this.epoch)
			.putInt(this.check);
	}

	/** Reads what {@link #put} wrote; null if these bytes say nothing of the kind. */
	@Nullable static LtxOrigin parse(ByteBuffer bytes) {
		long generation = bytes.getLong();
		int index = bytes.getInt();
		int epoch = bytes.getInt();
		int check = bytes.getInt();
		return (generation == 0 || index < 0 || epoch < 0) ? null
				: new LtxOrigin(new Generation(HexFormat.of().toHexDigits(generation)), index, epoch, check);
	}

}
