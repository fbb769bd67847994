package org.litestream4j.boot.replication;

import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;

import org.litestream4j.boot.replication.ReplicatedDatabases.Replicated;

/**
 * Pauses replication with the application context and resumes it, so that another context
 * may replicate the same databases meanwhile: Spring pauses the contexts of tests that it
 * keeps for later. When a context is closed replication goes on instead, until the
 * {@code DataSource} is destroyed, as other beans may write while they are. Thread-safe.
 * <p>
 * So a hand-over to the next instance comes in this order: the web server drains, as its
 * phases are higher; other lifecycles end; this one only stops looking for databases;
 * beans are destroyed, those that use a {@code DataSource} before it; and before that is
 * closed, each of its databases ships what is left and releases its replicas, all at the
 * same time. To release them earlier would leave commits of beans that are being
 * destroyed without a replica; to do it later, once the pool is closed, would win nothing
 * and keep whoever waits.
 */
public class ReplicationLifecycle implements SmartLifecycle, ApplicationListener<ContextClosedEvent> {

	private final ApplicationContext context;

	private static final int MAX_RESUMING = 8;

	private final ReplicatedDatabases databases;

	private final DirectoryDatabases directories;

	private volatile boolean running;

	private volatile boolean closing;

	/**
	 * Creates a lifecycle.
	 * @param context whose it is
	 * @param databases what is paused and resumed
	 * @param directories where further ones are looked for meanwhile
	 */
	public ReplicationLifecycle(ApplicationContext context, ReplicatedDatabases databases,
			DirectoryDatabases directories) {
		this.context = context;
		this.databases = databases;
		this.directories = directories;
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
		resumeAll();
		this.directories.start();
		this.running = true;
	}

	private void resumeAll() {
		Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
		Together.run("litestream-resume", MAX_RESUMING, this.databases.all(), (each) -> {
			try {
				resume(each);
			}
			catch (RuntimeException ex) {
				failures.add(ex);
			}
		});
		RuntimeException first = failures.poll();
		if (first != null) {
			failures.forEach(first::addSuppressed);
			throw first;
		}
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
		this.directories.stop();
		if (!this.closing) {
			this.databases.pauseAll();
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
