package org.litestream4j.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

import org.litestream4j.RestoreTime;
import org.litestream4j.io.InvalidPaths;

/**
 * Reads replicas without an application: lists them, restores from them, and compares
 * them with a database that nobody has open. Takes the flags of the {@code litestream}
 * command, so that habits and scripts go on working.
 */
@Command(name = "litestream-cli", versionProvider = LitestreamCli.Version.class,
		description = "Lists, checks, restores and validates Litestream replicas, in the format of v0.3 or LTX.",
		exitCodeListHeading = LitestreamCli.EXIT_CODES,
		exitCodeList = { "0:done; for validate: equal; for check and status: good", LitestreamCli.EXIT_1,
				LitestreamCli.EXIT_2,
				"3:validate: the database and the replica differ; check: older states are lost; status: the newest state is too old; bisect: the answer is the same at both ends; diff -exit-code: the states differ",
				"4:validate: the replica is right, but lacks the newest commits; check, status: the newest state cannot be restored" },
		synopsisSubcommandLabel = "COMMAND")
public final class LitestreamCli {

	@SuppressWarnings("UnusedVariable") // picocli acts on it
	@Option(names = { "-h", "-help" }, usageHelp = true, description = "Show this help.")
	private boolean help;

	@SuppressWarnings("UnusedVariable") // picocli acts on it
	@Option(names = "-version", versionHelp = true, description = "Show the version.")
	private boolean version;

	/** Above the list of exit codes in a help text. */
	static final String EXIT_CODES = "Exit codes:%n";

	/** Of every command that only does something, or does not. */
	static final String EXIT_0 = "0:done";

	static final String EXIT_1 = "1:not done; one sentence on standard error says why";

	static final String EXIT_2 = "2:the command line is wrong";

	static final String EXIT_3 = "3:the database and the replica differ";

	static final String EXIT_4 = "4:the replica is right, but lacks the newest commits";

	/** All went well. */
	static final int OK = 0;

	/** It could not be done; one sentence on standard error says why. */
	static final int FAILED = 1;

	/** The command line is wrong. */
	static final int USAGE = 2;

	/** The database and the replica differ. */
	static final int DIFFERENT = 3;

	/** There is less to restore than there should be, or only something older. */
	static final int LACKING = 3;

	/** The newest state cannot be restored. */
	static final int NOT_RESTORABLE = 4;

	/** The replica is right as far as it goes, but the database holds more. */
	static final int BEHIND = 4;

	/** In the order of the help. */
	private static final String[] COMMANDS = { "restore", "validate", "check", "status", "diff", "generations",
			"snapshots", "wal", "ltx", "log", "query", "bisect", "completion", "help" };

	private LitestreamCli() {
	}

	/** Runs one command and ends the JVM with its exit code. */
	public static void main(String[] arguments) {
		if (Arrays.asList(arguments).contains("-v")) {
			// before the first logger is made, as it reads the level only once
			System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "info");
		}
		// data that is printed is the same everywhere, whatever the terminal's encoding
		StandardOutput standard = new StandardOutput(new FileOutputStream(FileDescriptor.out));
		PrintWriter out = new PrintWriter(new OutputStreamWriter(standard, StandardCharsets.UTF_8), true);
		CommandLine commandLine = createFor(arguments).setOut(out);
		int code = run(commandLine, arguments);
		out.flush();
		System.exit(standard.exitCode(code, commandLine.getErr()));
	}

	/**
	 * Runs one command.
	 * @param arguments options with one dash or two, as Go programs take them
	 * @return the exit code
	 */
	static int run(CommandLine commandLine, String... arguments) {
		if (arguments.length == 0) {
			commandLine.usage(commandLine.getErr());
			return USAGE;
		}
		return commandLine.execute(Arrays.stream(arguments).map(LitestreamCli::withOneDash).toArray(String[]::new));
	}

	private static String withOneDash(String argument) {
		return (argument.startsWith("--") && argument.length() > 2) ? argument.substring(1) : argument;
	}

	/**
	 * The command line with one command, if the first argument names it, as reading what
	 * all of them take costs more time than most of them need.
	 */
	static CommandLine createFor(String... arguments) {
		String first = (arguments.length > 0) ? withOneDash(arguments[0]) : "";
		if (first.equals("-version")) {
			return create(new String[0]);
		}
		boolean alone = Arrays.asList(COMMANDS).contains(first) && !first.equals("help");
		return alone ? create(new String[] { first }) : create();
	}

	/** The command line with all commands, for one run. */
	static CommandLine create() {
		return create(COMMANDS);
	}

	private static Object command(String name) {
		return switch (name) {
			case "restore" -> new RestoreCommand();
			case "validate" -> new ValidateCommand();
			case "check" -> new CheckCommand();
			case "status" -> new StatusCommand();
			case "diff" -> new DiffCommand();
			case "generations" -> new GenerationsCommand();
			case "snapshots" -> new SnapshotsCommand();
			case "wal" -> new WalCommand();
			case "ltx" -> new LtxCommand();
			case "log" -> new LogCommand();
			case "query" -> new QueryCommand();
			case "bisect" -> new BisectCommand();
			case "completion" -> new CompletionCommand();
			case "help" -> new HelpCommand();
			default -> throw new IllegalStateException(name);
		};
	}

	private static CommandLine create(String[] commands) {
		CommandLine commandLine = new CommandLine(new LitestreamCli());
		for (String name : commands) {
			commandLine.addSubcommand(command(name));
		}
		commandLine.setPosixClusteredShortOptionsAllowed(false); // -timestamp is not -t
		commandLine.setCaseInsensitiveEnumValuesAllowed(true); // as the help writes them
		commandLine.setUsageHelpAutoWidth(true);
		commandLine.setUsageHelpLongOptionsMaxWidth(28);
		commandLine.registerConverter(Path.class, LitestreamCli::path);
		commandLine.registerConverter(RestoreTime.class, LitestreamCli::time);
		commandLine.setParameterExceptionHandler(Failures::usage);
		commandLine.setExecutionExceptionHandler(Failures::execution);
		return commandLine;
	}

	private static Path path(String text) {
		try {
			return Path.of(text);
		}
		catch (InvalidPathException ex) {
			throw new TypeConversionException("'%s' is not a path: %s".formatted(text, InvalidPaths.reason(ex)));
		}
	}

	private static RestoreTime time(String text) {
		try {
			return RestoreTime.of(text);
		}
		catch (IllegalArgumentException ex) {
			throw new TypeConversionException(String.valueOf(ex.getMessage()));
		}
	}

	/** What the jar's manifest says. */
	static final class Version implements IVersionProvider {

		@Override
		public String[] getVersion() {
			@Nullable String version = LitestreamCli.class.getPackage().getImplementationVersion();
			return new String[] { "litestream-cli " + ((version != null) ? version : "development") };
		}

	}

}
