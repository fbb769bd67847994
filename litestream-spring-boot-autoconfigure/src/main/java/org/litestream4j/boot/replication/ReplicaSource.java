package org.litestream4j.boot.replication;

import java.util.List;
import java.util.Map;

import org.litestream4j.Replica;
import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.boot.replication.DatabaseSettings.ReplicaSettings;

/**
 * Makes the replicas of a database.
 */
public interface ReplicaSource {

	/**
	 * Makes the replicas. If one cannot be made, those made before are closed.
	 * @throws LitestreamStartupException naming the property that is wrong
	 */
	List<Replica> create(List<ReplicaSettings> settings);

	/**
	 * Where each replica is, as a key that is equal for equal places, also if symbolic
	 * links lead there, to the replica's name.
	 * @throws LitestreamStartupException if two are in one place
	 */
	Map<String, String> locations(List<ReplicaSettings> settings, List<Replica> replicas);

}
