package org.litestream4j.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

import org.litestream4j.io.InvalidPaths;

/**
 * Reads replicas without an application: lists them, restores from them, and compares
 * them with a database that nobody has open. Takes the flags of the {@code litestream}
 * command, so that habits and scripts go on working.
 */
@Command(name = "litestream-cli", versionProvider = LitestreamCli.Version.class,
		description = "Lists, restores and validates Litestream replicas (format v0.3).",
		exitCodeListHeading = LitestreamCli.EXIT_CODES,
		exitCodeList = { "0:done; for validate: equal", LitestreamCli.EXIT_1, LitestreamCli.EXIT_2,
				"3:validate: the database and the replica differ",
				"4:validate: the replica is right, but lacks the newest commits" },
		synopsisSubcommandLabel = "COMMAND", subcommands = { RestoreCommand.class, ValidateCommand.class,
				GenerationsCommand.class, SnapshotsCommand.class, WalCommand.class })
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

	/** The replica is right as far as it goes, but the database holds more. */
	static final int BEHIND = 4;

	private LitestreamCli() {
	}

	/** Runs one command and ends the JVM with its exit code. */
	public static void main(String[] arguments) {
		if (Arrays.asList(arguments).contains("-v")) {
			// before the first logger is made, as it reads the level only once
			System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "info");
		}
		System.exit(run(create(), arguments));
	}

	/**
	 * Runs one command.
	 * @param arguments options with one dash or two, as Go programs take them
	 * @return the exit code
	 */
	static int run(CommandLine commandLine, String... arguments) {
		return commandLine.execute(Arrays.stream(arguments).map(LitestreamCli::withOneDash).toArray(String[]::new));
	}

	private static String withOneDash(String argument) {
		return (argument.startsWith("--") && argument.length() > 2) ? argument.substring(1) : argument;
	}

	/** The command line, for one run. */
	static CommandLine create() {
		CommandLine commandLine = new CommandLine(new LitestreamCli());
		commandLine.setPosixClusteredShortOptionsAllowed(false); // -timestamp is not -t
		commandLine.setUsageHelpAutoWidth(true);
		commandLine.setUsageHelpLongOptionsMaxWidth(28);
		commandLine.registerConverter(Path.class, LitestreamCli::path);
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

	/** What the jar's manifest says. */
	static final class Version implements IVersionProvider {

		@Override
		public String[] getVersion() {
			@Nullable String version = LitestreamCli.class.getPackage().getImplementationVersion();
			return new String[] { "litestream-cli " + ((version != null) ? version : "development") };
		}

	}

}
