package org.litestream4j.cli;

import java.io.PrintWriter;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

import org.litestream4j.RestoreTime;

/** What every command takes. */
final class CommonOptions {

	@Spec(Target.MIXEE)
	private @Nullable CommandSpec spec;

	@Option(names = "-json", description = "Print JSON to standard output.")
	private boolean json;

	/** Read by {@link LitestreamCli} and {@link Failures}. */
	@Option(names = "-v", description = "Say what is being done, and show stack traces.")
	private boolean verbose;

	@SuppressWarnings("UnusedVariable") // picocli acts on it
	@Option(names = { "-h", "-help" }, usageHelp = true, description = "Show this help.")
	private boolean help;

	boolean isJson() {
		return this.json;
	}

	boolean isVerbose() {
		return this.verbose;
	}

	/** For results. */
	PrintWriter out() {
		return SafeWriter.around(spec().commandLine().getOut());
	}

	/** For everything else. */
	PrintWriter err() {
		return SafeWriter.around(spec().commandLine().getErr());
	}

	/**
	 * As {@link #err()}, but for what moves the cursor: nothing of others may go there.
	 */
	PrintWriter terminal() {
		return spec().commandLine().getErr();
	}

	CommandSpec spec() {
		return Objects.requireNonNull(this.spec);
	}

	/**
	 * Says how a time was understood, if it could mean another one; in any case before
	 * what is done with it.
	 * @param time what was given, if it was
	 */
	void say(@Nullable RestoreTime time) {
		if (time != null && time.note() != null) {
			err().println(time.note());
			err().flush();
		}
	}

	/** Prints a result as JSON. */
	void printJson(Object value) {
		out().println(Json.write(value));
		out().flush();
	}

}
