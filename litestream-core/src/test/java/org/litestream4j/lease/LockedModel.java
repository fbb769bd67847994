package org.litestream4j.lease;

import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * What a store holds in any format beside the log itself: the lock file. Immutable.
 *
 * @param <M> the whole model
 */
abstract class LockedModel<M extends LockedModel<M>> extends Fingerprint.Of {

	private final @Nullable ReplicaLock lock;

	/** Of the lock file. */
	private final int version;

	/** Without a lock file. */
	LockedModel() {
		this.lock = null;
		this.version = 0;
	}

	/** With the lock file of another one. */
	LockedModel(LockedModel<M> other) {
		this.lock = other.lock;
		this.version = other.version;
	}

	/** With a lock file that was written over that of another one. */
	LockedModel(LockedModel<M> other, ReplicaLock written) {
		this.lock = written;
		this.version = other.version + 1;
	}

	/** The same with another lock file. */
	abstract M lock(ReplicaLock written);

	/** What a listing shows. */
	abstract Catalog catalog();

	@Nullable ReplicaLock lock() {
		return this.lock;
	}

	/** Names this version of the lock file; null if there is none. */
	@Nullable String tag() {
		return (this.lock != null) ? "v" + this.version : null;
	}

	/** Whether a message that wants this could still change something. */
	boolean couldWrite(Request.WriteLock write) {
		return Objects.equals(write.tag(), tag());
	}

	@Override
	void describe(Fingerprint to) {
		to.add(this.version).add(this.lock);
	}

	@Override
	public String toString() {
		return "lock %s (v%d)".formatted(this.lock, this.version);
	}

}
