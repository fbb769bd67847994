package org.litestream4j.boot.replication;

import java.time.Duration;
import java.util.Collection;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import org.litestream4j.DatabaseStatus;
import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.DatabaseStatus.State;
import org.litestream4j.boot.replication.ReplicatedDatabases.Replicated;

/**
 * Whether all backups go well: at least one database is replicated, nothing is known to
 * be wrong, the last attempt with each replica worked, none lacks a commit for longer
 * than is allowed, and the last validations, if any, were good. Stricter than health,
 * which bears with a replica that has just begun to fail. Thread-safe.
 *
 * @param databases what is replicated
 * @param unreplicated says, in sentences, what is not although it should be
 */
public record Wellness(ReplicatedDatabases databases,
		Supplier<? extends Collection<String>> unreplicated) implements BooleanSupplier {

	@Override
	public boolean getAsBoolean() {
		Collection<Replicated> all = this.databases.all();
		return !all.isEmpty() && all.stream().allMatch(Wellness::isWell) && this.unreplicated.get().isEmpty();
	}

	private static boolean isWell(Replicated replicated) {
		return isWell(replicated.database().status(), replicated.settings().maxLag());
	}

	static boolean isWell(DatabaseStatus database, Duration maxLag) {
		return database.problem() == null && !database.replicas().isEmpty()
				&& database.replicas().values().stream().allMatch((replica) -> isWell(replica, maxLag));
	}

	private static boolean isWell(ReplicaStatus replica, Duration maxLag) {
		boolean works = replica.state() == State.REPLICATING || replica.state() == State.BEHIND;
		return works && replica.problem() == null && replica.lastError() == null && replica.lag().compareTo(maxLag) < 0
				&& !Boolean.FALSE.equals(replica.lastValidationOk());
	}

}
