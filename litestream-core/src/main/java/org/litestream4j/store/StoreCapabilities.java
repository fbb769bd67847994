package org.litestream4j.store;

/**
 * What a store can do, as far as that is known without asking it.
 *
 * @param concurrentReads how many objects can be read at once without one waiting for
 * another: as many as there are connections, for example; at least 1
 * @param metadata whether it keeps metadata beside an object's bytes
 * @param reads what opening a part of an object costs
 * @param conditions whether it decides preconditions atomically
 */
public record StoreCapabilities(int concurrentReads, Metadata metadata, Reads reads, Conditions conditions) {

	/**
	 * Creates capabilities.
	 * @param concurrentReads how many objects can be read at once without one waiting for
	 * another: as many as there are connections, for example; at least 1
	 * @param metadata whether it keeps metadata beside an object's bytes
	 * @param reads what opening a part of an object costs
	 * @param conditions whether it decides preconditions atomically
	 * @throws IllegalArgumentException if {@code concurrentReads} is less than 1
	 */
	public StoreCapabilities {
		if (concurrentReads < 1) {
			throw new IllegalArgumentException(
					"concurrentReads is %d: at least 1 is allowed".formatted(concurrentReads));
		}
	}

	/** Whether metadata is kept. */
	public enum Metadata {

		/** Beside the bytes. */
		KEPT,

		/** Not at all: what is to be known must be in the bytes. */
		NONE

	}

	/** How an object is best read. */
	public enum Reads {

		/** From its beginning to its end: there is little latency to hide. */
		SEQUENTIAL,

		/** A large one in several parts at once. */
		PARALLEL,

		/**
		 * The same; and each open object has a connection of its own, where bytes arrive
		 * before they are read, and which nobody minds to wait meanwhile.
		 */
		STREAMED

	}

	/** Whether preconditions are decided atomically. */
	public enum Conditions {

		/** They are. */
		ATOMIC,

		/** Not known before it is tried: stores exist that accept one and ignore it. */
		UNTRIED,

		/** They are not; a put with one is refused. */
		NONE

	}

}
