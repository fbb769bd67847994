package org.litestream4j.store;

/** What must hold for an object to be stored; decided atomically by the store. */
public sealed interface Precondition {

	/** Nothing: an object of the same name is replaced. */
	Precondition NONE = new None();

	/** There is no object of that name. */
	Precondition ABSENT = new Absent();

	/**
	 * There is such an object, and nobody has replaced it since.
	 * @param tag the {@linkplain StoredObject#tag() tag} of the object as it was seen
	 * @return the condition
	 */
	static Precondition unchanged(String tag) {
		return new Unchanged(tag);
	}

	/** See {@link #NONE}. */
	record None() implements Precondition {
	}

	/** See {@link #ABSENT}. */
	record Absent() implements Precondition {
	}

	/**
	 * See {@link #unchanged(String)}.
	 *
	 * @param tag the {@linkplain StoredObject#tag() tag} of the object as it was seen
	 */
	record Unchanged(String tag) implements Precondition {
	}

}
