package org.litestream4j.restore;

import org.litestream4j.PlannedRestore;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreTarget;
import org.litestream4j.restore.PlanOutcome.Planned;

/**
 * What one look at a replica's listings came to: a plan that can be carried out as it
 * stands, or why there is none. Immutable.
 */
public final class Proposal {

	private final String replica;

	private final RestoreTarget target;

	private final ReplicaCatalogue catalogue;

	private final PlanOutcome outcome;

	Proposal(String replica, RestoreTarget target, ReplicaCatalogue catalogue, PlanOutcome outcome) {
		this.replica = replica;
		this.target = target;
		this.catalogue = catalogue;
		this.outcome = outcome;
	}

	/** Which state is wanted. */
	RestoreTarget target() {
		return this.target;
	}

	/** What was planned with, to judge what is read, and to name what else there is. */
	ReplicaCatalogue catalogue() {
		return this.catalogue;
	}

	/** The plan, or why there is none. */
	public PlanOutcome outcome() {
		return this.outcome;
	}

	/** Whether there is a plan. */
	public boolean isPlanned() {
		return this.outcome instanceof Planned;
	}

	/**
	 * Requires that there is a plan.
	 * @return the plan
	 * @throws RestoreException if there is none; its kind says why
	 */
	public RestorePlan requirePlan() throws RestoreException {
		if (this.outcome instanceof Planned planned) {
			return planned.plan();
		}
		throw Restorer.failure(this.outcome);
	}

	/**
	 * Describes what would be restored.
	 * @throws RestoreException if there is no plan; its kind says why
	 */
	public PlannedRestore describe() throws RestoreException {
		RestorePlan plan = requirePlan();
		return new PlannedRestore(this.replica, plan.lastStart(), plan.createdAt(), plan.storedBytes(), plan.applied());
	}

}
