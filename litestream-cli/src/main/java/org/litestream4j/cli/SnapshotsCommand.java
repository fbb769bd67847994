package org.litestream4j.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import org.litestream4j.cli.Listings.SnapshotEntry;
import org.litestream4j.format.v03.V03Replica;

/** Lists a replica's snapshots. */
@Command(name = "snapshots",
		description = "Lists the snapshots of a replica. index is hexadecimal, as restore -index takes it.",
		exitCodeListHeading = LitestreamCli.EXIT_CODES,
		exitCodeList = { LitestreamCli.EXIT_0, LitestreamCli.EXIT_1, LitestreamCli.EXIT_2 })
final class SnapshotsCommand implements Callable<Integer> {

	@Mixin
	private final CommonOptions common = new CommonOptions();

	@Mixin
	private final ReplicaArguments replica = new ReplicaArguments();

	@Option(names = "-generation", paramLabel = "NAME", description = "Only of this generation.")
	private @Nullable String generation;

	@Override
	public Integer call() throws IOException {
		try (V03Replica client = this.replica.open(this.common)) {
			List<SnapshotEntry> entries = Listings.snapshots(client, Listings.generation(this.generation, this.common));
			if (this.common.isJson()) {
				this.common.printJson(Map.of("snapshots", entries));
				return LitestreamCli.OK;
			}
			Table table = new Table("replica", "generation", "index", "size", "created");
			entries.forEach((entry) -> table.add(entry.replica(), entry.generation(), Text.index(entry.index()),
					entry.size(), Text.time(entry.createdAt())));
			table.print(this.common.out());
			Listings.warnIfEmpty(entries, client, this.common);
			return LitestreamCli.OK;
		}
	}

}
