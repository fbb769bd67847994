package org.litestream4j.format.spi;

import org.litestream4j.history.HistorySource;
import org.litestream4j.inspect.ReplicaInspector;
import org.litestream4j.replication.LogFormat;
import org.litestream4j.restore.RestoreSource;
import org.litestream4j.store.ObjectStore;

/**
 * What the objects of a replica mean: how a database is shipped to a store, and restored
 * from it. Thread-safe.
 */
public interface ReplicaFormat extends LogFormat {

	/**
	 * Opens a replica to restore from it. Does no I/O.
	 * @param store keeps the objects
	 */
	RestoreSource source(ObjectStore store);

	/**
	 * Opens a replica to look at its past. Does no I/O.
	 * @param store keeps the objects
	 */
	HistorySource history(ObjectStore store);

	/**
	 * Opens a replica to look at it. Does no I/O.
	 * @param store keeps the objects
	 */
	ReplicaInspector inspector(ObjectStore store);

}
