package org.litestream4j.cli;

import java.util.concurrent.Callable;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Prints what a shell completes commands and options with. */
@Command(name = "completion",
		description = {
				"Prints a script with which bash or zsh completes commands and options of litestream-cli,"
						+ " which has to be the name of a function, an alias or a script that runs the jar.",
				"For example: source <(litestream-cli completion bash)" },
		exitCodeListHeading = LitestreamCli.EXIT_CODES, exitCodeList = { LitestreamCli.EXIT_0, LitestreamCli.EXIT_2 })
final class CompletionCommand implements Callable<Integer> {

	@Mixin
	private final CommonOptions common = new CommonOptions();

	@Parameters(index = "0", paramLabel = "SHELL", description = "bash or zsh.")
	private Shell shell = Shell.bash;

	/** Shells, by the names that people give. */
	enum Shell {

		bash, zsh

	}

	@Override
	public Integer call() {
		String script = AutoComplete.bash("litestream-cli", LitestreamCli.create());
		if (this.shell == Shell.zsh) {
			this.common.out().println("autoload -U +X compinit && compinit");
			this.common.out().println("autoload -U +X bashcompinit && bashcompinit");
		}
		this.common.out().print(script.replace("\t", "  "));
		this.common.out().flush();
		return LitestreamCli.OK;
	}

}
