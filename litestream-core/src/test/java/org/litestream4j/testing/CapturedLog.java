package org.litestream4j.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

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

	private static final Logger ENGINE = (Logger) LoggerFactory.getLogger("org.litestream4j");

	private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();

	private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
		@Override
		protected void append(ILoggingEvent event) {
			CapturedLog.this.events.add(event);
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

	@Override
	public void close() {
		ENGINE.setLevel(this.levelBefore);
		ENGINE.detachAppender(this.appender);
		this.appender.stop();
	}

}
