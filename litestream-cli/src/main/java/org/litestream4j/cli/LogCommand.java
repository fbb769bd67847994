package org.litestream4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

import org.litestream4j.RestoreProgress;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.history.HistoryLog;
import org.litestream4j.history.LogRequest;
import org.litestream4j.history.LogRequest.Detail;
import org.litestream4j.history.ObjectChange;
import org.litestream4j.history.ReplicaHistory;
import org.litestream4j.history.RestorePoint;

/** Lists what a replica can be restored to. */
@Command(name = "log", description = {
		"Lists the restore points of a replica, newest first: when, how many transactions, and how many pages they wrote.",
		"Times are those of this machine's zone; given to -timestamp as they stand they restore that very point." },
		exitCodeListHeading = LitestreamCli.EXIT_CODES,
		exitCodeList = { LitestreamCli.EXIT_0, LitestreamCli.EXIT_1, LitestreamCli.EXIT_2 })
final class LogCommand implements Callable<Integer> {

	private static final Duration LEAST_PAUSE = Duration.ofSeconds(1);

	@Mixin
	private final CommonOptions common = new CommonOptions();

	@Mixin
	private final ReplicaArguments replica = new ReplicaArguments();

	@Mixin
	private final RangeOptions range = new RangeOptions();

	@Option(names = "-n", paramLabel = "N",
			description = "How many points at most. Default: 50; all of them where -from is given.")
	private @Nullable Integer limit;

	@Option(names = "-tables",
			description = "Say which tables and indexes each point touched, and how many rows. Fetches a snapshot, and restores it to a temporary file.")
	private boolean tables;

	@Option(names = "-temp-directory", paramLabel = "DIR",
			description = "Where that file is; it takes as much space as the database. Default: ${DEFAULT-VALUE}.")
	private Path tempDirectory = Path.of(System.getProperty("java.io.tmpdir"));

	@Option(names = "-f", description = "Go on with new points as they are stored, oldest first, until interrupted.")
	private boolean follow;

	@Override
	public Integer call() throws IOException {
		requireFollowable();
		this.range.say(this.common);
		try (V03Replica client = this.replica.open(this.common)) {
			ReplicaHistory history = QueryArguments.history(client);
			HistoryLog log = history.log(request(), this.tempDirectory, RestoreProgress.NONE);
			if (this.follow) {
				follow(history, log);
			}
			else {
				print(log, client);
			}
			return LitestreamCli.OK;
		}
	}

	private void requireFollowable() {
		if (this.follow && (this.tables || this.range.to() != null)) {
			throw new ParameterException(this.common.spec().commandLine(),
					"-f goes on after now, with neither -to nor -tables: leave one of them out");
		}
	}

	private LogRequest request() {
		try {
			Integer given = this.limit;
			int most = (given != null) ? given : (this.range.from() != null) ? Integer.MAX_VALUE : 50;
			return new LogRequest(this.range.from(), this.range.to(), null, most,
					this.tables ? Detail.TABLES : Detail.TRANSACTIONS);
		}
		catch (IllegalArgumentException ex) {
			throw new ParameterException(this.common.spec().commandLine(), String.valueOf(ex.getMessage()), ex);
		}
	}

	private void print(HistoryLog log, V03Replica client) throws IOException {
		if (this.common.isJson()) {
			Map<String, @Nullable Object> answer = new LinkedHashMap<>();
			answer.put("points", entries(log.points()));
			answer.put("more", log.more());
			answer.put("note", log.note());
			this.common.printJson(answer);
			return;
		}
		Table table = new Table("time (%s)".formatted(ZoneId.systemDefault()), "transactions", "pages", "bytes",
				"position");
		Instant next = null;
		for (RestorePoint point : log.points()) {
			table.add(cells(point, next));
			next = point.time();
			Objects.requireNonNullElse(point.changes(), List.<ObjectChange>of())
				.forEach((change) -> table.addLine("    " + describe(change)));
		}
		table.print(this.common.out());
		if (log.note() != null) {
			this.common.err().println(Text.line(log.note()));
		}
		if (log.more()) {
			this.common.err().println("There are older points: -n shows more of them, -from all since a time");
		}
		this.common.err().flush();
		Listings.warnIfEmpty(log.points(), this.range, client, this.common);
	}

