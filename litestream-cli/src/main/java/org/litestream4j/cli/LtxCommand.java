package org.litestream4j.cli;

import java.io.IOException;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

import org.litestream4j.format.TransactionId;
import org.litestream4j.format.ltx.LtxFile;
import org.litestream4j.format.ltx.LtxReplica;
import org.litestream4j.format.v03.V03Replica;

/** Lists a replica's LTX files. */
@Command(name = "ltx",
		description = "Lists the files of an LTX replica: level 0 has the single transactions, 1 to 8 what was compacted, 9 the snapshots. restore -txid takes what a file ends with.",
		exitCodeListHeading = LitestreamCli.EXIT_CODES,
		exitCodeList = { LitestreamCli.EXIT_0, LitestreamCli.EXIT_1, LitestreamCli.EXIT_2 })
final class LtxCommand implements Callable<Integer> {

	@Mixin
	private final CommonOptions common = new CommonOptions();

	@Mixin
	private final ReplicaArguments replica = new ReplicaArguments();

	@Option(names = "-level", paramLabel = "N", description = "0 to 9, or all. Default: ${DEFAULT-VALUE}.")
	private String level = "0";

	@Override
	public Integer call() throws IOException {
		int only = level();
		try (V03Replica client = this.replica.open(this.common)) {
			LtxReplica files = new LtxReplica(client.store());
			List<FileEntry> entries = ((only < 0) ? oldestFirst(files) : files.list(only)).stream()
				.map(FileEntry::of)
				.toList();
			if (entries.isEmpty()) {
				requireNoOtherFormat(files, client);
			}
			if (this.common.isJson()) {
				this.common.printJson(Map.of("files", entries));
				return LitestreamCli.OK;
			}
			Table table = new Table("level", "min txid", "max txid", "size", "created");
			entries.forEach((entry) -> table.add(entry.level(), new TransactionId(entry.minTxid()),
					new TransactionId(entry.maxTxid()), entry.size(), Text.time(entry.createdAt())));
			table.print(this.common.out());
			Listings.warnIfEmpty(entries, client, this.common);
			return LitestreamCli.OK;
		}
	}

	/** A backup in the other format is not no backup. */
	private static void requireNoOtherFormat(LtxReplica files, V03Replica client) throws IOException {
		if (files.listAll().isEmpty() && !client.generations().isEmpty()) {
			throw new IOException(
					"%s holds a backup in the format of Litestream v0.3, which has no LTX files: generations, snapshots and wal list it, and restore restores it"
						.formatted(client.url()));
		}
	}

	/** The newest last, where a reader of a terminal looks first. */
	private static List<LtxFile> oldestFirst(LtxReplica files) throws IOException {
		List<LtxFile> all = files.listAll();
		Collections.reverse(all);
		return all;
	}

	private int level() {
		if (this.level.equals("all")) {
			return -1;
		}
		if (!this.level.matches("[0-9]")) {
			throw new ParameterException(this.common.spec().commandLine(),
					"-level is '%s': 0 to 9, or all, is expected".formatted(this.level));
		}
		return Integer.parseInt(this.level);
	}

	/** As the endpoint has it. */
	record FileEntry(int level, long minTxid, long maxTxid, long size, Instant createdAt) {

		static FileEntry of(LtxFile file) {
			return new FileEntry(file.level(), file.minTxid(), file.maxTxid(), file.size(), file.storedAt());
		}

	}

}
