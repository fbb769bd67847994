package org.litestream4j.boot.replication;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.litestream4j.boot.OnTimeout;
import org.litestream4j.boot.replication.DatabaseSettings.CommitSettings;

/**
 * On what terms somebody waits; null is as configured for the database.
 *
 * @param replicas how many are to hold what was committed
 * @param timeout how long to wait
 * @param onTimeout what to do if they do not
 */
record CommitTerms(@Nullable Integer replicas, @Nullable Duration timeout, @Nullable OnTimeout onTimeout) {

	/** Everything is as configured. */
	static final CommitTerms CONFIGURED = new CommitTerms(null, null, null);

	/** With what is not said filled in. */
	CommitSettings over(CommitSettings configured) {
		return new CommitSettings(configured.enabled(), (this.replicas != null) ? this.replicas : configured.replicas(),
				(this.timeout != null) ? this.timeout : configured.timeout(),
				(this.onTimeout != null) ? this.onTimeout : configured.onTimeout());
	}

}
