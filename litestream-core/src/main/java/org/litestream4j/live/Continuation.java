package org.litestream4j.live;

import java.util.Optional;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;

/**
 * Where the local copy goes on from what a replica holds, in the numbers that its indexes
 * have now. Every answer but {@link At} says why nothing can be shipped there, and each
 * of these may call for something else.
 */
public sealed interface Continuation {

	/** Where to go on; nothing if the local copy does not go on from there. */
	default Optional<At> found() {
		return (this instanceof At at) ? Optional.of(at) : Optional.empty();
	}

	/** Completes a sentence that begins with the place, such as "the replica". */
	String describe();

	/**
	 * The local copy holds what comes next.
	 *
	 * @param position where that begins. Every position before it is in the replica,
	 * under this number or another one
	 * @param reach where the first piece that is shipped must end at least, if it begins
	 * at the position: it repeats what the replica holds under the index's old number,
	 * and cut earlier it would lay older pages over newer ones. 0 if nothing is repeated
	 */
	record At(WalPosition position, long reach) implements Continuation {

		@Override
		public String describe() {
			return "is continued at %s".formatted(this.position);
		}

	}

	/**
	 * The local copy ends before what the replica holds. After a power cut the live WAL
	 * may still hold the rest, and ask again once it was copied.
	 *
	 * @param position where the replica ends, as its index is numbered now
	 * @param end where the local copy ends
	 */
	record Behind(WalPosition position, WalPosition end) implements Continuation {

		@Override
		public String describe() {
			return "holds more than the local copy, which ends at %s and not at %s".formatted(this.end, this.position);
		}

	}

	/**
	 * What comes next was here once, and was deleted, or comes before the state that this
	 * local copy began with.
	 *
	 * @param oldest the oldest index that is here
	 */
	record TooOld(int oldest) implements Continuation {

		@Override
		public String describe() {
			return "is so far behind that WAL it lacks is no longer here, where index %08x is the oldest"
				.formatted(this.oldest);
		}

	}

	/**
	 * Somebody else wrote there last, or a run of so long ago that it is no longer known.
	 *
	 * @param run who wrote last; null if that was not said
	 */
	record UnknownWriter(@Nullable String run) implements Continuation {

		@Override
		public String describe() {
			return "was last written by %s, which was not started from these files: they are an old copy, or another instance has taken over since"
				.formatted((this.run != null) ? "run " + this.run : "somebody who is not named");
		}

	}

	/**
	 * The local copy is of another generation, or there is none.
	 *
	 * @param local its generation, or null
	 */
	record OtherGeneration(@Nullable Generation local) implements Continuation {

		@Override
		public String describe() {
			return (this.local != null) ? "is of another generation than the local copy, which is of " + this.local
					: "has no local copy beside it that goes on";
		}

	}

	/**
	 * The local copy never was what the replica holds.
	 *
	 * @param detail what differs: completes a sentence that begins with "it"
	 */
	record Contradiction(String detail) implements Continuation {

		@Override
		public String describe() {
			return "is not what the local copy goes on from: it " + this.detail;
		}

	}

}
