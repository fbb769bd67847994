package org.litestream4j.live;

import java.io.IOException;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.GenerationReason;

/**
 * Starts a generation with the database as it is now. From the moment its name is on the
 * disk there is no way back to the one before, whatever fails after that. Runs under the
 * protocol's lock.
 */
final class GenerationStart {

	private static final Logger logger = LoggerFactory.getLogger(GenerationStart.class);

	private final String database;

	private final ShadowWal shadow;

	private final WalCopier copier;

	private final LitestreamListener listener;

	private final Runnable advanced;

	GenerationStart(String database, ShadowWal shadow, WalCopier copier, LitestreamListener listener,
			Runnable advanced) {
		this.database = database;
		this.shadow = shadow;
		this.copier = copier;
		this.listener = listener;
		this.advanced = advanced;
	}

	void run(GenerationReason reason, String detail) throws IOException {
		this.copier.reopenWalIfReplaced();
		WalPosition left = this.shadow.position();
		try {
			this.copier.startGeneration();
			this.copier.sync();
			this.copier.handOver();
		}
		finally {
			announceIfLeft(left, reason, detail);
		}
	}

	/**
	 * Once a generation has begun it goes on, also if its first sync has failed, and
	 * nobody but this wakes the replicas when there is nothing more to copy.
	 */
	private void announceIfLeft(@Nullable WalPosition left, GenerationReason reason, String detail) {
		WalPosition position = this.shadow.position();
		if (position == null || (left != null && left.generation().equals(position.generation()))) {
			return;
		}
		logger.info("Database '{}': new generation {}, as {}", this.database, position.generation(), detail);
		this.listener.generationStarted(this.database, position, reason, detail);
		this.advanced.run();
	}

}
