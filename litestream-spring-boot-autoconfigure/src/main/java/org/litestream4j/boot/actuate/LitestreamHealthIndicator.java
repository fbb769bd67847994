package org.litestream4j.boot.actuate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

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
 * Down if a backup cannot be relied on: a replica lacks a commit for too long, or is
 * somebody else's, or something is known to be wrong with it or with the database, or was
 * until half a minute ago at most. Does no I/O on replicas. Unknown if nothing is
 * replicated, so that it does not count.
 */
public class LitestreamHealthIndicator extends AbstractHealthIndicator implements LitestreamListener {

	private final Litestream litestream;

	/** Databases, and problems, that are named; of more than that the worst. */
	static final int NAMED = 10;

	private final Function<String, Duration> maxLag;

	private final Supplier<List<String>> unreplicated;

	private final RecentProblems problems = new RecentProblems(System::nanoTime);

	/**
	 * Creates an indicator.
	 * @param litestream what is replicated
	 * @param maxLag by database, how old an unshipped commit may get
	 */
	public LitestreamHealthIndicator(Litestream litestream, Function<String, Duration> maxLag) {
		this(litestream, maxLag, List::of);
	}

	/**
	 * Creates an indicator.
	 * @param litestream what is replicated
	 * @param maxLag by database, how old an unshipped commit may get
	 * @param unreplicated says, in sentences, which databases are not replicated although
	 * they should be
	 */
	public LitestreamHealthIndicator(Litestream litestream, Function<String, Duration> maxLag,
			Supplier<List<String>> unreplicated) {
		super("The state of the replication cannot be told");
		this.litestream = litestream;
		this.maxLag = maxLag;
		this.unreplicated = unreplicated;
	}

	/**
	 * Forgets a database whose replication has ended.
	 * @param database its name
	 */
	public void remove(String database) {
		this.problems.remove(database);
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		Map<String, LitestreamDatabase> databases = this.litestream.databases();
		List<DatabaseStatus> statuses = databases.values().stream().map(LitestreamDatabase::status).toList();
		List<String> others = new ArrayList<>(this.unreplicated.get());
		others.addAll(solvedLately());
		judge(builder, statuses, this.maxLag, others);
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

	/** One database, and what is wrong with it. */
	private record Judged(DatabaseStatus status, List<String> problems, Map<String, Object> details, Duration lag) {

		static Judged of(DatabaseStatus database, Duration maxLag) {
			List<String> problems = new ArrayList<>();
			if (database.problem() != null) {
				problems.add("database '%s': %s".formatted(database.name(), database.problem()));
			}
			Map<String, Object> replicas = new LinkedHashMap<>();
			Duration lag = Duration.ZERO;
			for (Map.Entry<String, ReplicaStatus> each : database.replicas().entrySet()) {
				ReplicaStatus replica = each.getValue();
				List<String> found = LitestreamHealthIndicator.problems(replica, maxLag);
				found.forEach((problem) -> problems
					.add("replica '%s' of database '%s': %s".formatted(each.getKey(), database.name(), problem)));
				replicas.put(each.getKey(), LitestreamHealthIndicator.details(replica, found.isEmpty()));
				lag = (replica.lag().compareTo(lag) > 0) ? replica.lag() : lag;
			}
			return new Judged(database, problems, replicas, lag);
		}

		boolean isWell() {
			return this.problems.isEmpty();
		}

	}

	/** Those with problems first, of these those that lag most. */
	private static final Comparator<Judged> WORST_FIRST = Comparator.comparing(Judged::isWell)
		.thenComparing(Judged::lag, Comparator.reverseOrder());

	/** Decides, without looking at anything else. */
	static void judge(Health.Builder builder, List<DatabaseStatus> databases, Function<String, Duration> maxLag,
			List<String> otherProblems) {
		if (databases.isEmpty() && otherProblems.isEmpty()) {
			builder.unknown().withDetail("databases", Map.of());
			return;
		}
		List<Judged> judged = databases.stream().map((each) -> Judged.of(each, maxLag.apply(each.name()))).toList();
		List<Judged> named = (judged.size() <= NAMED) ? judged
				: judged.stream().sorted(WORST_FIRST).limit(NAMED).toList();
		List<String> problems = new ArrayList<>();
		named.forEach((each) -> problems.addAll(each.problems()));
		problems.addAll(otherProblems);
		if (problems.isEmpty()) {
			builder.up();
		}
		else {
			builder.down().withDetail("problems", shortened(problems));
		}
		worst(databases).ifPresent((worst) -> builder.withDetail("largestLag", worst));
		Map<String, Object> details = new LinkedHashMap<>();
		named.forEach((each) -> details.put(each.status().name(), each.details()));
		builder.withDetail("databases", details);
		if (named.size() < judged.size()) {
			long down = judged.stream().filter((each) -> !each.isWell()).count();
			builder.withDetail("databasesDown", down);
			builder.withDetail("databasesUp", judged.size() - down);
		}
	}

	private static List<String> shortened(List<String> problems) {
		if (problems.size() <= 2 * NAMED) {
			return problems;
		}
		List<String> shortened = new ArrayList<>(problems.subList(0, 2 * NAMED));
		shortened.add("and %d more".formatted(problems.size() - shortened.size()));
		return shortened;
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
		if (replica.state() == DatabaseStatus.State.FENCED) {
			problems.add(fenced(replica)); // which is why it lags
		}
		else if (replica.lag().compareTo(maxLag) >= 0) {
			problems.add("it lacks commits that are up to %s s old, and %s is allowed%s".formatted(
					LitestreamReport.seconds(replica.lag()), Durations.describe(maxLag),
					(replica.lastError() != null) ? "; its last error: " + replica.lastError() : ""));
		}
		return problems;
	}

	private static String fenced(ReplicaStatus replica) {
		String owner = replica.ownership().owner();
		return "%s has taken it over; of what was committed here it holds %s"
			.formatted((owner != null) ? owner : "somebody else", (replica.position() != null)
					? "everything up to %s, and nothing since".formatted(replica.position()) : "nothing new");
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
		put(details, "owner", replica.ownership().owner());
		put(details, "wantedBy", replica.ownership().wantedBy());
		return details;
	}

	private static void put(Map<String, Object> details, String name, @Nullable Object value) {
		if (value != null) {
			details.put(name, value.toString());
		}
	}

}
