package org.litestream4j.cli;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

import org.litestream4j.Replica;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.history.StatePair;
import org.litestream4j.history.diff.Change;
import org.litestream4j.history.diff.DatabaseState;
import org.litestream4j.history.diff.DiffOptions;
import org.litestream4j.history.diff.DiffReport;
import org.litestream4j.history.diff.Moment;
import org.litestream4j.history.diff.RowDiff;
import org.litestream4j.history.diff.SchemaChange;
import org.litestream4j.history.diff.StateDiff;
import org.litestream4j.history.diff.TableDiff;
import org.litestream4j.io.SystemDisk;

/** Says how two states differ. */
@Command(name = "diff",
		description = {
				"Says, table by table, how two states of a replica differ, or one of them and a database. Reads only,"
						+ " and leaves nothing behind.",
				"With -sql it prints the statements that lead from the first to the second." },
		exitCodeListHeading = LitestreamCli.EXIT_CODES, exitCodeList = { LitestreamCli.EXIT_0, LitestreamCli.EXIT_1,
				LitestreamCli.EXIT_2, "3:with -exit-code: they differ" })
final class DiffCommand implements Callable<Integer> {

	private static final String STATE = "a time (5m, 12:02, 2026-01-31T12:00:00Z), a position as log prints it"
			+ " (GENERATION/INDEX:OFFSET, or a transaction of an LTX replica, also txid:3e8), GENERATION/INDEX, a generation, or latest";

	/** Rows of a table that was asked for. */
	private static final int ROWS = 100;

	@Mixin
	private final CommonOptions common = new CommonOptions();

	@Mixin
	private final ReplicaArguments replica = new ReplicaArguments();

	@Option(names = "-from", paramLabel = "STATE", converter = MomentConverter.class,
			description = "The first state: " + STATE + ".")
	private @Nullable Moment from;

	@Option(names = "-to", paramLabel = "STATE", converter = MomentConverter.class,
			description = "The second state, likewise. Default: the database if one is given, else latest.")
	private @Nullable Moment to;

	@Option(names = "-database", paramLabel = "PATH",
			description = "A database as it is now, in use or not, in place of the state that is not given.")
	private @Nullable Path database;

	@Option(names = "-table", paramLabel = "NAME", split = ",",
			description = "Only this table, and its rows; may be repeated.")
	private List<String> tables = List.of();

	@Option(names = "-limit", paramLabel = "N",
			description = "With -table: rows that are shown, of each table. Default: " + ROWS + ".")
	private int limit = ROWS;

	@Option(names = "-sql", description = "Print the statements that lead from the first state to the second.")
	private boolean sql;

	@Option(names = { "-o", "-output" }, paramLabel = "PATH",
			description = "With -sql: a file to create for the statements; the summary is printed.")
	private @Nullable Path output;

	@Option(names = "-exit-code", description = "Exit with 3 if they differ.")
	private boolean exitCode;

	@Option(names = "-temp-directory", paramLabel = "DIR",
			description = "Where both states are restored to; needs as much space as both. Default: ${DEFAULT-VALUE}.")
	private Path tempDirectory = Path.of(System.getProperty("java.io.tmpdir"));

	@Option(names = "-parallelism", paramLabel = "N",
			description = "Objects fetched at once, 1 to 256; up to six small ones count as one. Default: ${DEFAULT-VALUE}.")
	private int parallelism = RestoreOptions.DEFAULTS.parallelism();

	@Override
	public Integer call() throws IOException {
		requireSense();
		for (Moment moment : new Moment[] { this.from, this.to }) {
			if (moment != null) {
				this.common.say(moment.time());
			}
		}
		try (V03Replica client = this.replica.open(this.common)) {
			DiffReport report = compare(client);
			return (this.exitCode && !report.isEmpty()) ? LitestreamCli.DIFFERENT : LitestreamCli.OK;
		}
		catch (RestoreException ex) {
			throw ex;
		}
		catch (IllegalArgumentException ex) {
			throw new ParameterException(this.common.spec().commandLine(), String.valueOf(ex.getMessage()), ex);
		}
	}

	private void requireSense() {
		String wrong = null;
		if (this.database != null && this.from != null && this.to != null) {
			wrong = "-from, -to and -database are all given: use two of them";
		}
		else if (this.database == null && this.from == null) {
			wrong = "-from is missing: the first state is expected, for example -from 1h, or a database with -database";
		}
		else if (this.output != null && !this.sql) {
			wrong = "-output is given without -sql: it is for the statements; give -sql too";
		}
		else if (this.sql && this.common.isJson() && this.output == null) {
			wrong = "-sql and -json are both given: name a file for the statements with -output, or leave one of them out";
		}
		else if (this.limit < 0) {
			wrong = "-limit is %d: 0 or more is expected".formatted(this.limit);
		}
		if (wrong != null) {
			throw new ParameterException(this.common.spec().commandLine(), wrong);
		}
	}

