package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.Replica;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreTime;
import org.litestream4j.boot.actuate.LitestreamReport.Log;
import org.litestream4j.boot.actuate.LitestreamReport.PointEntry;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.history.HistoryLog;
import org.litestream4j.history.LogRequest;
import org.litestream4j.history.LogRequest.Detail;
import org.litestream4j.history.ReplicaHistory;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;

/**
 * The restore points of one replica, newest first, a page at a time.
 */
final class LogPages {

	/** What a request for them takes. */
	static final Set<String> ARGUMENTS = Set.of("limit", "before", "replica", "from", "to", "transactions", "tables");

	private static final int PAGE = 100;

	/** Each takes a request to the store. */
	private static final int MAX_PAGE = 1000;

	private final String replica;

	private final ReplicaHistory history;

	/**
	 * Creates pages of a replica's restore points.
	 * @param only the replica's name; null for the first one
	 */
	LogPages(LitestreamDatabase database, @Nullable String only) {
		Replica found = database.replicas()
			.stream()
			.filter((each) -> only == null || each.name().equals(only))
			.findFirst()
			.orElseThrow(() -> EndpointRequestException.badRequest("the database has no replica"));
		this.replica = found.name();
		this.history = new ReplicaHistory(database.options().name(), found, LitestreamListener.NONE);
	}

	/** One page, of listings or with transactions. */
	Log page(EndpointArguments arguments) throws IOException {
		return page(arguments, arguments.flag("transactions", true) ? Detail.TRANSACTIONS : Detail.LISTING, null);
	}

	/**
	 * One page, with what was touched.
	 * @param directory where the database may be restored to meanwhile
	 */
	Log page(EndpointArguments arguments, Path directory) throws IOException {
		try {
			SystemDisk.ownerOnly().createDirectories(directory);
			return page(arguments, Detail.TABLES, directory);
		}
		catch (FileSystemException ex) {
			throw RestorePath.explained(directory, ex);
		}
	}

	private Log page(EndpointArguments arguments, Detail detail, @Nullable Path directory) throws IOException {
		RestoreTime from = arguments.time("from");
		RestoreTime to = arguments.time("to");
		LogRequest request = new LogRequest(instant(from), instant(to), arguments.point("before"),
				arguments.number("limit", PAGE, MAX_PAGE), detail);
		HistoryLog log = (directory != null) ? this.history.log(request, directory, RestoreProgress.NONE)
				: this.history.log(request, RestoreProgress.NONE);
		ReplicaPosition next = log.next();
		return new Log(log.points().stream().map((point) -> PointEntry.of(this.replica, point)).toList(),
				(next != null) ? next.toString() : null, log.note(), (from != null) ? from.note() : null,
				(to != null) ? to.note() : null);
	}

	private static @Nullable Instant instant(@Nullable RestoreTime time) {
		return (time != null) ? time.instant() : null;
	}

}
