package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.RestoreRequest;
import org.litestream4j.boot.ReplicaDefinition;
import org.litestream4j.restore.RestoreTarget;

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
 * @param replicas where to replicate to; none means that the database is not replicated
 */
record DatabaseSettings(LitestreamOptions options, boolean restoreIfMissing, @Nullable String restoreReplica,
		RestoreTarget restoreTarget, Path restoreDirectory, Duration maxTimeout, Duration maxLag,
		List<ReplicaSettings> replicas) {

	/** The restore that {@code restore-if-missing} asks for. */
	RestoreRequest restoreRequest() {
		return new RestoreRequest(this.options.database(), this.restoreReplica, this.restoreTarget,
				this.options.restore());
	}

	/**
	 * One replica.
	 *
	 * @param definition what to make a client from
	 * @param options how often things happen
	 */
	record ReplicaSettings(ReplicaDefinition definition, Replica.Options options) {
	}

}
