package org.litestream4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreProgress;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.history.BisectReport;

/** Finds the moment at which a query's answer changed. */
@Command(name = "bisect", description = {
		"Finds the first restore point at which a query's answer is another one than at the beginning, by a binary search: an answer that changed and changed back in between may be missed.",
		"For example: litestream-cli bisect -from 6h s3://bucket/app \"select count(*) > 0 from orders where total < 0\"",
		"One snapshot is fetched, and what was written since, once; nothing is left behind." },
		exitCodeListHeading = LitestreamCli.EXIT_CODES, exitCodeList = { "0:done: it changed", LitestreamCli.EXIT_1,
				LitestreamCli.EXIT_2, "3:the answer is the same at both ends" })
final class BisectCommand implements Callable<Integer> {

	@Mixin
	private final CommonOptions common = new CommonOptions();

	@Mixin
	private final ReplicaArguments replica = new ReplicaArguments();

	@Parameters(index = "1", paramLabel = "SQL", description = QueryArguments.SQL)
	private String sql = "";

	@Mixin
	private final QueryArguments query = new QueryArguments();

	@Mixin
	private final RangeOptions range = new RangeOptions();

	@Override
	public Integer call() throws IOException {
		this.range.say(this.common);
		try (V03Replica client = this.replica.open(this.common)) {
			BisectReport report = bisect(client);
			print(report);
			return report.isChanged() ? LitestreamCli.OK : LitestreamCli.DIFFERENT;
		}
	}

	private BisectReport bisect(V03Replica client) throws IOException {
		try {
			return QueryArguments.history(client)
				.bisect(this.range.from(), this.range.to(), this.sql, this.query.options(), RestoreProgress.NONE);
		}
		catch (IllegalArgumentException ex) {
			throw QueryArguments.wrong(this.common, ex);
		}
		catch (RestoreException ex) {
			throw (ex.kind() == Kind.NO_BACKUP) ? RestoreCommand.noBackup(client, ex) : ex;
		}
	}

	private void print(BisectReport report) {
		if (this.common.isJson()) {
			this.common.printJson(json(report));
			return;
		}
		PrintWriter out = this.common.out();
		BisectReport.State before = report.before();
		BisectReport.State after = report.after();
		if (before == null || after == null) {
			out.printf("The answer is the same from %s to %s: %s%n", Text.localTime(report.from().time()),
					Text.localTime(report.to().time()), Answers.line(report.to().answer()));
		}
		else {
			BisectReport.Transaction transaction = report.transaction();
			out.printf("The answer changed at %s%s%n", Text.localTime(after.time()), (transaction == null) ? ""
					: ", in transaction %d of the %d of this point".formatted(transaction.number(), transaction.of()));
			String timeBefore = Text.localTime(before.time(), after.time());
			print(out, "before", timeBefore, before);
			print(out, "after", Text.localTime(after.time()), after);
			out.printf("To go back to before it: restore -timestamp %s%n", timeBefore);
		}
		out.flush();
		if (before != null && before.answer().error() != null) {
			this.common.err()
				.println("The state before cannot answer: give -from a later time to find what changed since");
		}
		this.common.err()
			.printf("%d restore points, %d queries, %s fetched, %.1f s%n", report.points(), report.queries(),
					Text.bytes(report.fetchedBytes()), report.duration().toMillis() / 1000.0);
		this.common.err().flush();
	}

	private static void print(PrintWriter out, String when, String time, BisectReport.State state) {
		out.printf("%-7s %s  %s  %s%n", when, time, state.position(), Answers.line(state.answer()));
		if (state.answer().count() > 1) {
			Answers.print(state.answer(), out);
		}
	}

	private static Map<String, @Nullable Object> json(BisectReport report) {
		Map<String, @Nullable Object> json = new LinkedHashMap<>();
		json.put("changed", report.isChanged());
		json.put("from", json(report.from()));
		json.put("to", json(report.to()));
		BisectReport.State after = report.after();
		json.put("before",
				(report.before() != null) ? json(report.before(), (after != null) ? after.time() : null) : null);
		json.put("after", (after != null) ? json(after) : null);
		BisectReport.Transaction transaction = report.transaction();
		json.put("transaction", (transaction == null) ? null : Map.of("number", transaction.number(), "of",
				transaction.of(), "position", StateFields.of(transaction.position())));
		json.put("points", report.points());
		json.put("queries", report.queries());
		json.put("fetchedBytes", report.fetchedBytes());
		json.put("durationMillis", report.duration().toMillis());
		return json;
	}

	private static Map<String, Object> json(BisectReport.State state) {
		return json(state, null);
	}

	private static Map<String, Object> json(BisectReport.State state, @Nullable Instant next) {
		Map<String, Object> json = new LinkedHashMap<>();
		json.put("time", Text.before(state.time(), next));
		json.put("position", StateFields.of(state.position()));
		json.put("answer", Answers.json(state.answer()));
		return json;
	}

}
