package org.litestream4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.litestream4j.LitestreamOptions;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.history.diff.DatabaseState;
import org.litestream4j.history.diff.ScratchDirectory;
import org.litestream4j.history.diff.TableRestore;
import org.litestream4j.history.diff.TableRestoreOptions;
import org.litestream4j.history.diff.TableRestoreReport;
import org.litestream4j.history.diff.TableRestoreReport.Dangling;
import org.litestream4j.history.diff.TableRestoreReport.Table;
import org.litestream4j.io.Disk;
import org.litestream4j.io.NewDirectories;
import org.litestream4j.io.NewFile;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.Restorer;

/**
 * Restores tables into another database. A new one is made beside its place, and appears
 * whole; one that is there is changed in one transaction. A dry run does the same with a
 * copy.
 */
final class TableRestoreRun {

	private final CommonOptions common;

	private final ReplicaArguments replica;

	private final TableOptions wanted;

	private final Path into;

	TableRestoreRun(CommonOptions common, ReplicaArguments replica, TableOptions wanted) throws IOException {
		this.common = common;
		this.replica = replica;
		this.wanted = wanted;
		Path given = wanted.requireInto(common);
		this.into = (Files.exists(given) ? given.toRealPath() : given.toAbsolutePath().normalize());
	}

	void run(Restorer restorer, RestoreTarget target, RestoreOptions options, boolean dryRun) throws IOException {
		boolean isNew = !Files.exists(this.into, LinkOption.NOFOLLOW_LINKS);
		requireUsable(isNew);
		try (ScratchDirectory scratch = ScratchDirectory.create(this.wanted.tempDirectory(), "litestream-tables")) {
			Path state = scratch.file("state.db");
			RestoreReport restored = restore(restorer, target, options, RestoreOutput.newFile(state), scratch.disk());
			TableRestoreOptions tables = this.wanted.options();
			TableRestoreReport report;
			if (dryRun) {
				Path copy = scratch.file("copy.db");
				if (!isNew) {
					new DatabaseCopy(this.into).writeTo(RestoreOutput.newFile(copy), scratch.disk());
				}
				report = new TableRestore(state, copy, tables).run();
			}
			else {
				report = isNew ? create(state, tables) : new TableRestore(state, this.into, tables).run();
			}
			print(Result.of(this.into, restored, report, dryRun));
		}
	}

	private RestoreReport restore(Restorer restorer, RestoreTarget target, RestoreOptions options, RestoreOutput output,
			Disk disk) throws IOException {
		RestoreProgress progress = ProgressBar.create(this.common);
		try {
			return DatabaseState.restored(restorer, target, options, progress).writeTo(output, disk);
		}
		finally {
			if (progress instanceof ProgressBar bar) {
				bar.finish();
			}
		}
	}

	private void requireUsable(boolean isNew) throws IOException {
		if (isNew) {
			RestoreOutput.newFile(this.into).requireFree();
			return;
		}
		DatabaseUse.requireNone(this.into, "before tables are restored into it, or restore into another file");
		if (Files.isDirectory(LitestreamOptions.defaultMetaDirectory(this.into))
				|| this.replica.isConfiguredDatabase(this.common, this.into)) {
			throw new IOException(
					("%s is replicated by an application, which alone may write to it: restore into another"
							+ " file, and have the application copy the rows from there (docs/history.md)")
						.formatted(this.into));
		}
		requireNoWal();
	}

	/**
	 * SQLite deletes the WAL when a database is closed. One that is there was left by
	 * replication, so that the next start goes on, or by somebody who was killed.
	 */
	private void requireNoWal() throws IOException {
		Path wal = this.into.resolveSibling(this.into.getFileName() + "-wal");
		if (Files.exists(wal, LinkOption.NOFOLLOW_LINKS)) {
			throw new IOException(("%s is there, as an application that was stopped or killed leaves it, and that alone"
					+ " may write to its database: restore into another file; or, if it is no application's, let SQLite"
					+ " tidy up first, for example with: sqlite3 %s 'pragma user_version'")
				.formatted(wal, this.into));
		}
	}

	/** A file of the same file system, so that it appears in one step. */
	private TableRestoreReport create(Path state, TableRestoreOptions tables) throws IOException {
		Path directory = Objects.requireNonNull(this.into.getParent());
		NewDirectories parents = NewDirectories.create(SystemDisk.ownerOnly(), directory);
		try (ScratchDirectory beside = ScratchDirectory.create(directory, ".litestream-tables")) {
			Path draft = beside.file("draft.db");
			SystemDisk.ownerOnly().create(draft).close();
			TableRestoreReport report = new TableRestore(state, draft, tables).run();
			NewFile.publish(SystemDisk.ownerOnly(), draft, this.into);
			return report;
		}
		catch (IOException | RuntimeException ex) {
			parents.removeEmpty();
			throw ex;
		}
	}

	private void print(Result result) {
		if (this.common.isJson()) {
			this.common.printJson(result);
			return;
		}
		PrintWriter out = this.common.out();
		for (Restored table : result.tables()) {
			String name = table.table().equals(table.as()) ? table.table()
					: "%s as %s".formatted(table.table(), table.as());
			out.printf("%s %s: %d rows, indexes: %s, triggers: %s%n", result.dryRun() ? "Would restore" : "Restored",
					name, table.rows(), listed(table.indexes()), listed(table.triggers()));
			if (!table.leftOut().isEmpty()) {
				out.printf("Triggers that cannot be renamed with it are left out: %s%n", listed(table.leftOut()));
			}
		}
		result.danglingForeignKeys().forEach((dangling) -> out.printf("Note: %s%n", dangling.description()));
		out.printf("Into %s, as of %s%n", result.outputPath(), result.state().describe());
		out.flush();
	}

	private static String listed(List<String> names) {
		return names.isEmpty() ? "none" : String.join(", ", names);
	}

	/**
	 * What was done, or would be.
	 *
	 * @param outputPath the database
	 * @param dryRun whether it only would be
	 * @param state that the tables are of
	 * @param tables that were restored
	 * @param danglingForeignKeys that lead nowhere
	 */
	record Result(String outputPath, boolean dryRun, State state, List<Restored> tables,
			List<Foreign> danglingForeignKeys) {

		static Result of(Path into, RestoreReport restored, TableRestoreReport report, boolean dryRun) {
			return new Result(into.toString(), dryRun, State.of(restored),
					report.tables().stream().map(Restored::of).toList(),
					report.dangling().stream().map(Foreign::of).toList());
		}

	}

	/** A table. */
	record Restored(String table, String as, long rows, List<String> indexes, List<String> triggers,
			List<String> leftOut) {

		static Restored of(Table table) {
			return new Restored(table.table(), table.as(), table.rows(), table.indexes(), table.triggers(),
					table.leftOut());
		}

	}

	/** A foreign key that leads nowhere. */
	record Foreign(String table, @Nullable String parent, long rows, String description) {

		static Foreign of(Dangling dangling) {
			return new Foreign(dangling.table(), dangling.parent(), dangling.rows(), dangling.describe());
		}

	}

}
