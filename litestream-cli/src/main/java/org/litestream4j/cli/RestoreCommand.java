package org.litestream4j.cli;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Iterator;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

import org.litestream4j.PlannedRestore;
import org.litestream4j.ReplicaFormats;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.NewDirectories;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.restore.RestoreLock;
import org.litestream4j.restore.RestoreOutput;
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

	@Mixin
	private final TableOptions tables = new TableOptions();

	@Option(names = { "-o", "-output" }, paramLabel = "PATH", description = "The file to create.")
	private @Nullable Path output;

	@Option(names = "-if-db-not-exists",
			description = "Exit with 0 and do nothing if the file exists. An empty file does not count: it is moved aside.")
	private boolean ifDbNotExists;

	@Option(names = "-if-replica-exists", description = "Exit with 0 and do nothing if the replica holds no backup.")
	private boolean ifReplicaExists;

	@Option(names = "-parallelism", paramLabel = "N",
			description = "Objects fetched at once, 1 to 256; up to six small ones count as one. Default: ${DEFAULT-VALUE}.")
	private int parallelism = RestoreOptions.DEFAULTS.parallelism();

	@Option(names = "-integrity-check", paramLabel = "KIND", completionCandidates = IntegrityChecks.class,
			description = "none, quick or full: SQLite's check, before the file appears. Default: quick.")
	private IntegrityCheck integrityCheck = RestoreOptions.DEFAULTS.integrityCheck();

	@Option(names = "-dry-run", description = "Say what would be restored, and write nothing.")
	private boolean dryRun;

	@Override
	public Integer call() throws IOException {
		try (V03Replica client = this.replica.open(this.common)) {
			RestoreOptions options = options();
			if (this.tables.areWanted()) {
				restoreTables(client, options);
				return LitestreamCli.OK;
			}
			RestoreOutput where = where();
			if (isThere(where)) {
				tellThatItIsThere();
				return LitestreamCli.OK;
			}
			Restorer restorer = new Restorer(String.valueOf(where.path().getFileName()), client.store().type(),
					ReplicaFormats.source(client.store()));
			try {
				this.target.say(this.common);
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

	private void restoreTables(V03Replica client, RestoreOptions options) throws IOException {
		if (this.output != null || this.ifDbNotExists || this.ifReplicaExists) {
			throw new ParameterException(this.common.spec().commandLine(),
					"-output, -if-db-not-exists and -if-replica-exists are for a whole database: leave them out with -table, which takes -into");
		}
		this.target.say(this.common);
		Restorer restorer = new Restorer("the replica", client.store().type(), ReplicaFormats.source(client.store()));
		try {
			new TableRestoreRun(this.common, this.replica, this.tables).run(restorer, this.target.target(this.common),
					options, this.dryRun);
		}
		catch (RestoreException ex) {
			throw (ex.kind() == Kind.NO_BACKUP) ? noBackup(client, ex) : ex;
		}
	}

	private Path file() {
		Path file = this.output;
		if (file == null) {
			throw new ParameterException(this.common.spec().commandLine(),
					"Missing required option: '-output=PATH', or '-table' and '-into' for single tables");
		}
		return file;
	}

	private void run(Restorer restorer, RestoreOutput where, RestoreOptions options, V03Replica client)
			throws IOException {
		if (this.dryRun) {
			RestoreTarget wanted = this.target.target(this.common);
			print(Result.of(where.path(), restorer.plan(wanted).describe(), wanted.timestamp()), client);
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
			return RestoreOutput.newFile(file());
		}
		return RestoreOutput.missingDatabase(Files.exists(file()) ? file().toRealPath() : file());
	}

	/**
	 * Whether there is a database, and nothing is to be done. Whatever else is there is
	 * refused later.
	 */
	private boolean isThere(RestoreOutput where) throws IOException {
		return this.ifDbNotExists && Files.isRegularFile(where.path()) && !RestoreOutput.isMissing(where.path());
	}

	private void tellThatItIsThere() {
		this.common.err().printf("%s exists: nothing to do%n", file());
		this.common.err().flush();
	}

	/** Asks again, as a script goes on with an empty database after that. */
	private static void requireNoBackup(V03Replica client) throws IOException {
		if (ReplicaFormats.source(client.store()).holdsBackupAfterAll()) {
			throw new IOException(
					"%s answers sometimes with a backup, sometimes without: find out what is between the two, and try again"
						.formatted(client.url()));
		}
	}

	static IOException noBackup(V03Replica client, RestoreException cause) {
		return new IOException("%s holds no backup: check the url".formatted(client.url()), cause);
	}

	private RestoreOptions options() {
		try {
			// A checksum is shown only in JSON
			RestoreOptions options = RestoreOptions.DEFAULTS.withParallelism(this.parallelism)
				.withIntegrityCheck(this.integrityCheck);
			return this.common.isJson() ? options : options.withoutChecksum();
		}
		catch (IllegalArgumentException ex) {
			throw new ParameterException(this.common.spec().commandLine(), "-" + ex.getMessage(), ex);
		}
	}

	private Result restore(Restorer restorer, RestoreOutput where, RestoreOptions options) throws IOException {
		RestoreProgress progress = ProgressBar.create(this.common);
		try {
			RestoreTarget wanted = this.target.target(this.common);
			return Result.of(restorer.restore(wanted, where, options, progress, SystemDisk.likeFile(where.path())),
					wanted.timestamp());
		}
		finally {
			if (progress instanceof ProgressBar bar) {
				bar.finish();
			}
		}
	}

	private void print(Result result, V03Replica client) {
		if (this.common.isJson()) {
			this.common.printJson(result);
			return;
		}
		String state = "%s, stored at %s".formatted(result.state().describe(false), Text.time(result.createdAt()));
		if (result.bytes() == null || result.durationMillis() == null) {
			this.common.out()
				.printf("Would restore %s from %s: %s, %s, %s to fetch%n", result.outputPath(), client.url(), state,
						Text.count(result.segments(), (result.state().txid() != null) ? "more file" : "WAL segment"),
						Text.bytes(Objects.requireNonNull(result.storedBytes(), "a plan knows its bytes")));
		}
		else {
			this.common.out()
				.printf("Restored %s from %s: %s; %s in %s s%n", result.outputPath(), client.url(), state,
						Text.bytes(result.bytes()), result.durationMillis() / 1000.0);
		}
		this.common.out().flush();
	}

	/**
	 * What the endpoint answers too. The last three are null for a dry run, the stored
	 * bytes else.
	 *
	 * @param outputPath the file
	 * @param state where it ends; for a dry run in a WAL the start of the last segment
	 * @param createdAt when the newest object used was stored
	 * @param segments how many WAL segments
	 * @param storedBytes bytes that would be fetched
	 * @param bytes size of the file
	 * @param sha256 of the file
	 * @param durationMillis how long it took
	 * @param timestamp the time that was asked for, or null
	 */
	record Result(String outputPath, @JsonUnwrapped StateFields state, Instant createdAt, int segments,
			@Nullable Long storedBytes, @Nullable Long bytes, @Nullable String sha256, @Nullable Long durationMillis,
			@Nullable Instant timestamp) {

		static Result of(RestoreReport report, @Nullable Instant timestamp) {
			return new Result(report.outputPath().toString(), StateFields.of(report.position()), report.createdAt(),
					report.segments(), null, report.bytes(), report.sha256(), report.duration().toMillis(), timestamp);
		}

		static Result of(Path path, PlannedRestore plan, @Nullable Instant timestamp) {
			return new Result(path.toString(), StateFields.of(plan.position()), plan.createdAt(), plan.segments(),
					plan.storedBytes(), null, null, null, timestamp);
		}

	}

	/** As the help and the documents write them. */
	static final class IntegrityChecks implements Iterable<String> {

		@Override
		public Iterator<String> iterator() {
			return Stream.of(IntegrityCheck.values()).map((each) -> each.name().toLowerCase(Locale.ROOT)).iterator();
		}

	}

}
