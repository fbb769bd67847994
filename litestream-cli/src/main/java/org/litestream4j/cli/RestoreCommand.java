package org.litestream4j.cli;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.Callable;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

import org.litestream4j.format.WalPosition;
import org.litestream4j.io.NewDirectories;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.restore.PlanOutcome;
import org.litestream4j.restore.PlanOutcome.Planned;
import org.litestream4j.restore.RestoreException;
import org.litestream4j.restore.RestoreException.Kind;
import org.litestream4j.restore.RestoreLock;
import org.litestream4j.restore.RestoreOptions;
import org.litestream4j.restore.RestoreOptions.IntegrityCheck;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.RestorePlan;
import org.litestream4j.restore.RestoreProgress;
import org.litestream4j.restore.RestoredFile;
import org.litestream4j.restore.Restorer;

/** Makes a database file from a replica. */
@Command(name = "restore", description = "Restores a database from a replica. Never overwrites anything.",
		exitCodeListHeading = LitestreamCli.EXIT_CODES,
		exitCodeList = { LitestreamCli.EXIT_0, LitestreamCli.EXIT_1, LitestreamCli.EXIT_2 })
final class RestoreCommand implements Callable<Integer> {

	@Mixin
	private final CommonOptions common = new CommonOptions();

	@Mixin
	private final ReplicaArguments replica = new ReplicaArguments();

	@Mixin
	private final TargetOptions target = new TargetOptions();

	@Option(names = { "-o", "-output" }, paramLabel = "PATH", required = true, description = "The file to create.")
	private Path output = Path.of("");

	@Option(names = "-if-db-not-exists",
			description = "Exit with 0 and do nothing if the file exists. An empty file does not count: it is moved aside.")
	private boolean ifDbNotExists;

	@Option(names = "-if-replica-exists", description = "Exit with 0 and do nothing if the replica holds no backup.")
	private boolean ifReplicaExists;

	@Option(names = "-parallelism", paramLabel = "N",
			description = "Objects fetched at once, 1 to 256; up to six small ones count as one. Default: ${DEFAULT-VALUE}.")
	private int parallelism = RestoreOptions.DEFAULTS.parallelism();

	@Option(names = "-integrity-check", paramLabel = "KIND",
			description = "none, quick or full: SQLite's check, before the file appears. Default: quick.")
	private IntegrityCheck integrityCheck = RestoreOptions.DEFAULTS.integrityCheck();

	@Option(names = "-dry-run", description = "Say what would be restored, and write nothing.")
	private boolean dryRun;

	@Override
	public Integer call() throws IOException {
		try (ReplicaClient client = this.replica.open(this.common)) {
			RestoreOptions options = options();
			RestoreOutput where = where();
			if (isThere(where)) {
				tellThatItIsThere();
				return LitestreamCli.OK;
			}
			Restorer restorer = new Restorer(String.valueOf(where.path().getFileName()), client.type(), client);
			try {
				run(restorer, where, options, client);
			}
			catch (RestoreException ex) {
				if (ex.kind() != Kind.NO_BACKUP) {
					throw ex;
				}
				if (!this.ifReplicaExists) {
					throw noBackup(client, ex);
				}
				requireNoBackup(client);
				this.common.err().printf("%s holds no backup: nothing to do%n", client.url());
				this.common.err().flush();
			}
			return LitestreamCli.OK;
		}
	}

	private void run(Restorer restorer, RestoreOutput where, RestoreOptions options, ReplicaClient client)
			throws IOException {
		if (this.dryRun) {
			print(plan(restorer, where), client);
		}
		else {
			where.requireFree();
			NewDirectories parents = NewDirectories.create(SystemDisk.ownerOnly(),
					Objects.requireNonNull(where.path().getParent()));
			try (Closeable lock = RestoreLock.acquire(where.path(), RestoreProgress.NONE)) {
				Objects.requireNonNull(lock);
				if (isThere(where)) {
					tellThatItIsThere();
				}
				else {
					DatabaseUse.requireNone(where.path(), "before it is restored");
					print(restore(restorer, where, options), client);
				}
			}
			catch (IOException | RuntimeException ex) {
				parents.removeEmpty();
				throw ex;
			}
		}
	}

