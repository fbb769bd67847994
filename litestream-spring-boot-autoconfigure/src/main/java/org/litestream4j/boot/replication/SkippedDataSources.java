package org.litestream4j.boot.replication;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.boot.LitestreamStartupException;

/**
 * The {@code DataSource} beans that are not replicated and why, and what is to be said of
 * them at the end of the start: replicas that nothing is written to are a backup that
 * somebody relies on and does not have. Thread-safe.
 */
class SkippedDataSources {

	private static final Logger logger = LoggerFactory.getLogger(SkippedDataSources.class);

	private static final String HELP = "Name its file with 'litestream.databases.<name>.path', or let the DataSource"
			+ " tell its JDBC URL (see docs/datasources.md); litestream.enabled=false if nothing is to be replicated.";

	private final Map<String, Reason> skipped = new LinkedHashMap<>();

	/** Routers without targets, by name their class. */
	private final Map<String, String> late = new LinkedHashMap<>();

	/**
	 * Why one is not replicated.
	 *
	 * @param clause completes the sentence "DataSource 'x' …"
	 * @param certain whether there is certainly nothing to replicate
	 */
	private record Reason(String clause, boolean certain) {
	}

	/** There is nothing to replicate, or it shall not be. */
	synchronized void leftAlone(String name, String clause) {
		this.skipped.put(name, new Reason(clause, true));
	}

	/** It leads somewhere only when it is used. */
	synchronized void late(String name, String className) {
		this.late.put(name, className);
	}

	/** It may be a SQLite database, or not. */
	synchronized void unknown(String name, String clause) {
		this.skipped.put(name, new Reason(clause, false));
	}

	/**
	 * Says at the end of the start what is not replicated although it may have to be.
	 * @param nothingReplicated whether no database is replicated
	 * @param restoring whether a missing database is to be restored; if it cannot be
	 * known which one that is, the application would come up on an empty one
	 * @param moreToCome whether there are {@code DataSource} beans that are created later
	 * @throws LitestreamStartupException if that is so
	 */
	synchronized void report(boolean nothingReplicated, boolean restoring, boolean moreToCome) {
		this.late.forEach((name, className) -> logger.info(
				"DataSource '{}' ({}) does not tell its JDBC URL: each database that it leads to is replicated from its"
						+ " first connection on, and restored only if it is registered before",
				name, className));
		Map<String, Reason> unknown = new LinkedHashMap<>(this.skipped);
		unknown.values().removeIf(Reason::certain);
		if (!nothingReplicated) {
			unknown.forEach((name, reason) -> logger.warn("DataSource '{}' {}: it is not replicated. {}", name,
					reason.clause(), HELP));
			return;
		}
		boolean nothingToReplicate = unknown.isEmpty() && !this.skipped.isEmpty();
		if (nothingToReplicate || (unknown.isEmpty() && (moreToCome || !this.late.isEmpty()))) {
			return;
		}
		String description = "Replicas are configured, but no database is replicated: %s.".formatted(describe());
		if (restoring) {
			throw new LitestreamStartupException(description
					+ " With litestream.restore-if-missing=true the start fails, as the application might come up on an empty database.",
					HELP);
		}
		logger.warn("{} {}", description, HELP);
	}

	private String describe() {
		List<String> clauses = this.skipped.entrySet()
			.stream()
			.map((entry) -> "DataSource '%s' %s".formatted(entry.getKey(), entry.getValue().clause()))
			.toList();
		return clauses.isEmpty() ? "there is no DataSource bean" : clauses.stream().collect(Collectors.joining("; "));
	}

}
