package org.litestream4j.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreProgress;

/**
 * Says whether a restored file would pass the check that a restore runs by default.
 */
public final class RestoredFileCheck {

	private static final Logger logger = LoggerFactory.getLogger(RestoredFileCheck.class);

	private RestoredFileCheck() {
	}

	/**
	 * Runs SQLite's quick check on a file that nobody else uses.
	 * @param limit how long it may take; what was not found by then counts as not there
	 * @param progress may end it
	 * @return one sentence on why it did not pass; empty if it did or it is not known
	 */
	public static Optional<String> problems(Path file, Duration limit, RestoreProgress progress) {
		long startedAt = System.nanoTime();
		RestoreProgress bounded = new RestoreProgress() {
			@Override
			public void advanced(long done, long total) {
			}

			@Override
			public boolean isCancelled() {
				return progress.isCancelled() || System.nanoTime() - startedAt >= limit.toNanos();
			}
		};
		try {
			IntegrityResult result = new IntegrityChecker(new RestoreMeter("", bounded, 0)).check(file,
					IntegrityCheck.QUICK);
			return IntegrityChecker.refusal(result, IntegrityCheck.QUICK);
		}
		catch (RestoreException ex) {
			return (ex.kind() == Kind.CHECK_FAILED) ? Optional.ofNullable(ex.getMessage()) : Optional.empty();
		}
		catch (IOException ex) {
			logger.debug("{} could not be checked", file, ex);
			return Optional.empty();
		}
	}

}
