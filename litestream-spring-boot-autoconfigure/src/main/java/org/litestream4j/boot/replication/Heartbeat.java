package org.litestream4j.boot.replication;

import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.context.SmartLifecycle;

/**
 * Tells a dead man's switch that backups go well: a service that raises an alarm when it
 * has not been asked for a while, and so notices what nothing else in the application can
 * tell, that it is gone. Its url is asked for as long as all is well, once an interval,
 * also while nothing is committed, and not at all while it is not. Whatever becomes of
 * the request disturbs nothing. Urls of such services are secrets, so that only the host
 * is ever said.
 */
public class Heartbeat implements SmartLifecycle {

	private static final Logger logger = LoggerFactory.getLogger(Heartbeat.class);

	private static final Duration TIMEOUT = Duration.ofSeconds(10);

	/** How often it is asked whether all is well, for each time that this is told. */
	private static final int LOOKS = 10;

	private final URI url;

	private final Duration interval;

	private final BooleanSupplier well;

	@Nullable private ScheduledExecutorService executor;

	private long toldAt;

	private boolean told;

	private boolean failing;

	/**
	 * Creates a heartbeat.
	 * @param url is asked for, and answers something
	 * @param interval how often, at most
	 * @param well whether backups go well; asked often, and quick
	 */
	public Heartbeat(URI url, Duration interval, BooleanSupplier well) {
		this.url = url;
		this.interval = interval;
		this.well = well;
	}

	@Override
	public synchronized void start() {
		if (this.executor == null) {
			ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor((task) -> {
				Thread thread = new Thread(task, "litestream-heartbeat");
				thread.setDaemon(true);
				return thread;
			});
			this.executor = started;
			Beats beats = new Beats();
			long pause = Math.max(1, this.interval.toMillis() / LOOKS);
			Future<?> unused = started.scheduleWithFixedDelay(beats, 0, pause, TimeUnit.MILLISECONDS);
		}
	}

	@Override
	public synchronized void stop() {
		ScheduledExecutorService running = this.executor;
		if (running != null) {
			this.executor = null;
			running.shutdownNow();
		}
	}

	@Override
	public synchronized boolean isRunning() {
		return this.executor != null;
	}

	/** From a start to the next stop, on one thread. */
	private final class Beats implements Runnable {

		private final HttpClient client = HttpClient.newBuilder()
			.connectTimeout(TIMEOUT)
			.followRedirects(HttpClient.Redirect.NORMAL)
			.proxy(ProxySelector.getDefault())
			.build();

		private final HttpRequest request = HttpRequest.newBuilder(Heartbeat.this.url)
			.timeout(TIMEOUT)
			.header("User-Agent", "litestream4j")
			.GET()
			.build();

		@Override
		public void run() {
			try {
				long now = System.nanoTime();
				boolean due = !Heartbeat.this.told || now - Heartbeat.this.toldAt >= Heartbeat.this.interval.toNanos();
				if (due && Heartbeat.this.well.getAsBoolean()) {
					Heartbeat.this.told = true;
					Heartbeat.this.toldAt = now;
					tell();
				}
			}
			catch (RuntimeException ex) {
				logger.debug("Whether backups go well cannot be told", ex);
			}
		}

		private void tell() {
			try {
				int status = this.client.send(this.request, HttpResponse.BodyHandlers.discarding()).statusCode();
				if (status >= 200 && status < 300) {
					worked();
				}
				else {
					failed("it answers " + status);
				}
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt(); // it was stopped
			}
			catch (IOException | IllegalArgumentException ex) {
				// messages of others may show the url
				failed(ex.getClass().getSimpleName());
			}
		}

		private void worked() {
			if (Heartbeat.this.failing) {
				Heartbeat.this.failing = false;
				logger.info("The heartbeat to {} works again", Heartbeat.this.url.getHost());
			}
		}

		private void failed(String why) {
			if (Heartbeat.this.failing) {
				logger.debug("The heartbeat to {} fails: {}", Heartbeat.this.url.getHost(), why);
				return;
			}
			Heartbeat.this.failing = true;
			logger.warn(
					"The heartbeat to {} fails: {}. Backups go well, and whoever waits for the heartbeat may not know it",
					Heartbeat.this.url.getHost(), why);
		}

	}

}
