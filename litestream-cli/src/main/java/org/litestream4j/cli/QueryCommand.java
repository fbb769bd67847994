package org.litestream4j.cli;

import java.io.IOException;
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
import org.litestream4j.history.QueryReport;

/** Asks a past state. */
@Command(name = "query", description = {
		"Asks a state of a replica, without leaving anything behind: it is restored to a directory that only you can read, asked, and deleted.",
		"For example: litestream-cli query -timestamp 12:02 s3://bucket/app \"select count(*) from orders\"" },
		exitCodeListHeading = LitestreamCli.EXIT_CODES,
		exitCodeList = { LitestreamCli.EXIT_0, LitestreamCli.EXIT_1, LitestreamCli.EXIT_2 })
final class QueryCommand implements Callable<Integer> {

	@Mixin
	private final CommonOptions common = new CommonOptions();

	@Mixin
	private final ReplicaArguments replica = new ReplicaArguments();

	@Parameters(index = "1", paramLabel = "SQL", description = QueryArguments.SQL)
	private String sql = "";

	@Mixin
	private final QueryArguments query = new QueryArguments();

	@Mixin
	private final TargetOptions target = new TargetOptions();

	@Override
	public Integer call() throws IOException {
		this.target.say(this.common);
		try (V03Replica client = this.replica.open(this.common)) {
			print(ask(client));
			return LitestreamCli.OK;
		}
	}

	private QueryReport ask(V03Replica client) throws IOException {
		RestoreProgress progress = ProgressBar.create(this.common);
		try {
			return QueryArguments.history(client)
				.query(this.target.target(this.common), this.sql, this.query.options(), progress);
		}
		catch (IllegalArgumentException ex) {
			throw QueryArguments.wrong(this.common, ex);
		}
		catch (RestoreException ex) {
			throw (ex.kind() == Kind.NO_BACKUP) ? RestoreCommand.noBackup(client, ex) : ex;
		}
		finally {
			if (progress instanceof ProgressBar bar) {
				bar.finish();
			}
		}
	}

	private void print(QueryReport report) {
		if (this.common.isJson()) {
			Map<String, @Nullable Object> json = new LinkedHashMap<>();
			json.put("position", StateFields.of(report.position()));
			json.put("createdAt", report.createdAt());
			json.putAll(Answers.json(report.answer()));
			json.put("fetchedBytes", report.fetchedBytes());
			json.put("durationMillis", report.duration().toMillis());
			this.common.printJson(json);
			return;
		}
		Answers.print(report.answer(), this.common.out());
		if (report.answer().isCut()) {
			this.common.err()
				.printf("%d of %d rows are shown: -limit shows more%n", report.answer().rows().size(),
						report.answer().count());
		}
		this.common.err().printf("As of %s, stored at %s%n", report.position(), Text.localTime(report.createdAt()));
		this.common.err().flush();
	}

}