	private static List<PointEntry> entries(List<RestorePoint> newestFirst) {
		List<PointEntry> entries = new ArrayList<>();
		Instant next = null;
		for (RestorePoint point : newestFirst) {
			entries.add(PointEntry.of(point, next));
			next = point.time();
		}
		return entries;
	}

	private static Object[] cells(RestorePoint point, @Nullable Instant next) {
		ReplicaPosition position = Objects.requireNonNullElse(point.position(), point.start());
		return new Object[] { Text.localTime(point.time(), next), orDash(point.transactions()), orDash(point.pages()),
				point.bytes(), position };
	}

	private static String orDash(@Nullable Number number) {
		return (number != null) ? number.toString() : "-";
	}

	/** For example: {@code table orders: 3 inserted, 1 deleted (2 pages)}. */
	static String describe(ObjectChange change) {
		List<String> parts = new ArrayList<>();
		if (change.kind() != ObjectChange.Kind.CHANGED) {
			parts.add(change.kind().name().toLowerCase(Locale.ROOT));
		}
		add(parts, change.inserted(), "inserted");
		add(parts, change.updated(), "updated");
		add(parts, change.deleted(), "deleted");
		String rows = parts.isEmpty() ? "" : ": " + String.join(", ", parts);
		return Text.line("%s %s%s (%d %s)".formatted(change.type(), change.name(), rows, change.pages(),
				(change.pages() == 1) ? "page" : "pages"));
	}

	private static void add(List<String> parts, @Nullable Long rows, String what) {
		if (rows != null && rows > 0) {
			parts.add(rows + " " + what);
		}
	}

	/** Until the process is interrupted, or nobody reads any more. */
	private void follow(ReplicaHistory history, HistoryLog first) throws IOException {
		List<RestorePoint> points = new ArrayList<>(first.points());
		Collections.reverse(points);
		ReplicaPosition last = null;
		Duration look = Duration.ZERO;
		while (print(points) && pause(look)) {
			last = points.isEmpty() ? last : points.get(points.size() - 1).start();
			long begun = System.nanoTime();
			points = history.after(last, RestoreProgress.NONE);
			look = Duration.ofNanos(System.nanoTime() - begun);
		}
	}

	private boolean print(List<RestorePoint> points) {
		PrintWriter out = this.common.out();
		for (int i = 0; i < points.size(); i++) {
			RestorePoint point = points.get(i);
			Instant next = (i + 1 < points.size()) ? points.get(i + 1).time() : null;
			out.println(this.common.isJson() ? Json.line(PointEntry.of(point, next))
					: Arrays.stream(cells(point, next)).map(String::valueOf).collect(Collectors.joining("  ")));
		}
		return !out.checkError();
	}

	/** A replica with many objects is not asked all the time. */
	private static boolean pause(Duration look) {
		try {
			TimeUnit.MILLISECONDS.sleep(Math.max(LEAST_PAUSE.toMillis(), 4 * look.toMillis()));
			return true;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	/**
	 * A restore point as JSON.
	 *
	 * @param time in UTC; to restore it by
	 * @param storedAt in UTC
	 * @param state where the point's change ends
	 * @param bytes as stored
	 * @param transactions how many
	 * @param pages how many pages they wrote
	 * @param databasePages how many pages the database has
	 * @param changes tables and indexes that were touched; only with -tables
	 */
	record PointEntry(Instant time, Instant storedAt, @JsonUnwrapped StateFields state, long bytes,
			@Nullable Integer transactions, @Nullable Long pages, @Nullable Long databasePages,
			@Nullable List<ObjectChange> changes) {

		static PointEntry of(RestorePoint point, @Nullable Instant next) {
			return new PointEntry(Text.before(point.time(), next), point.storedAt(),
					StateFields.of(Objects.requireNonNullElse(point.position(), point.start())), point.bytes(),
					point.transactions(), point.pages(), point.databasePages(), point.changes());
		}

	}

}
