package org.litestream4j.inspect;

/**
 * One thing that is not as it should be in a replica, or worth a word.
 *
 * @param kind what it is
 * @param object the object's name below the replica's place, whether it is there or not
 * @param message one sentence
 */
public record Finding(Kind kind, String object, String message) {

	/** Kinds of findings. */
	public enum Kind {

		/** An object that does not hold what its checksums say. */
		DAMAGED(true),
		/** An object that cannot be read although others can. */
		UNREADABLE(true),
		/** An object that must be there and is not: states behind it are lost. */
		MISSING(true),
		/** WAL that no snapshot leads to; it costs space and no more. */
		SURPLUS(false),
		/** An object in a format that was not looked at. */
		OTHER_FORMAT(false),
		/** An object that is none of a replica's. */
		STRAY(false);

		private final boolean damage;

		Kind(boolean damage) {
			this.damage = damage;
		}

		/** Whether states are lost by it that the replica should hold. */
		public boolean isDamage() {
			return this.damage;
		}

	}

}
