package org.litestream4j.engine;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.OperationRunningException;
import org.litestream4j.RestoreProgress;
import org.litestream4j.ValidationReport;
import org.litestream4j.validate.Validation;
import org.litestream4j.validate.Validation.Trigger;

/**
 * Validates replicas, on request and on schedule, one at a time. Thread-safe.
 */
public final class Validations {

	private static final Logger logger = LoggerFactory.getLogger(Validations.class);

	private final String database;

	private final Operations operations;

	private final Validation validation;

	Validations(String database, Operations operations, Validation validation) {
		this.database = database;
		this.operations = operations;
		this.validation = validation;
	}

	/**
	 * Validates replicas, one after the other. A replica that is damaged, or does not
	 * answer, is no exception but a verdict.
	 * @throws OperationRunningException if a validation runs
	 * @throws IOException if it was ended
	 */
	public List<ValidationReport> validate(List<ReplicaFeed> feeds) throws IOException, InterruptedException {
		return validate(feeds, Trigger.REQUEST);
	}

	private List<ValidationReport> validate(List<ReplicaFeed> feeds, Trigger trigger)
			throws IOException, InterruptedException {
		Operations.Running running = this.operations.begin("validate");
		try (running) {
			List<ValidationReport> reports = new ArrayList<>();
			for (ReplicaFeed feed : feeds) {
				reports
					.add(this.validation.validate(feed.validated(), running.reporting(RestoreProgress.NONE), trigger));
			}
			return reports;
		}
	}

	/**
	 * Validates on a maintenance thread, which must go on whatever that finds.
	 * @return false if another validation runs
	 */
	boolean validateOnSchedule(ReplicaFeed feed) {
		try {
			validate(List.of(feed), Trigger.SCHEDULE);
		}
		catch (OperationRunningException ex) {
			logger.debug("A validation is already running", ex);
			return false;
		}
		catch (IOException | RuntimeException | Error ex) {
			logger.warn("Database '{}': replica '{}' could not be validated: {}", this.database, feed.name(),
					ex.getMessage());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		return true;
	}

}
