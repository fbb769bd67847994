package org.litestream4j.boot.actuate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

import org.litestream4j.DatabaseStatus;
import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.boot.Litestream;
import org.litestream4j.format.Durations;
import org.litestream4j.observe.LitestreamListener;

/**
 * Down if a backup is not to be relied upon: a replica lacks a commit for too long, or
 * something is known to be wrong with it or with the database, or was until half a minute
 * ago at most. Does no I/O on replicas. Unknown if nothing is replicated, so that it does
 * not count.
 */
public class LitestreamHealthIndicator extends AbstractHealthIndicator implements LitestreamListener {

	private final Litestream litestream;

	private final Function<String, Duration> maxLag;

	private final RecentProblems problems = new RecentProblems(System::nanoTime);

	/**
	 * Creates an indicator.
	 * @param litestream what is replicated
	 * @param maxLag by database, how old an unshipped commit may get
	 */
	public LitestreamHealthIndicator(Litestream litestream, Function<String, Duration> maxLag) {
		super("The state of the replication cannot be told");
		this.litestream = litestream;
		this.maxLag = maxLag;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		Map<String, LitestreamDatabase> databases = this.litestream.databases();
		List<DatabaseStatus> statuses = databases.values().stream().map(LitestreamDatabase::status).toList();
		judge(builder, statuses, this.maxLag, solvedLately());
	}

	List<String> solvedLately() {
		return this.problems.solvedLately();
	}

	@Override
	public void problemFound(String database, @Nullable String replica, Problem problem, String detail) {
		this.problems.found(RecentProblems.Key.of(database, replica, problem), detail);
	}

	@Override
	public void problemSolved(String database, @Nullable String replica, Problem problem) {
		this.problems.solved(RecentProblems.Key.of(database, replica, problem));
	}

	/** Decides, without looking at anything else. */
	static void judge(Health.Builder builder, List<DatabaseStatus> databases, Function<String, Duration> maxLag,
			List<String> solvedLately) {
		if (databases.isEmpty()) {
			builder.unknown().withDetail("databases", Map.of());
			return;
		}
		List<String> problems = new ArrayList<>();
		Map<String, Object> details = new LinkedHashMap<>();
		for (DatabaseStatus database : databases) {
			if (database.problem() != null) {
				problems.add("database '%s': %s".formatted(database.name(), database.problem()));
			}
			Map<String, Object> replicas = new LinkedHashMap<>();
			database.replicas().forEach((name, replica) -> {
				List<String> found = problems(replica, maxLag.apply(database.name()));
				found.forEach((problem) -> problems
					.add("replica '%s' of database '%s': %s".formatted(name, database.name(), problem)));
				replicas.put(name, details(replica, found.isEmpty()));
			});
			details.put(database.name(), replicas);
		}
		problems.addAll(solvedLately);
		if (problems.isEmpty()) {
			builder.up();
		}
		else {
			builder.down().withDetail("problems", problems);
		}
		worst(databases).ifPresent((worst) -> builder.withDetail("largestLag", worst));
		builder.withDetail("databases", details);
	}

	private static List<String> problems(ReplicaStatus replica, Duration maxLag) {
		List<String> problems = new ArrayList<>();
		if (replica.problem() != null) {
			problems.add(replica.problem());
		}
		if (Boolean.FALSE.equals(replica.lastValidationOk())) {
			problems.add("the last validation, at %s, found that it does not restore to the database"
				.formatted(replica.lastValidationAt()));
		}
		if (replica.lag().compareTo(maxLag) >= 0) {
			problems.add("it lacks commits that are up to %s s old, and %s is allowed%s".formatted(
					LitestreamReport.seconds(replica.lag()), Durations.describe(maxLag),
					(replica.lastError() != null) ? "; its last error: " + replica.lastError() : ""));
		}
		return problems;
	}

	/** The replica that lacks the oldest commit; none if no replica lacks any. */
	private static Optional<Map<String, Object>> worst(List<DatabaseStatus> databases) {
		Map<String, Object> worst = new LinkedHashMap<>();
		Duration most = Duration.ZERO;
		for (DatabaseStatus database : databases) {
			for (Map.Entry<String, ReplicaStatus> replica : database.replicas().entrySet()) {
				Duration lag = replica.getValue().lag();
				if (lag.compareTo(most) > 0) {
					most = lag;
					worst.put("database", database.name());
					worst.put("replica", replica.getKey());
					worst.put("seconds", LitestreamReport.seconds(lag));
				}
			}
		}
		return worst.isEmpty() ? Optional.empty() : Optional.of(worst);
	}

	private static Map<String, Object> details(ReplicaStatus replica, boolean healthy) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("status", healthy ? "UP" : "DOWN");
		details.put("state", LitestreamReport.lower(replica.state()));
		details.put("url", replica.url());
		details.put("lagSeconds", LitestreamReport.seconds(replica.lag()));
		put(details, "position", replica.position());
		put(details, "lastValidationOk", replica.lastValidationOk());
		put(details, "lastError", replica.lastError());
		put(details, "problem", replica.problem());
		return details;
	}

	private static void put(Map<String, Object> details, String name, @Nullable Object value) {
		if (value != null) {
			details.put(name, value.toString());
		}
	}

}
