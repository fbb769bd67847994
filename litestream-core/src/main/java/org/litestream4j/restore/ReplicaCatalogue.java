package org.litestream4j.restore;

import java.io.IOException;
import java.util.Set;

import org.litestream4j.RestoreTarget;
import org.litestream4j.store.StoredObject;

/**
 * What one look at a replica showed. Does not change when the replica does. Thread-safe.
 */
public interface ReplicaCatalogue {

	/**
	 * Decides which objects make a state. Does no I/O.
	 * @param target which state; one that the catalogue was made for
	 * @param unusable snapshots to do without
	 * @return the plan, or why there is none
	 */
	PlanOutcome plan(RestoreTarget target, Set<StoredObject> unusable);

	/**
	 * Begins to fetch what a plan needs.
	 * @param plan one of this catalogue's
	 * @param reading how
	 * @throws UnusableSnapshotException if another snapshot may make the same state
	 * @throws ObjectGoneException if the replica has changed
	 * @throws FetchException if the store fails
	 */
	RestoreContent open(RestorePlan plan, RestoreReading reading) throws IOException;

}
