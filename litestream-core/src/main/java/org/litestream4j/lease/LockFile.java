package org.litestream4j.lease;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;
import org.litestream4j.store.StoredObject;

/**
 * A replica's lock file: read, and changed by compare and set. Thread-safe.
 * <p>
 * What Litestream v0.5 writes there is understood, and v0.5 understands what is written:
 * it has the same name and the same three fields. Where the store cannot compare and set,
 * {@code lock.json} only says that what counts is in {@code lock/}: so all who come to a
 * replica do it in the same way, even if the store's abilities change.
 */
public final class LockFile {

	/** The lock file's name. */
	public static final String NAME = "lock.json";

	private final SmallFile file;

	private final LockVersions versions;

	private final Means means;

	private final Duration duration;

	private final Clock clock;

	/** How a lock file is changed where there is none yet. */
	public enum Means {

		/** The store replaces an object only if it is unchanged. */
		COMPARE_AND_SET,

		/** The store creates an object only if it is absent, and can do no more. */
		VERSIONS

	}

	/**
	 * Creates a lock file that is read and, if at all, changed by compare and set. Does
	 * no I/O.
	 * @param store the replica's
	 * @param duration how long an owner that says nothing counts as alive: for those who
	 * wait, and for {@code expires_at}, which is for people and for v0.5
	 * @param clock the time of day, for {@code expires_at}
	 */
	public LockFile(ObjectStore store, Duration duration, Clock clock) {
		this(store, Means.COMPARE_AND_SET, duration, clock);
	}

	/**
	 * Creates a lock file. Does no I/O.
	 * @param store the replica's
	 * @param means what the store can do
	 * @param duration how long an owner that says nothing counts as alive: for those who
	 * wait, and for {@code expires_at}, which is for people and for v0.5
	 * @param clock the time of day, for {@code expires_at}
	 */
	public LockFile(ObjectStore store, Means means, Duration duration, Clock clock) {
		this.file = new SmallFile(store, NAME);
		this.versions = new LockVersions(store);
		this.means = means;
		this.duration = duration;
		this.clock = clock;
	}

	/**
	 * Whether an object is one of those by which a replica's writers come to terms.
	 * @param name below the replica's place
	 */
	public static boolean isOwn(String name) {
		return name.equals(NAME) || name.equals(WishFile.NAME) || LockVersions.isTag(name);
	}

	/**
	 * Carries out what concerns the lock file.
	 * @param request {@link Request.ReadLock} or {@link Request.WriteLock}
	 * @return the answer
	 * @throws DamagedLockFileException if it cannot be understood
	 * @throws IOException if the answer is not known: asking again is safe
	 * @throws IllegalArgumentException for another request
	 */
	public Answer answer(Request request) throws IOException {
		if (request instanceof Request.ReadLock) {
			return read();
		}
		if (request instanceof Request.WriteLock write) {
			return write(write.tag(), write.lock());
		}
		throw new IllegalArgumentException("%s does not concern the lock file".formatted(request));
	}

	/**
	 * What it says now.
	 * @return the lock and the version of the file; both null if there is none
	 * @throws DamagedLockFileException if it cannot be understood
	 * @throws IOException if the store cannot be read
	 */
	public Answer.LockIs read() throws IOException {
		Optional<SmallFile.Version> found = this.file.read();
		if (found.isEmpty()) {
			return new Answer.LockIs(null, null);
		}
		byte[] bytes = found.get().bytes();
		try {
			if (!LockJson.isElsewhere(bytes)) {
				return lockIs(bytes, tag(found.get().object()));
			}
			Optional<SmallFile.Version> version = this.versions.read();
			return version.isEmpty() ? new Answer.LockIs(null, null)
					: lockIs(version.get().bytes(), version.get().object().name());
		}
		catch (IllegalArgumentException ex) {
			throw new DamagedLockFileException(
					"%s cannot be understood (%s): if nobody writes to this replica any more, delete it"
						.formatted(this.file, ex.getMessage()),
					ex);
		}
	}

	private static Answer.LockIs lockIs(byte[] bytes, String tag) {
		return new Answer.LockIs(LockJson.readLock(bytes), tag, LockJson.readLease(bytes));
	}

	/**
	 * Writes it, if nobody else has since it was read. What is there already is written,
	 * if that answer was lost.
	 * @param tag as it was read; null if there was none, and none may be there
	 * @param lock what it is to say
	 * @return {@link Answer.Stored} or {@link Answer.Refused}
	 * @throws IOException if whether it was written is not known: trying again is safe
	 * @throws UnsupportedOperationException if the store cannot do it
	 */
	public Answer write(@Nullable String tag, ReplicaLock lock) throws IOException {
		Instant now = this.clock.instant();
		byte[] bytes = LockJson.write(lock, lock.released() ? now : now.plus(this.duration), this.duration);
		try {
			return new Answer.Stored(write(tag, bytes));
		}
		catch (PreconditionFailedException ex) {
			Answer.LockIs there = readAfterRefusal();
			return (lock.equals(there.lock()) && there.tag() != null) ? new Answer.Stored(there.tag())
					: new Answer.Refused();
		}
	}

	private String write(@Nullable String tag, byte[] bytes) throws IOException {
		if (tag != null) {
			return LockVersions.isTag(tag) ? this.versions.write(tag, bytes)
					: tag(this.file.write(bytes, Precondition.unchanged(tag)));
		}
		byte[] first = (this.means == Means.VERSIONS) ? LockJson.elsewhere(LockVersions.DIRECTORY) : bytes;
		try {
			StoredObject stored = this.file.write(first, Precondition.ABSENT);
			if (this.means == Means.COMPARE_AND_SET) {
				return tag(stored);
			}
		}
		catch (PreconditionFailedException ex) {
			if (!isElsewhere(this.file.read())) {
				throw ex;
			}
		}
		return this.versions.write(null, bytes);
	}

	private static boolean isElsewhere(Optional<SmallFile.Version> found) {
		try {
			return found.isPresent() && LockJson.isElsewhere(found.get().bytes());
		}
		catch (IllegalArgumentException ex) {
			return false; // who reads it is told that it is damaged
		}
	}

	/** What cannot be understood is not what was written. */
	private Answer.LockIs readAfterRefusal() throws IOException {
		try {
			return read();
		}
		catch (DamagedLockFileException ex) {
			return new Answer.LockIs(null, null);
		}
	}

	private String tag(StoredObject object) {
		if (object.tag() == null) {
			throw new UnsupportedOperationException(
					"%s cannot be changed by compare and set: the store does not tell versions of an object apart"
						.formatted(this.file));
		}
		return object.tag();
	}

	/** For messages. */
	@Override
	public String toString() {
		return this.file.toString();
	}

}
