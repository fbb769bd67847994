package org.litestream4j.replication;

import java.io.IOException;
import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replication.AuditFinding.Lost;

/**
 * Lists a replica, holds the listing against what was stored, and deletes what nobody
 * needs any more, but never on the word of a listing in which something is wrong. Used by
 * one thread.
 */
final class RetentionCheck {

	private static final Logger logger = LoggerFactory.getLogger(RetentionCheck.class);

	private final Replicator replicator;

	private final LitestreamListener listener;

	/** What the last listing seemed to lack or to have too much. */
	private List<AuditFinding> suspected = List.of();

	@Nullable private Generation suspectedIn;

	RetentionCheck(Replicator replicator, LitestreamListener listener) {
		this.replicator = replicator;
		this.listener = listener;
	}

	/** What came of a check. */
	sealed interface Result {

		/** All is there, and what is old was deleted. */
		record Passed() implements Result {
		}

		/**
		 * It cannot be told now: the position is not known, or the generation changes.
		 */
		record NotNow() implements Result {
		}

		/** Something is wrong unless the listing lags; nothing was deleted. */
		record Suspected() implements Result {
		}

		/**
		 * Two listings, some time apart, agree on what is wrong; nothing was deleted.
		 *
		 * @param generation in which
		 * @param findings what; not empty
		 * @param listing the later listing
		 */
		record Failed(Generation generation, List<AuditFinding> findings, ReplicaLog.Audit listing) implements Result {

			/** What to do. */
			Cure cure() {
				return this.listing.cure(this.findings, this.generation);
			}

			/** Whether the newest state needs what is lost. */
			boolean isNewestStateLost() {
				return this.listing.isNewestStateLost(this.findings, this.generation);
			}

			/** Whether somebody else writes there. */
			boolean isWriterSeen() {
				return this.findings.stream().anyMatch((finding) -> !(finding instanceof Lost));
			}

			/** Whether anything is not as it was stored. */
			boolean isSomethingLost() {
				return this.findings.stream().anyMatch(Lost.class::isInstance);
			}

			/** One sentence. */
			String describe() {
				String first = this.findings.get(0).describe();
				return (this.findings.size() == 1) ? first
						: "%s, and %d more finding(s)".formatted(first, this.findings.size() - 1);
			}

		}

	}

	/**
	 * Checks.
	 * @param keepSince what only states before it need is deleted
	 * @throws RetentionRefusedException if what is old cannot be deleted
	 * @throws IOException if the replica cannot be listed
	 */
	Result run(Instant keepSince) throws IOException {
		Generation generation = this.replicator.log().generation();
		if (generation == null || !isSettledIn(generation)) {
			return new Result.NotNow();
		}
		ReplicaLog.Audit listing = this.replicator.log().audit();
		boolean shipping = this.replicator.behindSince() != null;
		WalPosition reached = this.replicator.position();
		if (reached == null || !isSettledIn(generation)) {
			return new Result.NotNow();
		}
		List<AuditFinding> findings = listing.findings(reached, shipping);
		if (findings.isEmpty()) {
			this.suspected = List.of();
			listing.accept();
			prune(generation, listing, keepSince);
			return new Result.Passed();
		}
		return confirm(listing, findings, keepSince);
	}

	/** Whether what is stored is known of this generation and of no other. */
	private boolean isSettledIn(Generation generation) {
		WalPosition position = this.replicator.position();
		return position != null && position.generation().equals(generation) && this.replicator.newestSnapshot() != null
				&& this.replicator.health().shippingError() == null && generation.equals(this.replicator.generation())
				&& generation.equals(this.replicator.log().generation());
	}

	private Result confirm(ReplicaLog.Audit listing, List<AuditFinding> findings, Instant keepSince)
			throws IOException {
		Generation generation = this.replicator.generation();
		boolean second = generation.equals(this.suspectedIn) && !this.suspected.isEmpty();
		List<AuditFinding> confirmed = second ? findings.stream().filter(this.suspected::contains).toList() : List.of();
		this.suspected = findings;
		this.suspectedIn = generation;
		if (!confirmed.isEmpty()) {
			if (confirmed.size() == findings.size()) {
				this.suspected = List.of();
				listing.accept(); // is said once
			}
			return new Result.Failed(generation, confirmed, listing);
		}
		if (second && findings.stream().allMatch((finding) -> finding instanceof Lost lost && lost.wal())) {
			// A store whose listings always lag: what lacked then is there, only newer
			// lacks
			prune(generation, listing, keepSince);
			return new Result.Passed();
		}
		logger.debug("Database '{}': replica '{}' lists something unexpected, and is listed again soon: {}",
				this.replicator.options().database(), this.replicator.options().name(), findings);
		return new Result.Suspected();
	}

	private void prune(Generation current, ReplicaLog.Audit listing, Instant keepSince) throws IOException {
		ReplicaLog.Pruned pruned;
		try {
			pruned = listing.prune(current, keepSince);
		}
		catch (IOException ex) {
			throw new RetentionRefusedException(ex);
		}
		if (pruned.isNothing()) {
			return;
		}
		ReplicatorOptions options = this.replicator.options();
		logger.debug("Database '{}': retention deleted {} snapshots and {} segments from replica '{}'",
				options.database(), pruned.snapshots(), pruned.segments(), options.name());
		this.listener.retentionDeleted(options.database(), options.name(), pruned.snapshots(), pruned.segments());
	}

}
