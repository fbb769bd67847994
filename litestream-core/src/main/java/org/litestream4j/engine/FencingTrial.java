package org.litestream4j.engine;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.Fencing;
import org.litestream4j.Replica;
import org.litestream4j.lease.LockFile.Means;
import org.litestream4j.store.ConditionTrial.Verdict;
import org.litestream4j.store.ConditionTrial;
import org.litestream4j.store.StoreTrial;

/**
 * Whether a replica's store can keep a second writer out, as it is found to behave: tried
 * once for each place that stores wait for, as a thousand databases of one bucket need
 * not all try it. Thread-safe.
 */
final class FencingTrial {

	private static final Logger logger = LoggerFactory.getLogger(FencingTrial.class);

	private static final Map<String, ConditionTrial> TRIALS = new ConcurrentHashMap<>();

	private FencingTrial() {
	}

	/**
	 * By which means its lock file can be changed. Says so if others cannot be kept out,
	 * and need not be.
	 * @return empty if they cannot
	 * @throws FencingImpossibleException if it is required to
	 * @throws IOException if the store cannot be asked
	 */
	static Optional<Means> means(String database, Replica replica) throws IOException {
		String place = "%s %s".formatted(replica.store().type(), replica.store().lane());
		ConditionTrial trial = TRIALS.get(place);
		if (trial == null) {
			trial = StoreTrial.conditions(replica.store());
			TRIALS.put(place, trial);
		}
		if (trial.absent() == Verdict.KEPT) {
			return Optional.of((trial.unchanged() == Verdict.KEPT) ? Means.COMPARE_AND_SET : Means.VERSIONS);
		}
		if (replica.options().fencing() == Fencing.REQUIRED) {
			throw new FencingImpossibleException(
					"replica '%s' of database '%s' is to be fenced, but %s: use another store, or set its fencing to 'auto'"
						.formatted(replica.name(), database, trial.detail()));
		}
		logger.warn(
				"Database '{}': replica '{}' is not fenced, as {}: see to it that no second application ever writes to it,"
						+ " not even for a moment during a deployment",
				database, replica.name(), trial.detail());
		return Optional.empty();
	}

}
