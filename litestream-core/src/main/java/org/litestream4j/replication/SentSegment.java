package org.litestream4j.replication;

import java.time.Instant;

import org.litestream4j.format.WalPosition;

/**
 * A segment as it was sent to a replica.
 *
 * @param start where it begins
 * @param end the offset at which it ends in the same index
 * @param committedAt the time that it was sent with
 * @param size bytes as stored; {@link #UNANSWERED} while the replica has not said
 */
public record SentSegment(WalPosition start, long end, Instant committedAt, long size) {

	static final long UNANSWERED = -1;

	/** A segment that is going to be sent. */
	static SentSegment unanswered(WalPosition start, long end, Instant committedAt) {
		return new SentSegment(start, end, committedAt, UNANSWERED);
	}

	/** The same, when the replica has said that it is stored. */
	SentSegment stored(long bytes) {
		return new SentSegment(this.start, this.end, this.committedAt, bytes);
	}

	/** Up to where a replica that holds it, and all before it, is. */
	public WalPosition position() {
		return this.start.at(this.end);
	}

}
