package org.litestream4j.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One run of the command line in this JVM.
 *
 * @param code the exit code
 * @param out what went to standard output
 * @param err what went to standard error, without what is logged
 */
record CliRun(int code, String out, String err) {

	static CliRun of(String... arguments) {
		StringWriter out = new StringWriter();
		StringWriter err = new StringWriter();
		CommandLine commandLine = LitestreamCli.create()
			.setOut(new PrintWriter(out, true))
			.setErr(new PrintWriter(err, true));
		int code = LitestreamCli.run(commandLine, arguments);
		return new CliRun(code, out.toString(), err.toString());
	}

	JsonNode json() {
		return JsonMapper.shared().readTree(this.out);
	}

	/** Whether standard error is one line, as a user should see. */
	boolean isOneSentence() {
		return this.err.lines().count() == 1 && this.out.isEmpty();
	}

}