	private DiffReport compare(V03Replica client) throws IOException {
		DiffOptions options = DiffOptions.SUMMARY.withTables(this.tables)
			.withRows(this.tables.isEmpty() ? 0 : this.limit);
		RestoreProgress progress = ProgressBar.create(this.common);
		Path file = this.output;
		if (!this.sql) {
			StateDiff<State, State> diff = run(client, options, progress);
			print(diff);
			return diff.report();
		}
		if (file == null) {
			PrintWriter out = this.common.spec().commandLine().getOut();
			DiffReport report = run(client, options.withScript(out), progress).report();
			out.flush();
			return report;
		}
		if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
			throw new IOException("%s exists, and is not overwritten: name a file that is not there".formatted(file));
		}
		SystemDisk.ownerOnly().create(file).close();
		StateDiff<State, State> diff;
		boolean whole = false;
		try (Writer out = new BufferedWriter(
				new OutputStreamWriter(Files.newOutputStream(file, StandardOpenOption.WRITE), StandardCharsets.UTF_8),
				1 << 16)) {
			diff = run(client, options.withScript(out), progress);
			whole = true;
		}
		finally {
			if (!whole) {
				Files.deleteIfExists(file);
			}
		}
		print(diff);
		return diff.report();
	}

	private StateDiff<State, State> run(V03Replica client, DiffOptions options, RestoreProgress progress)
			throws IOException {
		StatePair pair = new StatePair("the replica",
				new Replica(client.store().type(), client.store(), Replica.Options.DEFAULTS),
				RestoreOptions.DEFAULTS.withParallelism(this.parallelism), progress);
		Moment second = (this.to == null && this.database == null) ? Moment.LATEST : this.to;
		try {
			return StateDiff.of(this.tempDirectory,
					(this.from != null) ? of(pair.first(this.from.target())) : database(),
					(second != null) ? of(pair.second(second.target())) : database(), options);
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

	private static DatabaseState<State> of(DatabaseState<RestoreReport> restored) {
		return (output, disk) -> State.of(restored.writeTo(output, disk));
	}

	private DatabaseState<State> database() {
		return new DatabaseCopy(Objects.requireNonNull(this.database, "neither a state nor a database"));
	}

	private void print(StateDiff<State, State> diff) {
		Result result = Result.of(diff, !this.tables.isEmpty());
		if (this.common.isJson()) {
			this.common.printJson(result);
			return;
		}
		PrintWriter out = this.common.out();
		out.printf("From %s%n", diff.from().describe());
		out.printf("To   %s%n", diff.to().describe());
		DiffReport report = diff.report();
		if (report.isEmpty()) {
			out.printf("Nothing differs: %d tables were compared%n", report.compared());
		}
		for (SchemaChange change : report.schema()) {
			out.printf("%s %s %s%n", lower(change.change()), change.type(), change.name());
		}
		if (!report.tables().isEmpty()) {
			Table table = new Table("table", "added", "removed", "changed", "rows known by");
			for (TableDiff each : report.tables()) {
				String note = (each.note() != null) ? " (%s)".formatted(each.note()) : "";
				table.add(Text.line(each.table()), each.added(), each.removed(), each.changed(),
						Text.line(String.join(", ", each.keyedBy()) + note));
			}
			table.print(out);
		}
		for (TableDiff each : report.tables()) {
			each.rows().forEach((row) -> print(out, each.table(), row));
			long more = each.added() + each.removed() + each.changed() - each.rows().size();
			if (!each.rows().isEmpty() && more > 0) {
				out.printf("and %d more of %s: -limit shows more, -sql all%n", more, each.table());
			}
		}
		out.flush();
	}

	private static void print(PrintWriter out, String table, RowDiff row) {
		String values = switch (row.change()) {
			case ADDED -> columns(row.after());
			case REMOVED -> columns(row.before());
			case CHANGED -> row.before()
				.keySet()
				.stream()
				.map((column) -> "%s: %s -> %s".formatted(column, row.before().get(column), row.after().get(column)))
				.collect(Collectors.joining(", "));
		};
		char sign = (row.change() == Change.ADDED) ? '+' : (row.change() == Change.REMOVED) ? '-' : '~';
		out.println(Text.line("%s %s %s: %s".formatted(sign, table, columns(row.key()), values)));
	}

	private static String columns(Map<String, String> values) {
		return values.entrySet()
			.stream()
			.map((entry) -> entry.getKey() + "=" + entry.getValue())
			.collect(Collectors.joining(", "));
	}

	private static String lower(Change change) {
		return change.name().toLowerCase(Locale.ROOT);
	}

	/**
	 * What the endpoint answers too.
	 *
	 * @param from the first state
	 * @param to the second state
	 * @param equal whether nothing differs
	 * @param compared how many tables were compared
	 * @param schema what differs there
	 * @param tables whose rows differ, or of which something is to be said
	 */
	record Result(State from, State to, boolean equal, int compared, List<Schema> schema, List<Rows> tables) {

		static Result of(StateDiff<State, State> diff, boolean rows) {
			DiffReport report = diff.report();
			return new Result(diff.from(), diff.to(), report.isEmpty(), report.compared(),
					report.schema()
						.stream()
						.map((each) -> new Schema(lower(each.change()), each.type(), each.name()))
						.toList(),
					report.tables()
						.stream()
						.map((each) -> new Rows(each.table(), each.added(), each.removed(), each.changed(),
								each.keyedBy(), each.note(),
								rows ? each.rows()
									.stream()
									.map((row) -> new Row(lower(row.change()), row.key(), row.before(), row.after()))
									.toList() : null))
						.toList());
		}

	}

	/** A part of the schema. */
	record Schema(String change, String type, String name) {
	}

	/** The rows of a table. */
	record Rows(String table, long added, long removed, long changed, List<String> keyedBy, @Nullable String note,
			@Nullable List<Row> rows) {
	}

	/** A row; values are literals of SQL. */
	record Row(String change, Map<String, String> key, Map<String, String> before, Map<String, String> after) {
	}

}
