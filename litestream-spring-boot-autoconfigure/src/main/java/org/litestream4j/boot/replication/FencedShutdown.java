package org.litestream4j.boot.replication;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.context.ConfigurableApplicationContext;

import org.litestream4j.boot.OnFenced;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;

/**
 * Closes the application context when somebody else has taken over a replica of a
 * database that says so: once, and by a thread of its own, as closing waits for the
 * engine, whose thread tells of it. Thread-safe.
 */
public class FencedShutdown implements LitestreamListener {

	private static final Logger logger = LoggerFactory.getLogger(FencedShutdown.class);

	private final ConfigurableApplicationContext context;

	private final Function<String, OnFenced> onFenced;

	private final AtomicBoolean closing = new AtomicBoolean();

	/**
	 * Creates it.
	 * @param context what is closed
	 * @param onFenced what a database, by its name, has done
	 */
	public FencedShutdown(ConfigurableApplicationContext context, Function<String, OnFenced> onFenced) {
		this.context = context;
		this.onFenced = onFenced;
	}

	@Override
	public void replicaFenced(String database, String replica, @Nullable WalPosition position, String detail) {
		if (this.onFenced.apply(database) != OnFenced.SHUTDOWN || !this.closing.compareAndSet(false, true)) {
			return;
		}
		logger
			.error("The application is stopped (litestream.on-fenced=shutdown), as somebody else has taken over replica"
					+ " '{}' of database '{}': {}", replica, database, detail);
		new Thread(this.context::close, "litestream-shutdown").start();
	}

}
