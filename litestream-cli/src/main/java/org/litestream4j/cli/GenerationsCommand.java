package org.litestream4j.cli;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

import org.litestream4j.cli.Listings.GenerationEntry;
import org.litestream4j.format.v03.V03Replica;

/** Lists a replica's generations. */
@Command(name = "generations",
		description = "Lists the generations of a replica, the newest last. lag is the age of the newest object.",
		exitCodeListHeading = LitestreamCli.EXIT_CODES,
		exitCodeList = { LitestreamCli.EXIT_0, LitestreamCli.EXIT_1, LitestreamCli.EXIT_2 })
final class GenerationsCommand implements Callable<Integer> {

	@Mixin
	private final CommonOptions common = new CommonOptions();

	@Mixin
	private final ReplicaArguments replica = new ReplicaArguments();

	@Override
	public Integer call() throws IOException {
		try (V03Replica client = this.replica.open(this.common)) {
			List<GenerationEntry> entries = Listings.generations(client);
			if (this.common.isJson()) {
				this.common.printJson(Map.of("generations", entries));
				return LitestreamCli.OK;
			}
			Instant now = Instant.now();
			Table table = new Table("name", "generation", "lag", "start", "end");
			entries.forEach((entry) -> table.add(entry.replica(), entry.generation(),
					Text.duration(Duration.between(entry.updatedAt(), now)), Text.time(entry.createdAt()),
					Text.time(entry.updatedAt())));
			table.print(this.common.out());
			Listings.warnIfEmpty(entries, client, this.common);
			return LitestreamCli.OK;
		}
	}

}
