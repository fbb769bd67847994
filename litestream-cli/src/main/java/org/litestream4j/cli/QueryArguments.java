package org.litestream4j.cli;

import java.nio.file.Path;
import java.time.Duration;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

import org.litestream4j.Replica;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.history.QueryOptions;
import org.litestream4j.history.ReplicaHistory;
import org.litestream4j.observe.LitestreamListener;

/** How a query is run. */
final class QueryArguments {

	/** What a query is, in a help text. */
	static final String SQL = "One statement that reads: SELECT, WITH, VALUES, EXPLAIN or PRAGMA.";

	@Option(names = "-limit", paramLabel = "N",
			description = "Rows of an answer that are shown. Default: ${DEFAULT-VALUE}.")
	private int limit = 1000;

	@Option(names = "-timeout", paramLabel = "SECONDS",
			description = "How long one query may take. Default: ${DEFAULT-VALUE}.")
	private long timeout = 300;

	@Option(names = "-temp-directory", paramLabel = "DIR",
			description = "Where the state is restored to, and deleted again; it takes as much space as the database. Default: ${DEFAULT-VALUE}.")
	private Path directory = Path.of(System.getProperty("java.io.tmpdir"));

	QueryOptions options() {
		return new QueryOptions(this.directory, Duration.ofSeconds(this.timeout), this.limit);
	}

	static ReplicaHistory history(V03Replica client) {
		return new ReplicaHistory("the database",
				new Replica(client.store().type(), client.store(), Replica.Options.DEFAULTS), LitestreamListener.NONE);
	}

	/** What cannot be understood is the command line's fault. */
	static ParameterException wrong(CommonOptions common, IllegalArgumentException cause) {
		@Nullable String message = cause.getMessage();
		return new ParameterException(common.spec().commandLine(), String.valueOf(message), cause);
	}

}
