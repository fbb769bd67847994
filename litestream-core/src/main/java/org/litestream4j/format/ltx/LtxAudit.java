package org.litestream4j.format.ltx;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.replication.AuditFinding;
import org.litestream4j.replication.Cure;
import org.litestream4j.replication.ReplicaLog;

/**
 * A listing of the replica, held against what was stored: from a whole file on a way must
 * lead to the last transaction that was stored, and nothing may lie beyond it. Used by
 * one thread.
 */
final class LtxAudit implements ReplicaLog.Audit {

	private final LtxReplica replica;

	private final LtxKnown known;

	private final LtxKnown listed;

	/** The last transaction that was stored before the replica was listed. */
	private final long before;

	/** The same after it. */
	private final long after;

	private final Duration keepSingles;

	LtxAudit(LtxReplica replica, LtxKnown known, LtxKnown listed, long before, long after, Duration keepSingles) {
		this.replica = replica;
		this.known = known;
		this.listed = listed;
		this.before = before;
		this.after = after;
		this.keepSingles = keepSingles;
	}

	@Override
	public List<AuditFinding> findings(WalPosition reached, boolean shipping) {
		List<AuditFinding> findings = new ArrayList<>();
		long expected = this.after + (shipping ? 1 : 0);
		long newest = this.listed.newestTxid();
		if (newest > expected) {
			findings.add(new AuditFinding.Overtaken(
					"it holds transaction %016x, and this application has stored none after %016x".formatted(newest,
							this.after)));
		}
		long led = LtxChain.towards(this.listed.all(), this.before).reached();
		if (led < this.before) {
			findings.add(new AuditFinding.Lost(0, true,
					"it has lost transaction %016x, of %016x that were stored".formatted(led + 1, this.before)));
		}
		return findings;
	}

	@Override
	public Cure cure(List<AuditFinding> findings, Generation current) {
		return isNewestStateLost(findings, current) ? new Cure.FreshSnapshot(-1) : new Cure.None();
	}

	@Override
	public boolean isNewestStateLost(List<AuditFinding> findings, Generation current) {
		return findings.stream().anyMatch(AuditFinding.Lost.class::isInstance);
	}

	@Override
	public void accept() {
		this.known.refresh(this.listed, this.before);
	}

	@Override
	public ReplicaLog.Pruned prune(Generation current, Instant keepSince) throws IOException {
		LtxRetention plan = LtxRetention.of(this.listed, keepSince, this.keepSingles);
		if (!plan.isEmpty()) {
			this.known.deleted(plan.snapshots());
			this.known.deleted(plan.files());
			// What lower levels need comes last
			this.replica.delete(plan.snapshots());
			this.replica.delete(plan.files());
		}
		return new ReplicaLog.Pruned(plan.snapshots().size(), plan.files().size());
	}

}
