package org.litestream4j.format.v03;

import java.io.IOException;
import java.util.Set;

import org.litestream4j.RestoreTarget;
import org.litestream4j.restore.PlanOutcome;
import org.litestream4j.restore.ReplicaCatalogue;
import org.litestream4j.restore.RestoreContent;
import org.litestream4j.restore.RestorePlan;
import org.litestream4j.restore.RestoreReading;
import org.litestream4j.store.StoredObject;

/**
 * The listings of a replica, and how to read what they list.
 *
 * @param client reads the replica
 * @param listing what it listed
 */
record V03Catalogue(V03Replica client, ReplicaListing listing) implements ReplicaCatalogue {

	@Override
	public PlanOutcome plan(RestoreTarget target, Set<StoredObject> unusable) {
		return this.listing.plan(target, (snapshot) -> unusable.contains(V03Replica.object(snapshot)));
	}

	@Override
	public RestoreContent open(RestorePlan plan, RestoreReading reading) throws IOException {
		return new V03Content((V03Plan) plan, this.listing, this.client, reading);
	}

}
