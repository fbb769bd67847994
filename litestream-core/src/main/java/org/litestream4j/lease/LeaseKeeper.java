package org.litestream4j.lease;

import java.io.IOException;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * Looks for wishes of others for a replica that this run owns: at a third of the lease's
 * duration, so that whoever waits has an answer in time. While nobody wishes a look is
 * one request, and nothing is written. The caller answers a wish by
 * {@linkplain Ownership.Held#renew renewing}. Thread-safe.
 */
public final class LeaseKeeper {

	private final WishFile wishes;

	private final String runId;

	private @Nullable String answered;

	/**
	 * Creates a keeper. Does no I/O.
	 * @param wishes where others wish
	 * @param runId the run that owns the replica
	 */
	public LeaseKeeper(WishFile wishes, String runId) {
		this.wishes = wishes;
		this.runId = runId;
	}

	/**
	 * What is to be answered.
	 *
	 * @param wish of another run
	 * @param version names it
	 */
	public record Unanswered(Wish wish, String version) {
	}

	/**
	 * Looks.
	 * @return a wish that was not answered yet: found again until it
	 * {@linkplain #answered(Unanswered) is}
	 * @throws IOException if the store cannot be read
	 */
	public synchronized Optional<Unanswered> look() throws IOException {
		return this.wishes.look(this.answered)
			.filter((found) -> !found.wish().runId().equals(this.runId))
			.map((found) -> new Unanswered(found.wish(), found.version()));
	}

	/**
	 * Notes that a wish was answered.
	 * @param wish that was
	 */
	public synchronized void answered(Unanswered wish) {
		this.answered = wish.version();
	}

}
