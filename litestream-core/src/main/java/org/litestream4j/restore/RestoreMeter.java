package org.litestream4j.restore;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Locale;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreProgress;

/**
 * How far a restore is: informs the caller and the log, and ends the restore when asked
 * to. Not thread-safe.
 */
public final class RestoreMeter {

	private static final Logger logger = LoggerFactory.getLogger(Restorer.class);

	private static final Duration LOG_INTERVAL = Duration.ofSeconds(5);

	private final String name;

	private final RestoreProgress progress;

	private final long total;

	private final Level level;

	private final long startedAt = System.nanoTime();

	private long loggedAt = this.startedAt;

	private long done;

	RestoreMeter(String name, RestoreProgress progress, long total) {
		this(name, progress, total, Level.INFO);
	}

	/**
	 * A meter for reading that is no restore, which is not said in the log.
	 * @param name of the database
	 * @param progress hears of it, and may end it
	 * @param total bytes as stored that will be used at most
	 */
	public static RestoreMeter quiet(String name, RestoreProgress progress, long total) {
		return new RestoreMeter(name, progress, total, Level.DEBUG);
	}

	/** Logs at a level. */
	RestoreMeter(String name, RestoreProgress progress, long total, Level level) {
		this.level = level;
		this.name = name;
		this.progress = progress;
		this.total = total;
	}

	/** A meter of what is no restore, and is not said in the log. */
	public static RestoreMeter silent(RestoreProgress progress, long total) {
		return new RestoreMeter("", progress, total, Level.TRACE);
	}

	/** Bytes as stored were used. */
	public void advance(long bytes) throws RestoreException {
		this.done = Math.min(this.done + bytes, this.total);
		this.progress.advanced(this.done, this.total);
		checkCancelled();
		long now = System.nanoTime();
		if (now - this.loggedAt >= LOG_INTERVAL.toNanos() && this.done < this.total) {
			this.loggedAt = now;
			double seconds = (now - this.startedAt) / 1e9;
			double rate = this.done / seconds;
			logger.atLevel(this.level)
				.log("Restoring {}: {} of {} ({} %), {}/s, {} s left", this.name, megabytes(this.done),
						megabytes(this.total), this.done * 100 / this.total, megabytes((long) rate),
						Math.round((this.total - this.done) / rate));
		}
	}

	/** Advances with what is read from a stream. */
	public InputStream measure(InputStream in) {
		return new FilterInputStream(in) {

			@Override
			public int read() throws IOException {
				int read = super.read();
				if (read >= 0) {
					advance(1);
				}
				return read;
			}

			@Override
			public int read(byte[] bytes, int offset, int length) throws IOException {
				int read = super.read(bytes, offset, length);
				if (read > 0) {
					advance(read);
				}
				return read;
			}

		};
	}

	void checkCancelled() throws RestoreException {
		if (this.progress.isCancelled() || Thread.currentThread().isInterrupted()) {
			throw cancelled();
		}
	}

	Duration elapsed() {
		return Duration.ofNanos(System.nanoTime() - this.startedAt);
	}

	static RestoreException cancelled() {
		return new RestoreException(Kind.CANCELLED, "The restore was cancelled; nothing was left behind");
	}

	static String megabytes(long bytes) {
		return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
	}

}
