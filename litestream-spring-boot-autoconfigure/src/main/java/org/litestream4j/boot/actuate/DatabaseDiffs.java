package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreRequest;
import org.litestream4j.boot.actuate.LitestreamDiffReport.State;
import org.litestream4j.format.Durations;
import org.litestream4j.history.diff.Cancellation;
import org.litestream4j.history.diff.DatabaseState;
import org.litestream4j.history.diff.DiffOptions;
import org.litestream4j.history.diff.Moment;
import org.litestream4j.history.diff.StateDiff;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;

/**
 * Compares two states of a database, or one and what it is now: one comparison of a
 * database at a time, within a time, and in files below the restore directory that are
 * deleted in any case. Thread-safe.
 */
final class DatabaseDiffs {

	private static final String LIVE = "database";

	private final Set<String> running = ConcurrentHashMap.newKeySet();

	LitestreamDiffReport diff(LitestreamDatabase database, EndpointArguments arguments, @Nullable String replica,
			Path directory, Duration limit) throws IOException, TimeoutException {
		arguments.requireOnly("diff", Set.of("from", "to", "replica", "timeout"));
		Moment from = moment(arguments, "from");
		if (from == null) {
			throw EndpointRequestException.badRequest("from is missing: the first state is expected, such as 1h, "
					+ "2026-11-22T10:15:30Z, or a position of wal");
		}
		Moment to = LIVE.equals(arguments.text("to")) ? null : moment(arguments, "to");
		boolean live = LIVE.equals(arguments.text("to"));
		Duration timeout = arguments.duration("timeout", limit, limit);
		String name = database.options().name();
		if (!this.running.add(name)) {
			throw EndpointRequestException
				.conflict("a diff of database '%s' is already running: wait until it has finished".formatted(name));
		}
		try {
			return diff(new Request(database, replica, new Limit(timeout)), from, to, live, directory);
		}
		finally {
			this.running.remove(name);
		}
	}

	private static @Nullable Moment moment(EndpointArguments arguments, String name) {
		String text = arguments.text(name);
		try {
			return (text != null) ? Moment.of(text.strip()) : null;
		}
		catch (IllegalArgumentException ex) {
			throw EndpointRequestException.badRequest(name + ": " + ex.getMessage());
		}
	}

	private static LitestreamDiffReport diff(Request request, Moment from, @Nullable Moment to, boolean live,
			Path directory) throws IOException, TimeoutException {
		Moment second = (to != null) ? to : Moment.LATEST;
		try {
			SystemDisk.likeFile(request.database().options().database()).createDirectories(directory);
			StateDiff<State, State> diff = StateDiff.of(directory, request.restored(from),
					live ? request.live() : request.restored(second),
					DiffOptions.SUMMARY.withCancellation(request.limit()));
			return LitestreamDiffReport.of(diff, from.time(), live ? null : second.time());
		}
		catch (FileSystemException ex) {
			throw RestorePath.explained(directory, ex);
		}
		catch (RestoreException ex) {
			if (ex.kind() == Kind.CANCELLED && request.limit().isCancelled()) {
				throw new TimeoutException(
						"the states were not compared within %s: give a longer timeout, or compare them with litestream-cli"
							.formatted(Durations.describe(request.limit().timeout())));
			}
			throw ex;
		}
	}

	/**
	 * What is compared.
	 *
	 * @param replica its name, or null for the one with the newest state that fits
	 */
	private record Request(LitestreamDatabase database, @Nullable String replica, Limit limit) {

		DatabaseState<State> restored(Moment moment) {
			return (output,
					disk) -> State.of(new LitestreamRestore(this.database.options().name(), this.database.replicas(),
							LitestreamListener.NONE)
						.restore(RestoreRequest.latest(output.path())
							.withReplica(this.replica)
							.withTarget(moment.target())
							.withOptions(this.database.options()
								.restore()
								.withIntegrityCheck(IntegrityCheck.NONE)
								.withoutChecksum()), this.limit));
		}

		/** Through the engine's own connection, as of one moment. */
		DatabaseState<State> live() {
			return (output, disk) -> {
				this.database.backup(output.path(), this.limit);
				return State.of(this.database.options().database());
			};
		}

	}

	/** Ends what takes too long. */
	private static final class Limit implements RestoreProgress, Cancellation {

		private final long startedAt = System.nanoTime();

		private final Duration timeout;

		Limit(Duration timeout) {
			this.timeout = timeout;
		}

		Duration timeout() {
			return this.timeout;
		}

		@Override
		public void advanced(long done, long total) {
			// nobody looks
		}

		@Override
		public boolean isCancelled() {
			return System.nanoTime() - this.startedAt >= this.timeout.toNanos();
		}

		@Override
		public void check() throws RestoreException {
			if (isCancelled() || Thread.currentThread().isInterrupted()) {
				throw new RestoreException(Kind.CANCELLED, "The comparison was ended");
			}
		}

	}

}
