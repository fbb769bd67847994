package org.litestream4j.replication;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.lease.LogAccess;
import org.litestream4j.live.ShadowWal;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.ObservedStore;

/**
 * What shipping needs of a format. Thread-safe.
 */
public interface LogFormat {

	/**
	 * A store each of whose requests is reported, for what its objects are.
	 * @param database the database's name, for the listener
	 * @param replica the replica's name, for the listener
	 */
	ObservedStore observe(ObjectStore store, String database, String replica, LitestreamListener listener);

	/**
	 * Opens a replica to ship to it. Does no I/O.
	 * @param store keeps the objects
	 * @param shadow what is shipped
	 * @param database of which it is the WAL
	 */
	ReplicaLog log(ObjectStore store, ShadowWal shadow, DatabaseFile database);

	/**
	 * Opens a replica to take it over, before there is anything to ship. Does no I/O.
	 * @param store keeps the objects
	 */
	LogAccess access(ObjectStore store);

}
