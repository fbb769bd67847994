package org.litestream4j.engine;

import java.util.Optional;

import org.jspecify.annotations.Nullable;

import org.litestream4j.DivergenceException.Kind;
import org.litestream4j.format.Generation;
import org.litestream4j.live.Continuation;

/**
 * That what a replica holds is not what the local copy goes on from, and that no new
 * generation may quietly take its place: somebody else wrote it, or this database was
 * changed. Pure.
 *
 * @param kind of it
 * @param detail completes a sentence that begins with the replica
 */
record Divergence(Kind kind, String detail) {

	/**
	 * Holds what was found against the local copy.
	 * @param local the copy's generation
	 * @param found what the replica holds
	 * @param continuation where the copy goes on from it
	 */
	static Optional<Divergence> between(@Nullable Generation local, ReplicaClaim.Found found,
			Continuation continuation) {
		if (!found.generation().equals(local)) {
			boolean known = found.isOurs() || (local != null && found.isFollowedBy(local));
			return known ? Optional.empty() : Optional.of(new Divergence(Kind.DIFFERENT, "is of another generation"));
		}
		if (continuation instanceof Continuation.Behind) {
			return Optional.of(new Divergence(Kind.BEHIND, continuation.describe()));
		}
		if (continuation instanceof Continuation.UnknownWriter || continuation instanceof Continuation.Contradiction) {
			return Optional.of(new Divergence(Kind.DIFFERENT, continuation.describe()));
		}
		return Optional.empty();
	}

}
