package org.litestream4j.format.ltx;

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
 * @param replica keeps the files
 * @param listing what it listed
 */
record LtxCatalogue(LtxReplica replica, LtxListing listing) implements ReplicaCatalogue {

	@Override
	public PlanOutcome plan(RestoreTarget target, Set<StoredObject> unusable) {
		return this.listing.plan(target, (file) -> unusable.contains(this.replica.object(file)));
	}

	@Override
	public RestoreContent open(RestorePlan plan, RestoreReading reading) throws IOException {
		return new LtxContent((LtxPlan) plan, this.listing, this.replica, reading);
	}

}
