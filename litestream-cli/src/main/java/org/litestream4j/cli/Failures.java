package org.litestream4j.cli;

import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what was thrown into one sentence and an exit code. */
final class Failures {

	private Failures() {
	}

	/** The command line could not be understood. */
	static int usage(ParameterException failure, String[] arguments) {
		CommandLine command = failure.getCommandLine();
		PrintWriter err = SafeWriter.around(command.getErr());
		err.println(Text.line(failure.getMessage()));
		UnmatchedArgumentException.printSuggestions(failure, err);
		err.printf("Run '%s -help' to see what is allowed.%n", command.getCommandSpec().qualifiedName());
		err.flush();
		return LitestreamCli.USAGE;
	}

	/** The command could not be carried out. */
	static int execution(Exception failure, CommandLine command, ParseResult parsed) {
		PrintWriter err = SafeWriter.around(command.getErr());
		err.println(Text.line(sentence(failure)));
		if (command.getParseResult().hasMatchedOption("-v")) {
			failure.printStackTrace(err);
		}
		err.flush();
		return LitestreamCli.FAILED;
	}

	/** File system exceptions have often no more than a name for a message. */
	private static String sentence(Exception failure) {
		String message = failure.getMessage();
		if (failure instanceof FileSystemException file) {
			if (failure instanceof AccessDeniedException) {
				return "%s: permission denied".formatted(file.getFile());
			}
			if (failure instanceof NoSuchFileException && file.getReason() == null) {
				return "%s: no such file or directory".formatted(file.getFile());
			}
			if (failure instanceof FileAlreadyExistsException && file.getReason() == null) {
				return "%s exists already, and is not a directory".formatted(file.getFile());
			}
		}
		return (message == null || message.isBlank()) ? failure.toString() : message;
	}

}
