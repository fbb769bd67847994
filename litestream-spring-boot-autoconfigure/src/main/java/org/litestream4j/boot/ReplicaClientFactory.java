package org.litestream4j.boot;

import org.litestream4j.replica.ReplicaClient;

/**
 * Makes the clients of one or more kinds of store. Register a bean to add a store, or to
 * replace one: an application's own factories are asked before those for {@code file} and
 * {@code s3}.
 * <p>
 * A factory is created before any {@code DataSource}, so it must not depend on one.
 */
public interface ReplicaClientFactory {

	/**
	 * Whether this factory makes clients of a type.
	 * @param type in lower case, for example {@code s3}
	 */
	boolean supports(String type);

	/**
	 * Makes a client. Does no I/O.
	 * @param definition what is configured, of a supported type
	 * @throws IllegalArgumentException with one sentence that says what is wrong and what
	 * is allowed; start-up then fails with it
	 */
	ReplicaClient create(ReplicaDefinition definition);

}