	/** SQLite follows links, so that it is their end where a database is missing. */
	private RestoreOutput where() throws IOException {
		if (!this.ifDbNotExists) {
			return RestoreOutput.newFile(this.output);
		}
		return RestoreOutput.missingDatabase(Files.exists(this.output) ? this.output.toRealPath() : this.output);
	}

	/**
	 * Whether there is a database, and nothing is to be done. Whatever else is there is
	 * refused later.
	 */
	private boolean isThere(RestoreOutput where) throws IOException {
		return this.ifDbNotExists && Files.isRegularFile(where.path()) && !RestoreOutput.isMissing(where.path());
	}

	private void tellThatItIsThere() {
		this.common.err().printf("%s exists: nothing to do%n", this.output);
		this.common.err().flush();
	}

	/** Asks again, as a script goes on with an empty database after that. */
	private static void requireNoBackup(ReplicaClient client) throws IOException {
		if (!client.generationsAgain().isEmpty()) {
			throw new IOException(
					"%s answers now with a backup, now without: find out what is between the two, and try again"
						.formatted(client.url()));
		}
	}

	static IOException noBackup(ReplicaClient client, RestoreException cause) {
		return new IOException("%s holds no backup: check the url".formatted(client.url()), cause);
	}

	private RestoreOptions options() {
		try {
			// A checksum is shown only in JSON
			return new RestoreOptions(this.parallelism, this.integrityCheck, this.common.isJson());
		}
		catch (IllegalArgumentException ex) {
			throw new ParameterException(this.common.spec().commandLine(), "-" + ex.getMessage(), ex);
		}
	}

	private Result plan(Restorer restorer, RestoreOutput where) throws IOException {
		PlanOutcome outcome = restorer.plan(this.target.target(this.common));
		if (!(outcome instanceof Planned planned)) {
			throw Restorer.failure(outcome);
		}
		RestorePlan plan = planned.plan();
		return Result.of(where.path(), plan.lastStart(), plan.createdAt(), plan.segments().size(), null);
	}

	private Result restore(Restorer restorer, RestoreOutput where, RestoreOptions options) throws IOException {
		RestoreProgress progress = ProgressBar.create(this.common);
		try {
			RestoredFile file = restorer.restore(where, this.target.target(this.common), options, progress,
					SystemDisk.likeFile(where.path()));
			return Result.of(where.path(), file.position(), file.createdAt(), file.segments(), file);
		}
		finally {
			if (progress instanceof ProgressBar bar) {
				bar.finish();
			}
		}
	}

	private void print(Result result, ReplicaClient client) {
		if (this.common.isJson()) {
			this.common.printJson(result);
			return;
		}
		String state = "generation %s, index %s, stored at %s".formatted(result.generation(),
				Text.index(result.index()), Text.time(result.createdAt()));
		if (result.bytes() == null || result.durationMillis() == null) {
			this.common.out()
				.printf("Would restore %s from %s: %s, %d WAL segments%n", result.outputPath(), client.url(), state,
						result.segments());
		}
		else {
			this.common.out()
				.printf("Restored %s from %s: %s; %s in %s s%n", result.outputPath(), client.url(), state,
						Text.bytes(result.bytes()), result.durationMillis() / 1000.0);
		}
		this.common.out().flush();
	}

	/**
	 * What the endpoint answers too. The last three are null for a dry run.
	 *
	 * @param outputPath the file
	 * @param generation the generation
	 * @param index the WAL index, as a number
	 * @param offset where in that WAL; for a dry run the start of the last segment
	 * @param createdAt when the newest object used was stored
	 * @param segments how many WAL segments
	 * @param bytes size of the file
	 * @param sha256 of the file
	 * @param durationMillis how long it took
	 */
	record Result(String outputPath, String generation, int index, long offset, Instant createdAt, int segments,
			@Nullable Long bytes, @Nullable String sha256, @Nullable Long durationMillis) {

		static Result of(Path path, WalPosition position, Instant createdAt, int segments,
				@Nullable RestoredFile file) {
			Duration duration = (file != null) ? file.duration() : null;
			return new Result(path.toString(), position.generation().name(), position.index(), position.offset(),
					createdAt, segments, (file != null) ? (Long) file.bytes() : null,
					(file != null) ? file.sha256() : null, (duration != null) ? (Long) duration.toMillis() : null);
		}

	}

}
