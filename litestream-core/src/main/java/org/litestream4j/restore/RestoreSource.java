package org.litestream4j.restore;

import java.io.IOException;
import java.time.Instant;

import org.litestream4j.RestoreTarget;

/**
 * A replica to restore from, in whatever format: which of its objects make a state, and
 * how they make it. Where a restored database goes, and when it is there, is not its
 * concern. Thread-safe.
 */
public interface RestoreSource {

	/**
	 * Lists what the replica holds.
	 * @param target which state is wanted: nothing need be listed that it does not depend
	 * on
	 * @throws IOException if the replica cannot be listed
	 */
	ReplicaCatalogue catalogue(RestoreTarget target) throws IOException;

	/**
	 * When the newest commit of a plan was seen, as far as the store knows: tells which
	 * of two states without a common order is the newer one, also where one was copied.
	 * May cost a request.
	 */
	Instant newestCommit(RestorePlan plan) throws IOException;

	/**
	 * Whether a plan is one of this source's, and not of another one's.
	 */
	boolean planned(RestorePlan plan);

	/**
	 * Whether the replica holds any backup, asked for in a way that an earlier answer can
	 * hardly have made wrong.
	 */
	boolean holdsBackupAfterAll() throws IOException;

}
