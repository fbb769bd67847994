package org.litestream4j.restore;

import java.io.Closeable;
import java.io.IOException;

import org.litestream4j.format.ReplicaPosition;

/**
 * The objects of a plan, which are being fetched. Not thread-safe.
 */
public interface RestoreContent extends Closeable {

	/** The database that the rest is applied to. Closed with the content. */
	SnapshotContent snapshot();

	/**
	 * Applies the rest, and verifies all that was read.
	 * @param image of the snapshot
	 * @return the position of the state that it holds now
	 * @throws org.litestream4j.RestoreException if the objects do not make the state
	 */
	ReplicaPosition applyTo(DatabaseImage image) throws IOException;

}
