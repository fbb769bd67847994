package org.litestream4j.boot.replication;

import org.jspecify.annotations.Nullable;

import org.litestream4j.store.StoreDefinition;

/**
 * One configured replica of one database, as the properties give it. {@code {database}}
 * is replaced already.
 *
 * @param property where it is configured, for example {@code litestream.replicas[0]}; for
 * messages
 * @param database the name of the {@code DataSource} bean
 * @param name the replica's name
 * @param store what its store is made from
 */
public record ReplicaDefinition(String property, String database, String name, StoreDefinition store) {

	/** The kind of store in lower case. */
	public String type() {
		return this.store.type();
	}

	/** The whole url; null if parts are given instead. */
	public @Nullable String url() {
		return this.store.url();
	}

	/** Leaves out the credentials. */
	@Override
	public String toString() {
		return "ReplicaDefinition[%s, database=%s, name=%s, type=%s]".formatted(this.property, this.database, this.name,
				type());
	}

}
