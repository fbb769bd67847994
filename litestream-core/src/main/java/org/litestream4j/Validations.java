package org.litestream4j;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;

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
 * finds: a replica that differs heals by a new generation. Thread-safe.
 */
final class Validations {

	private static final Logger logger = LoggerFactory.getLogger(Validations.class);

	private final LitestreamOptions options;

	private final WalShadower shadower;

	private final Operations operations;

	private final LitestreamListener listener;

	Validations(LitestreamOptions options, WalShadower shadower, Operations operations, LitestreamListener listener) {
		this.options = options;
		this.shadower = shadower;
		this.operations = operations;
		this.listener = listener;
	}

	/**
	 * Validates replicas, one after the other.
	 * @throws OperationRunningException if a validation runs
	 * @throws TimeoutException if a replica does not reach the position
	 */
	List<ValidationReport> validate(List<ReplicaFeed> feeds)
			throws IOException, TimeoutException, InterruptedException {
		Operations.Running running = this.operations.begin("validate");
		try (running) {
			List<ValidationReport> reports = new ArrayList<>();
			for (ReplicaFeed feed : feeds) {
				reports.add(validate(feed, running.reporting(RestoreProgress.NONE)));
			}
			return reports;
		}
	}

	private ValidationReport validate(ReplicaFeed feed, RestoreProgress progress)
			throws IOException, TimeoutException, InterruptedException {
		long start = System.nanoTime();
		try {
			ValidationReport report = new Validation(this.options, this.shadower).run(feed, progress);
			feed.validated(report.valid());
			String detail = report.valid() ? "" : describeMismatch(report);
			this.listener.validated(this.options.name(), feed.name(),
					report.valid() ? ValidationOutcome.OK : ValidationOutcome.MISMATCH, report.duration(), detail);
			if (!report.valid()) {
				logger.error("Database '{}': {}", this.options.name(), detail);
				WalPosition position = report.position();
				if (position != null) {
					this.shadower.leaveGeneration(position.generation(), GenerationReason.VALIDATION_MISMATCH, detail);
				}
			}
			return report;
		}
		catch (IOException | TimeoutException | RuntimeException ex) {
			this.listener.validated(this.options.name(), feed.name(), ValidationOutcome.ERROR,
					Duration.ofNanos(System.nanoTime() - start), String.valueOf(ex.getMessage()));
			throw ex;
		}
	}

	private static String describeMismatch(ValidationReport report) {
		return "replica '%s' differs from the database at position %s, first in page %s".formatted(report.replica(),
				report.position(), report.firstDifferentPage());
	}

	/** Validates on a maintenance thread, which must go on whatever that finds. */
	void validateOnSchedule(ReplicaFeed feed) {
		try {
			validate(List.of(feed));
		}
		catch (OperationRunningException ex) {
			logger.debug("A validation runs already", ex);
		}
		catch (IOException | TimeoutException | RuntimeException | Error ex) {
			logger.warn("Database '{}': replica '{}' could not be validated: {}", this.options.name(), feed.name(),
					ex.getMessage());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
