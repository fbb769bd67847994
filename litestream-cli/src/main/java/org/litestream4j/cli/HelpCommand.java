package org.litestream4j.cli;

import java.util.Objects;
import java.util.concurrent.Callable;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Shows what the option {@code -help} does, for who asks without a dash. */
@Command(name = "help", helpCommand = true, description = "Shows this help, or that of a command.",
		exitCodeListHeading = LitestreamCli.EXIT_CODES, exitCodeList = { LitestreamCli.EXIT_0, LitestreamCli.EXIT_2 })
final class HelpCommand implements Callable<Integer> {

	@Mixin
	private final CommonOptions common = new CommonOptions();

	@Parameters(index = "0", arity = "0..1", paramLabel = "COMMAND", description = "Of which command.")
	private @Nullable String command;

	@Override
	public Integer call() {
		CommandLine all = Objects.requireNonNull(this.common.spec().commandLine().getParent());
		CommandLine wanted = (this.command != null) ? all.getSubcommands().get(this.command) : all;
		if (wanted == null) {
			throw new ParameterException(this.common.spec().commandLine(),
					"'%s' is not a command: one of %s is expected".formatted(this.command,
							String.join(", ", all.getSubcommands().keySet())));
		}
		wanted.usage(this.common.out());
		this.common.out().flush();
		return LitestreamCli.OK;
	}

}
