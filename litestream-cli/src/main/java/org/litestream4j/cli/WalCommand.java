package org.litestream4j.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import org.litestream4j.cli.Listings.SegmentEntry;
import org.litestream4j.format.v03.V03Replica;

/** Lists a replica's WAL segments. */
@Command(name = "wal",
		description = "Lists the WAL segments of a replica. index is hexadecimal, as restore -index takes it. A fence adds nothing to any state: it keeps an earlier writer out, or bridges an index that nobody wrote.",
		exitCodeListHeading = LitestreamCli.EXIT_CODES,
		exitCodeList = { LitestreamCli.EXIT_0, LitestreamCli.EXIT_1, LitestreamCli.EXIT_2 })
final class WalCommand implements Callable<Integer> {

	@Mixin
	private final CommonOptions common = new CommonOptions();

	@Mixin
	private final ReplicaArguments replica = new ReplicaArguments();

	@Option(names = "-generation", paramLabel = "NAME", description = "Only of this generation.")
	private @Nullable String generation;

	@Override
	public Integer call() throws IOException {
		try (V03Replica client = this.replica.open(this.common)) {
			List<SegmentEntry> entries = Listings.segments(client, Listings.generation(this.generation, this.common));
			if (this.common.isJson()) {
				this.common.printJson(Map.of("segments", entries));
				return LitestreamCli.OK;
			}
			Table table = new Table("replica", "generation", "index", "offset", "size", "created");
			entries.forEach((entry) -> table.add(entry.replica(), entry.generation(), Text.index(entry.index()),
					entry.offset(), entry.size(), created(entry)));
			table.print(this.common.out());
			Listings.warnIfEmpty(entries, client, this.common);
			return LitestreamCli.OK;
		}
	}

	private static String created(SegmentEntry entry) {
		return entry.fence() ? Text.time(entry.createdAt()) + "  fence" : Text.time(entry.createdAt());
	}

}
