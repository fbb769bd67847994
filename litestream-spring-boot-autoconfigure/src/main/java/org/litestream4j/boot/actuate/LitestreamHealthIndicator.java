package org.litestream4j.boot.actuate;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

import org.litestream4j.DatabaseStatus;
import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.boot.Litestream;

/**
 * Down if a replica lacks a commit for too long, or if the last validation found a
 * difference. Does no I/O on replicas. Unknown if nothing is replicated, so that it does
 * not count.
 */
public class LitestreamHealthIndicator extends AbstractHealthIndicator {

	private final Litestream litestream;

	private final Function<String, Duration> maxLag;

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
		if (databases.isEmpty()) {
			builder.unknown().withDetail("databases", Map.of());
			return;
		}
		builder.up();
		Map<String, Object> details = new LinkedHashMap<>();
		databases.forEach((name, database) -> {
			DatabaseStatus status = database.status();
			Map<String, Object> replicas = new LinkedHashMap<>();
			status.replicas().forEach((replicaName, replica) -> {
				boolean healthy = isHealthy(replica, this.maxLag.apply(name));
				if (!healthy) {
					builder.down();
				}
				replicas.put(replicaName, details(replica, healthy));
			});
			if (status.problem() != null) {
				builder.down();
				replicas.put("problem", status.problem());
			}
			details.put(name, replicas);
		});
		builder.withDetail("databases", details);
	}

	private static boolean isHealthy(ReplicaStatus replica, Duration maxLag) {
		return replica.problem() == null && replica.lag().compareTo(maxLag) < 0
				&& !Boolean.FALSE.equals(replica.lastValidationOk());
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
