package org.litestream4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import org.litestream4j.ReplicaFormats;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.Restorer;

/** Compares a database that nobody has open with the newest state of a replica. */
@Command(name = "validate",
		description = { "Compares a database that nobody has open, its -wal included, with a restore of the replica's"
				+ " newest state, byte for byte. Changes neither." },
		exitCodeListHeading = LitestreamCli.EXIT_CODES, exitCodeList = { "0:equal", LitestreamCli.EXIT_1,
				LitestreamCli.EXIT_2, LitestreamCli.EXIT_3, LitestreamCli.EXIT_4 })
final class ValidateCommand implements Callable<Integer> {

	@Mixin
	private final CommonOptions common = new CommonOptions();

	@Mixin
	private final ReplicaArguments replica = new ReplicaArguments();

	@Option(names = "-db", paramLabel = "PATH", required = true, description = "The database.")
	private Path database = Path.of("");

	@Option(names = "-temp-directory", paramLabel = "DIR",
			description = "Where to restore to; needs as much space as the database. Default: ${DEFAULT-VALUE}.")
	private Path tempDirectory = Path.of(System.getProperty("java.io.tmpdir"));

	@Option(names = "-parallelism", paramLabel = "N",
			description = "Objects fetched at once, 1 to 256; up to six small ones count as one. Default: ${DEFAULT-VALUE}.")
	private int parallelism = RestoreOptions.DEFAULTS.parallelism();

	@Override
	public Integer call() throws IOException {
		DatabaseAtRest atRest = DatabaseAtRest.of(this.database);
		try (V03Replica client = this.replica.open(this.common)) {
			Path directory = Files.createTempDirectory(this.tempDirectory, "litestream-validate");
			Path restored = directory.resolve("restored.db");
			try {
				RestoreReport file = restore(client, restored);
				Result result = compare(atRest, file, restored);
				atRest.requireUnchanged();
				print(result, client);
				return result.exitCode();
			}
			finally {
				Files.deleteIfExists(restored);
				Files.deleteIfExists(directory);
			}
		}
	}

	/** Not checked by SQLite, as it is compared byte for byte instead. */
	private RestoreReport restore(V03Replica client, Path restored) throws IOException {
		RestoreProgress progress = ProgressBar.create(this.common);
		try {
			RestoreOptions options = RestoreOptions.DEFAULTS.withParallelism(this.parallelism)
				.withIntegrityCheck(IntegrityCheck.NONE)
				.withoutChecksum();
			return new Restorer(String.valueOf(this.database.getFileName()), client.store().type(),
					ReplicaFormats.source(client.store()))
				.restore(RestoreTarget.latest(), RestoreOutput.newFile(restored), options, progress,
						SystemDisk.ownerOnly());
		}
		catch (RestoreException ex) {
			throw (ex.kind() == Kind.NO_BACKUP) ? RestoreCommand.noBackup(client, ex) : ex;
		}
		finally {
			if (progress instanceof ProgressBar bar) {
				bar.finish();
			}
		}
	}

	private Result compare(DatabaseAtRest atRest, RestoreReport file, Path restored) throws IOException {
		WalPages all = atRest.walPages(Long.MAX_VALUE);
		Comparison comparison = Comparison.of(atRest, all, restored);
		long behind = 0;
		if (!comparison.isEqual() && file.position() instanceof WalPosition position
				&& position.offset() < all.commitOffset()) {
			WalPages shipped = atRest.walPages(position.offset());
			boolean beginsAlike = shipped.commitOffset() == position.offset() || shipped.isEmpty();
			if (beginsAlike && Comparison.of(atRest, shipped, restored).isEqual()) {
				behind = all.commitOffset() - shipped.commitOffset();
			}
		}
		return Result.of(this.database, file, comparison, behind);
	}

	private void print(Result result, V03Replica client) {
		if (this.common.isJson()) {
			this.common.printJson(result);
			return;
		}
		String state = "%s, stored at %s".formatted(result.state().describe(true), Text.time(result.createdAt()));
		this.common.out().println(switch (result.outcome()) {
			case "equal" -> "%s equals the newest state of %s (%s): %d pages compared".formatted(result.database(),
					client.url(), state, result.pages());
			case "behind" -> ("%s is right, but lacks the newest commits of %s, %s of WAL: start the application, which"
					+ " ships them (%s)")
				.formatted(client.url(), result.database(), Text.bytes(result.behindBytes()), state);
			default -> "%s differs from the newest state of %s (%s): %d of %d pages, the first is page %d".formatted(
					result.database(), client.url(), state, result.differentPages(), result.pages(),
					result.firstDifferentPage());
		});
		this.common.out().flush();
	}

	/**
	 * What was found.
	 *
	 * @param database the database
	 * @param outcome {@code equal}, {@code behind} or {@code different}
	 * @param state the restored state
	 * @param createdAt when the newest object used was stored
	 * @param pages how many were compared
	 * @param differentPages how many differ
	 * @param firstDifferentPage from 1, or null
	 * @param behindBytes bytes of WAL that the replica lacks, if that is all
	 */
	record Result(String database, String outcome, @JsonUnwrapped StateFields state, Instant createdAt, long pages,
			long differentPages, @Nullable Long firstDifferentPage, long behindBytes) {

		static Result of(Path database, RestoreReport file, Comparison comparison, long behind) {
			String outcome = comparison.isEqual() ? "equal" : (behind > 0) ? "behind" : "different";
			return new Result(database.toString(), outcome, StateFields.of(file.position()), file.createdAt(),
					comparison.pages(), comparison.differentPages(), comparison.firstDifferentPage(), behind);
		}

		int exitCode() {
			return switch (this.outcome) {
				case "equal" -> LitestreamCli.OK;
				case "behind" -> LitestreamCli.BEHIND;
				default -> LitestreamCli.DIFFERENT;
			};
		}

	}

}
