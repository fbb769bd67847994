package org.litestream4j.lease;

import java.io.IOException;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.Precondition;

/**
 * The file beside a replica's lock file by which those who wait ask its owner whether it
 * is alive. It holds the newest wish: whoever waits writes over what is there, and asks
 * again after each answer, so that no wish is lost for long. Nothing but politeness
 * depends on it. Thread-safe.
 */
public final class WishFile {

	/** The file's name. */
	public static final String NAME = "wanted.json";

	private final SmallFile file;

	/**
	 * Creates a file of wishes. Does no I/O.
	 * @param store the replica's
	 */
	public WishFile(ObjectStore store) {
		this.file = new SmallFile(store, NAME);
	}

	/**
	 * What is wished, and which version of the file says so.
	 *
	 * @param wish as written; one of nobody in particular if it cannot be understood
	 * @param version names it
	 */
	public record Found(Wish wish, String version) {
	}

	/**
	 * Wishes.
	 * @param wish is written over what is there
	 * @throws IOException if it cannot be written
	 */
	public void write(Wish wish) throws IOException {
		this.file.write(LockJson.write(wish), Precondition.NONE);
	}

	/**
	 * Looks for a wish that is not known yet; one request while there is none.
	 * @param known the {@linkplain Found#version() version} that is, or null
	 * @return the wish; empty if there is none, or it is known
	 * @throws IOException if the store cannot be read
	 */
	public Optional<Found> look(@Nullable String known) throws IOException {
		return this.file.readUnless(known)
			.map((version) -> new Found(wish(version.bytes()), SmallFile.version(version.object())));
	}

	private static Wish wish(byte[] bytes) {
		try {
			return LockJson.readWish(bytes);
		}
		catch (IllegalArgumentException ex) {
			return new Wish("", "", 0); // somebody has written it
		}
	}

	/**
	 * Takes a run's wish back, as it waits no longer; another's stays. One that is
	 * written at the same moment may be lost: it is written again.
	 * @param runId the run
	 * @throws IOException if the store cannot be asked
	 */
	public void withdraw(String runId) throws IOException {
		Optional<Found> found = look(null);
		if (found.isPresent() && found.get().wish().runId().equals(runId)) {
			this.file.delete();
		}
	}

	/** For messages. */
	@Override
	public String toString() {
		return this.file.toString();
	}

}
