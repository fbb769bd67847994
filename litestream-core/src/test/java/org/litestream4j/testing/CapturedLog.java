package org.litestream4j.testing;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * What the engine logs while this is open. Thread-safe.
 */
public final class CapturedLog implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	private static final Logger ENGINE = (Logger) LoggerFactory.getLogger("org.litestream4j");

	private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();

	private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
		@Override
		protected void append(ILoggingEvent event) {
			synchronized (CapturedLog.this.events) {
				CapturedLog.this.events.add(event);
				CapturedLog.this.events.notifyAll();
			}
		}
	};

	@Nullable private final Level levelBefore = ENGINE.getLevel();

	private CapturedLog() {
	}

	/** Begins to listen. */
	public static CapturedLog begin() {
		CapturedLog log = new CapturedLog();
		log.appender.setContext(ENGINE.getLoggerContext());
		log.appender.start();
		ENGINE.setLevel(Level.DEBUG);
		ENGINE.addAppender(log.appender);
		return log;
	}

	/** Formatted warnings so far. */
	public List<String> warnings() {
		return messages(Level.WARN);
	}

	/** Formatted lines of one level so far. */
	public List<String> messages(Level level) {
		return this.events.stream()
			.filter((event) -> event.getLevel() == level)
			.map(ILoggingEvent::getFormattedMessage)
			.toList();
	}

	/** Waits until a line of that level has the words; answers it. */
	public String await(Level level, String words) throws InterruptedException {
		long deadline = System.nanoTime() + PATIENCE.toNanos();
		synchronized (this.events) {
			while (true) {
				List<String> lines = messages(level);
				Optional<String> found = lines.stream().filter((line) -> line.contains(words)).findFirst();
				if (found.isPresent()) {
					return found.get();
				}
				long left = deadline - System.nanoTime();
				if (left <= 0) {
					throw new AssertionError("nothing was said of '%s', but: %s".formatted(words, lines));
				}
				TimeUnit.NANOSECONDS.timedWait(this.events, left);
			}
		}
	}

	@Override
	public void close() {
		ENGINE.setLevel(this.levelBefore);
		ENGINE.detachAppender(this.appender);
		this.appender.stop();
	}

}
