package org.litestream4j.inspect;

import java.time.Instant;
import java.util.Comparator;
import java.util.Objects;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.litestream4j.BackupFormat;
import org.litestream4j.format.ReplicaPosition;

/**
 * What a replica holds, as far as listings say.
 *
 * @param url where it is, without secrets
 * @param format what it is in; of two formats that of the newest state, whose objects are
 * what is counted
 * @param newest the newest state that can be restored; null if there is none
 * @param problem why there is none, in one sentence; null if there is one
 * @param oldestAt when the oldest snapshot was stored of all generations, and of both
 * formats: restores reach back to there; null if there is none
 * @param snapshotAt when the newest snapshot was stored of the newest state's generation
 * @param generations how many there are
 * @param snapshots how many there are
 * @param segments how many objects there are that are applied to snapshots
 * @param bytes as stored, of all objects
 * @param owner whose it is; null if nobody ever owned it
 * @param other what it holds in another format; null if nothing
 */
public record StatusReport(String url, BackupFormat format, @Nullable State newest, @Nullable String problem,
		@Nullable Instant oldestAt, @Nullable Instant snapshotAt, int generations, int snapshots, int segments,
		long bytes, @Nullable Owner owner, @Nullable OtherFormat other) {

	/**
	 * The same replica, which holds another format, too.
	 * @param status what it holds in that
	 */
	public StatusReport beside(StatusReport status) {
		State last = status.newest();
		OtherFormat found = new OtherFormat(status.format(), status.oldestAt(),
				(last != null) ? last.committedAt() : null, status.snapshots() + status.segments(), status.bytes());
		Instant oldest = Stream.of(this.oldestAt, status.oldestAt())
			.filter(Objects::nonNull)
			.min(Comparator.naturalOrder())
			.orElse(null);
		return new StatusReport(this.url, this.format, this.newest, this.problem, oldest, this.snapshotAt,
				this.generations, this.snapshots, this.segments, this.bytes, this.owner, found);
	}

	/** Whether there is any object that a restore could read. */
	public boolean holdsAnything() {
		return this.snapshots + this.segments > 0;
	}

	/**
	 * What a replica that was moved from one format to another still holds in the older
	 * one: nothing writes to it, or deletes it.
	 *
	 * @param format which one
	 * @param oldestAt when its oldest snapshot was stored; null if it has none
	 * @param newestAt when the newest commit of its newest state was seen; null if none
	 * can be restored
	 * @param objects how many there are
	 * @param bytes as stored, of all of them
	 */
	public record OtherFormat(BackupFormat format, @Nullable Instant oldestAt, @Nullable Instant newestAt, int objects,
			long bytes) {
	}

	/**
	 * A state that can be restored.
	 *
	 * @param start where the newest object of it begins; in LTX the transaction that it
	 * ends with
	 * @param committedAt when its newest commit was seen, as far as the store knows
	 * @param bytes to fetch for it, as stored
	 * @param objects to fetch for it
	 */
	public record State(ReplicaPosition start, Instant committedAt, long bytes, int objects) {
	}

	/**
	 * Who may write to the replica.
	 *
	 * @param name for people, for example {@code host:pid}
	 * @param epoch counts the owners
	 * @param released whether it has stopped, and handed the replica over
	 */
	public record Owner(String name, long epoch, boolean released) {
	}

}
