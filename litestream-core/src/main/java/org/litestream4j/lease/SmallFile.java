package org.litestream4j.lease;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectReplacedException;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.StoredObject;

/**
 * One small object of a store that is changed in place. Thread-safe.
 */
final class SmallFile {

	/** How often one may be replaced while it is read. */
	private static final int TRIES = 10;

	private final ObjectStore store;

	private final String name;

	SmallFile(ObjectStore store, String name) {
		this.store = store;
		this.name = name;
	}

	/** One version of it, whole. */
	static final class Version {

		private final byte[] bytes;

		private final StoredObject object;

		private Version(byte[] bytes, StoredObject object) {
			this.bytes = bytes;
			this.object = object;
		}

		byte[] bytes() {
			return this.bytes;
		}

		StoredObject object() {
			return this.object;
		}

	}

	/** What it is now; empty if it is not there. */
	Optional<Version> read() throws IOException {
		for (int tries = 1;; tries++) {
			Optional<StoredObject> now = this.store.stat(this.name);
			if (now.isEmpty()) {
				return Optional.empty();
			}
			try (InputStream in = this.store.open(now.get(), 0, StoredObject.END)) {
				return Optional.of(new Version(in.readNBytes(LockJson.LARGEST + 1), now.get()));
			}
			catch (NoSuchFileException | ObjectReplacedException ex) {
				if (tries == TRIES) {
					throw ex;
				}
			}
		}
	}

	/**
	 * What it is now, unless that is the version that is known; empty also if it is not
	 * there.
	 */
	Optional<Version> readUnless(@Nullable String known) throws IOException {
		Optional<StoredObject> now = this.store.stat(this.name);
		return (now.isEmpty() || version(now.get()).equals(known)) ? Optional.empty() : read();
	}

	/** Names a version, also where the store has no tags. */
	static String version(StoredObject object) {
		return (object.tag() != null) ? object.tag() : "%d@%s".formatted(object.size(), object.storedAt());
	}

	StoredObject write(byte[] bytes, Precondition precondition) throws IOException {
		return this.store.put(NewObject.named(this.name).when(precondition), (out) -> out.write(bytes));
	}

	void delete() throws IOException {
		this.store.delete(List.of(this.name));
	}

	/** For messages. */
	@Override
	public String toString() {
		return "%s of replica %s".formatted(this.name, this.store.url());
	}

}
