package org.litestream4j;

import java.time.Instant;

import org.litestream4j.format.ReplicaPosition;

/**
 * What a restore would do, as far as the listings of a replica say: that its objects can
 * be read, and fit together, is known only once they were.
 *
 * @param replica where it would come from
 * @param position where the last WAL segment begins, as names do not say where it ends;
 * for a snapshot alone the start of its index. Of an LTX replica the last transaction
 * @param createdAt when the newest object was stored
 * @param storedBytes bytes to fetch
 * @param segments how many WAL segments would be applied to the snapshot, or LTX files to
 * the first one
 */
public record PlannedRestore(String replica, ReplicaPosition position, Instant createdAt, long storedBytes,
		int segments) {

	/**
	 * {@return how many objects would be fetched: a snapshot, and what is applied to it}
	 */
	public int objects() {
		return this.segments + 1;
	}

}
