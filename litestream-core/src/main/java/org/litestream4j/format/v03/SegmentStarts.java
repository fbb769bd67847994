package org.litestream4j.format.v03;

import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.WalSegment;

/**
 * The running checksums of one WAL index where its segments begin: a segment that begins
 * before the end of the one before it can be verified from there on. Not thread-safe.
 */
final class SegmentStarts {

	private final List<WalSegment> segments;

	/** Where the current index begins and ends in the list. */
	private int first;

	private int end;

	/** The first start that was not reached yet. */
	private int next;

	private long[] checksums = new long[0];

	/**
	 * Creates the starts of segments.
	 * @param segments by index and offset
	 */
	SegmentStarts(List<WalSegment> segments) {
		this.segments = segments;
	}

	/** Goes on with the next index. */
	void nextIndex() {
		this.first = this.end;
		while (this.end < this.segments.size()
				&& this.segments.get(this.end).index() == this.segments.get(this.first).index()) {
			this.end++;
		}
		this.next = this.first + 1; // nothing is summed up at offset 0
		this.checksums = new long[this.end - this.first];
	}

	/** A frame that ends at an offset was written. Offsets only grow within an index. */
	void passed(long offset, long checksum) {
		while (this.next < this.end && this.segments.get(this.next).offset() < offset) {
			this.next++; // begins within a frame
		}
		if (this.next < this.end && this.segments.get(this.next).offset() == offset) {
			this.checksums[this.next - this.first] = checksum;
			this.next++;
		}
	}

	/** The checksum at a start; null where none begins, or none on a frame's boundary. */
	@Nullable Long checksumAt(long offset) {
		for (int i = this.next - 1; i > this.first; i--) {
			if (this.segments.get(i).offset() <= offset) {
				boolean known = this.segments.get(i).offset() == offset && this.checksums[i - this.first] != 0;
				return known ? (Long) this.checksums[i - this.first] : null;
			}
		}
		return null;
	}

}
