package org.litestream4j.boot.autoconfigure;

import java.io.IOException;

import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;

import org.litestream4j.boot.autoconfigure.ReplicatedDatabases.Replicated;

/**
 * Pauses replication with the application context and resumes it, so that another context
 * may replicate the same databases meanwhile: Spring pauses the contexts of tests that it
 * keeps for later. When a context is closed replication goes on instead, until the
 * {@code DataSource} is destroyed, as other beans may write while they are. Thread-safe.
 */
class ReplicationLifecycle implements SmartLifecycle, ApplicationListener<ContextClosedEvent> {

	private final ApplicationContext context;

	private final ReplicatedDatabases databases;

	private volatile boolean running;

	private volatile boolean closing;

	ReplicationLifecycle(ApplicationContext context, ReplicatedDatabases databases) {
		this.context = context;
		this.databases = databases;
	}

	/** Comes before the lifecycle's end. */
	@Override
	public void onApplicationEvent(ContextClosedEvent event) {
		if (event.getApplicationContext() == this.context) {
			this.closing = true;
		}
	}

	/** Replication starts with the {@code DataSource}; this resumes it after a pause. */
	@Override
	public void start() {
		this.databases.all().forEach(ReplicationLifecycle::resume);
		this.running = true;
	}

	private static void resume(Replicated replicated) {
		try {
			replicated.database().resume();
		}
		catch (IOException ex) {
			throw StartupFailures.start(replicated.settings(), ex);
		}
	}

	@Override
	public void stop() {
		if (!this.closing) {
			this.databases.all().forEach((replicated) -> replicated.database().pause());
		}
		this.running = false;
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	/** Starts before and stops after whatever may write. */
	@Override
	public int getPhase() {
		return Integer.MIN_VALUE;
	}

}
