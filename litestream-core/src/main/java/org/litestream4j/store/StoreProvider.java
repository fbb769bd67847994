package org.litestream4j.store;

import java.util.List;

/**
 * Makes the stores of one or more kinds. Found by {@link java.util.ServiceLoader}; with
 * Spring Boot a bean is asked before those. Thread-safe.
 */
public interface StoreProvider {

	/**
	 * Whether this provider makes stores of a type.
	 * @param type in lower case: a url's scheme, for example {@code s3}
	 * @return whether {@link #open} makes a store of a definition of that type
	 */
	boolean supports(String type);

	/**
	 * How urls of its stores look, for messages.
	 * @return for example {@code s3://bucket/prefix}; none by default
	 */
	default List<String> urls() {
		return List.of();
	}

	/**
	 * Makes a store. Does no I/O. Stores of equal configuration should share what is
	 * costly, such as connections; it is released when the last of them is closed.
	 * @param definition what is configured, of a supported type
	 * @return the store, which the caller closes
	 * @throws IllegalArgumentException with one sentence that says what is wrong and what
	 * is allowed
	 */
	ObjectStore open(StoreDefinition definition);

}
