package org.litestream4j.boot.replication;

import java.time.Duration;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.LitestreamDatabase.IfOverdue;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.NotReplicatedException.Reason;
import org.litestream4j.NotReplicatedException;
import org.litestream4j.boot.CommitNotReplicatedSqlException;
import org.litestream4j.boot.OnTimeout;
import org.litestream4j.boot.replication.DatabaseSettings.CommitSettings;

/**
 * Has commits of one database wait for replicas: each, if that is configured, and those
 * of a scope when that ends. Thread-safe.
 */
final class CommitWaiter {

	private static final Logger logger = LoggerFactory.getLogger(CommitWaiter.class);

	private static final long WARN_SPACING_NANOS = Duration.ofSeconds(10).toNanos();

	private final LitestreamDatabase database;

	private final CommitSettings settings;

	private long lastWarning = System.nanoTime() - WARN_SPACING_NANOS;

	private long inVain;

	CommitWaiter(LitestreamDatabase database, CommitSettings settings) {
		this.database = database;
		this.settings = settings;
	}

	/** Whether anybody waits for what this thread commits. */
	boolean isAwaited() {
		return this.settings.enabled() || ReplicatedScope.isOpen();
	}

	/**
	 * This thread has committed something.
	 * @throws CommitNotReplicatedSqlException if every commit waits and this one has in
	 * vain
	 */
	void written() throws CommitNotReplicatedSqlException {
		int held = 0;
		try {
			if (this.settings.enabled()) {
				held = await(this.settings);
			}
			else {
				this.database.changed();
			}
		}
		catch (NotReplicatedException ex) {
			throw new CommitNotReplicatedSqlException(ex);
		}
		finally {
			ReplicatedScope.written(this, held);
		}
	}

	/**
	 * Waits on somebody's terms.
	 * @param held by how many replicas everything is held that has to be
	 * @return how many hold it now
	 */
	int await(CommitTerms terms, int held) throws NotReplicatedException {
		CommitSettings wanted = terms.over(this.settings);
		return (held >= wanted.replicas()) ? held : Math.max(held, await(wanted));
	}

	private int await(CommitSettings wanted) throws NotReplicatedException {
		try {
			this.database.awaitCommitted(wanted.replicas(), wanted.timeout(),
					(wanted.onTimeout() == OnTimeout.WARN) ? IfOverdue.GIVE_UP : IfOverdue.WAIT);
			return wanted.replicas();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return inVain(wanted, new NotReplicatedException(Reason.TIMEOUT,
					("the thread that waited for what was committed to database '%s' to be in %d replica(s) was interrupted;"
							+ " it is committed here, and may or may not be in replicas")
						.formatted(this.database.options().name(), wanted.replicas())));
		}
		catch (NotReplicatedException ex) {
			return inVain(wanted, ex);
		}
	}

	private int inVain(CommitSettings wanted, NotReplicatedException failure) throws NotReplicatedException {
		this.database.changed();
		if (wanted.onTimeout() == OnTimeout.FAIL) {
			throw failure;
		}
		warn(failure);
		return 0;
	}

	private synchronized void warn(NotReplicatedException failure) {
		this.inVain++;
		long now = System.nanoTime();
		if (now - this.lastWarning >= WARN_SPACING_NANOS) {
			logger
				.warn("Database '{}': {} commit(s) have returned without being known to be in replicas, the last one as"
						+ " {}", this.database.options().name(), this.inVain, failure.getMessage());
			this.lastWarning = now;
			this.inVain = 0;
		}
	}

}
