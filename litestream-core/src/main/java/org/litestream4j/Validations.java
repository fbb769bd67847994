package org.litestream4j;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.observe.LitestreamListener.ValidationOutcome;
import org.litestream4j.restore.RestoreProgress;
import org.litestream4j.shadow.WalShadower;

/**
 * Validates replicas, on request and on schedule, one at a time, and acts on what that
 * finds: a replica that differs heals by a new generation, one that cannot be restored by
 * a snapshot or a new generation, and one that does not answer is asked again.
 * Thread-safe.
 */
final class Validations {

	private static final Logger logger = LoggerFactory.getLogger(Validations.class);

	/** Together with those that follow, half a minute. */
	static final Duration FIRST_PAUSE = Duration.ofSeconds(2);

	private final LitestreamOptions options;

	private final WalShadower shadower;

	private final Operations operations;

	private final LitestreamListener listener;

	private final Duration firstPause;

	/** Said last of the live database, so as to say it once. */
	@Nullable private volatile String checkFailure;

	/**
	 * Creates them.
	 * @param firstPause before a listing that lacks something is read again, as it may
	 * lag
	 */
	Validations(LitestreamOptions options, WalShadower shadower, Operations operations, LitestreamListener listener,
			Duration firstPause) {
		this.options = options;
		this.shadower = shadower;
		this.operations = operations;
		this.listener = listener;
		this.firstPause = firstPause;
	}

	/**
	 * Validates replicas, one after the other. A replica that is damaged, or does not
	 * answer, is no exception but a verdict.
	 * @throws OperationRunningException if a validation runs
	 * @throws IOException if it was ended
	 */
	List<ValidationReport> validate(List<ReplicaFeed> feeds) throws IOException, InterruptedException {
		return validate(feeds, true);
	}

	private List<ValidationReport> validate(List<ReplicaFeed> feeds, boolean requested)
			throws IOException, InterruptedException {
		Operations.Running running = this.operations.begin("validate");
		try (running) {
			List<ValidationReport> reports = new ArrayList<>();
			for (ReplicaFeed feed : feeds) {
				reports.add(validate(feed, running.reporting(RestoreProgress.NONE), requested));
			}
			return reports;
		}
	}

	private ValidationReport validate(ReplicaFeed feed, RestoreProgress progress, boolean requested)
			throws IOException, InterruptedException {
		long start = System.nanoTime();
		Verdict verdict;
		try {
			verdict = new Validation(this.options, this.shadower, this.firstPause).run(feed, progress);
		}
		catch (IOException | RuntimeException ex) {
			tell(feed, ValidationOutcome.ERROR, Duration.ofNanos(System.nanoTime() - start),
					String.valueOf(ex.getMessage()));
			throw ex;
		}
		act(feed, verdict, requested);
		return verdict.report();
	}

	private void act(ReplicaFeed feed, Verdict verdict, boolean requested) {
		ValidationReport report = verdict.report();
		if (verdict instanceof Verdict.Equal equal) {
			feed.validated(true);
			tell(feed, ValidationOutcome.OK, report.duration(), "");
			feed.maintenance().restorable();
			warnOfLiveDatabase(equal.checkFailure());
			return;
		}
		if (verdict instanceof Verdict.Different) {
			String detail = describeMismatch(report);
			feed.validated(false);
			tell(feed, ValidationOutcome.MISMATCH, report.duration(), detail);
			logger.error("Database '{}': {}", this.options.name(), detail);
			leaveGeneration(report.position(), detail);
			return;
		}
		String error = String.valueOf(report.error());
		tell(feed, ValidationOutcome.ERROR, report.duration(), error);
		WalPosition position = report.position();
		if (verdict instanceof Verdict.NotRestorable && position != null) {
			feed.validated(false);
			feed.maintenance().notRestorable(position, error);
		}
		else {
			logger.warn("Database '{}': replica '{}' could not be validated, which is tried again soon: {}",
					this.options.name(), feed.name(), error);
			feed.notValidated(requested);
			feed.maintenance().undecided();
		}
	}

	private void tell(ReplicaFeed feed, ValidationOutcome outcome, Duration duration, String detail) {
		this.listener.validated(this.options.name(), feed.name(), outcome, duration, detail);
	}

	private static String describeMismatch(ValidationReport report) {
		return "replica '%s' differs from the database at position %s, first in page %s".formatted(report.replica(),
				report.position(), report.firstDifferentPage());
	}

	private void leaveGeneration(@Nullable WalPosition position, String detail) {
		if (position == null) {
			return;
		}
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

	/**
	 * Validates on a maintenance thread, which must go on whatever that finds.
	 * @return false if another validation runs
	 */
	boolean validateOnSchedule(ReplicaFeed feed) {
		try {
			validate(List.of(feed), false);
		}
		catch (OperationRunningException ex) {
			logger.debug("A validation runs already", ex);
			return false;
		}
		catch (IOException | RuntimeException | Error ex) {
			logger.warn("Database '{}': replica '{}' could not be validated: {}", this.options.name(), feed.name(),
					ex.getMessage());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		return true;
	}

}
