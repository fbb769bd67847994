package org.litestream4j.lease;

import java.io.IOException;

/**
 * What is done before a replica is claimed: with a lease its owner is waited for
 * ({@link LeaseWait}), without one nobody is ({@link TakeoverDriver#atOnce()}).
 */
@FunctionalInterface
public interface Approach {

	/**
	 * Returns when the replica may be claimed.
	 * @return the lock file as it was read last
	 * @throws ReplicaHeldException if it has an owner who is alive
	 * @throws DamagedLockFileException if the lock file cannot be understood
	 * @throws IOException if the store cannot be asked
	 */
	Answer.LockIs await() throws IOException;

}
