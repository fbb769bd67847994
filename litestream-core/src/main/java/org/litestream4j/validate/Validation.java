package org.litestream4j.validate;

import java.io.IOException;
import java.time.Duration;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.LitestreamOptions;
import org.litestream4j.RestoreProgress;
import org.litestream4j.ValidationReport;
import org.litestream4j.format.WalPosition;
import org.litestream4j.live.WalShadower;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.observe.LitestreamListener.ValidationOutcome;

/**
 * Compares replicas with the live database, byte for byte, and acts on what that finds: a
 * replica that differs heals by a new generation, one that cannot be restored by a
 * snapshot or a new generation, and one that does not answer is asked again. Thread-safe;
 * one at a time of one replica.
 */
public final class Validation {

	private static final Logger logger = LoggerFactory.getLogger(Validation.class);

	/** Together with those that follow, half a minute. */
	public static final Duration FIRST_PAUSE = Duration.ofSeconds(2);

	private final LitestreamOptions options;

	private final WalShadower shadower;

	private final LitestreamListener listener;

	private final Comparison comparison;

	/** Said last of the live database, so as to say it once. */
	@Nullable private volatile String checkFailure;

	/** What a validation runs for. */
	public enum Trigger {

		/** Somebody asked for it. */
		REQUEST,
		/** It is time. */
		SCHEDULE

	}

	/**
	 * Creates the validation of one database. Does no I/O.
	 * @param firstPause before a listing that lacks something is read again, as it may
	 * lag; twice as long each time
	 */
	public Validation(LitestreamOptions options, WalShadower shadower, LitestreamListener listener,
			Duration firstPause) {
		this.options = options;
		this.shadower = shadower;
		this.listener = listener;
		this.comparison = new Comparison(options, shadower, firstPause);
	}

	/**
	 * Validates one replica. A replica that is damaged, or does not answer, is no
	 * exception but a report.
	 * @param progress hears how far the restore is, and may end it
	 * @throws IOException if it was ended
	 */
	public ValidationReport validate(ValidatedReplica replica, RestoreProgress progress, Trigger trigger)
			throws IOException, InterruptedException {
		long start = System.nanoTime();
		Verdict verdict;
		try {
			verdict = this.comparison.run(replica, progress);
		}
		catch (IOException | RuntimeException ex) {
			report(replica, ValidationOutcome.ERROR, Duration.ofNanos(System.nanoTime() - start),
					String.valueOf(ex.getMessage()));
			throw ex;
		}
		act(replica, verdict, trigger);
		return verdict.report();
	}

	private void act(ValidatedReplica replica, Verdict verdict, Trigger trigger) {
		ValidationReport report = verdict.report();
		if (verdict instanceof Verdict.Equal equal) {
			replica.decided(true);
			report(replica, ValidationOutcome.OK, report.duration(), "");
			replica.maintenance().restorable();
			warnOfLiveDatabase(equal.checkFailure());
			return;
		}
		if (verdict instanceof Verdict.Different different) {
			String detail = describeMismatch(report);
			replica.decided(false);
			report(replica, ValidationOutcome.MISMATCH, report.duration(), detail);
			logger.error("Database '{}': {}", this.options.name(), detail);
			leaveGeneration(different.position(), detail);
			return;
		}
		String error = String.valueOf(report.error());
		report(replica, ValidationOutcome.ERROR, report.duration(), error);
		if (verdict instanceof Verdict.NotRestorable lost) {
			replica.decided(false);
			replica.maintenance().notRestorable(lost.position(), error);
		}
		else {
			logger.warn("Database '{}': replica '{}' could not be validated, which is tried again soon: {}",
					this.options.name(), replica.name(), error);
			replica.undecided(trigger);
			replica.maintenance().undecided();
		}
	}

	private void report(ValidatedReplica replica, ValidationOutcome outcome, Duration duration, String detail) {
		this.listener.validated(this.options.name(), replica.name(), outcome, duration, detail);
	}

	private static String describeMismatch(ValidationReport report) {
		return "replica '%s' differs from the database at position %s, first in page %s".formatted(report.replica(),
				report.position(), report.firstDifferentPage());
	}

	private void leaveGeneration(WalPosition position, String detail) {
		try {
			this.shadower.leaveGeneration(position.generation(), GenerationReason.VALIDATION_MISMATCH, detail);
		}
		catch (IOException ex) {
			logger.error("Database '{}': no new generation could be started after that: {}", this.options.name(),
					ex.getMessage());
		}
	}

	/** The same bytes fail the same check, wherever they are. */
	private void warnOfLiveDatabase(@Nullable String failure) {
		if (failure != null && !failure.equals(this.checkFailure)) {
			logger.warn("Database '{}': the live database itself does not pass SQLite's quick_check, so a restore of"
					+ " its backup, which has the same bytes, needs restore.integrity-check=none unless it is"
					+ " repaired: {}", this.options.name(), failure);
		}
		this.checkFailure = failure;
	}

}
