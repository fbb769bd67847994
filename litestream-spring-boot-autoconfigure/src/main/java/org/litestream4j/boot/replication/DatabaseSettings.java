package org.litestream4j.boot.replication;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.RestoreRequest;
import org.litestream4j.RestoreTarget;
import org.litestream4j.boot.OnFenced;
import org.litestream4j.boot.OnTimeout;

/**
 * Everything that is configured for one database, checked and with defaults filled in.
 *
 * @param options for the engine
 * @param restoreIfMissing whether to restore before the first connection
 * @param restoreReplica restore from this one, or null for any
 * @param restoreTarget which state to restore
 * @param restoreDirectory below which the endpoint may write
 * @param maxTimeout the longest time that a request to the endpoint may ask to wait
 * @param maxLag past which health is down
 * @param onFenced what the application does when a replica is somebody else's
 * @param commits on what terms commits wait for replicas
 * @param replicas where to replicate to; none means that the database is not replicated
 */
public record DatabaseSettings(LitestreamOptions options, boolean restoreIfMissing, @Nullable String restoreReplica,
		RestoreTarget restoreTarget, Path restoreDirectory, Duration maxTimeout, Duration maxLag, OnFenced onFenced,
		CommitSettings commits, List<ReplicaSettings> replicas) {

	/** The restore that {@code restore-if-missing} asks for. */
	RestoreRequest restoreRequest() {
		return RestoreRequest.latest(this.options.database())
			.withReplica(this.restoreReplica)
			.withTarget(this.restoreTarget)
			.withOptions(this.options.restore());
	}

	/**
	 * On what terms commits wait for replicas.
	 *
	 * @param enabled whether every commit through a {@code DataSource} does
	 * @param replicas how many are to hold it, 1 to all
	 * @param timeout how long to wait
	 * @param onTimeout what to do if they do not
	 */
	public record CommitSettings(boolean enabled, int replicas, Duration timeout, OnTimeout onTimeout) {
	}

	/**
	 * One replica.
	 *
	 * @param definition what to make a client from
	 * @param options how often things happen
	 */
	public record ReplicaSettings(ReplicaDefinition definition, Replica.Options options) {
	}

}
