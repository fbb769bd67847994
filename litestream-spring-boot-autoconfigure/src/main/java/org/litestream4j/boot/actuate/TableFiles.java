package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreRequest;
import org.litestream4j.RestoreTime;
import org.litestream4j.boot.actuate.LitestreamReport.RestoredTables;
import org.litestream4j.history.diff.ScratchDirectory;
import org.litestream4j.history.diff.TableRestore;
import org.litestream4j.history.diff.TableRestoreOptions;
import org.litestream4j.history.diff.TableRestoreReport;
import org.litestream4j.io.NewFile;
import org.litestream4j.io.SystemDisk;

/**
 * Restores tables to a new file: the whole state to a private directory beside it, which
 * is deleted in any case, and the tables from there. The live database is not touched, as
 * only the application may write to it.
 */
final class TableFiles {

	private final LitestreamDatabase database;

	private final RestorePath path;

	/**
	 * Creates a writer of one file.
	 * @param path where to; its directory is there
	 */
	TableFiles(LitestreamDatabase database, RestorePath path) {
		this.database = database;
		this.path = path;
	}

	RestoredTables write(RestoreRequest request, List<String> tables, @Nullable RestoreTime time) throws IOException {
		Path directory = Objects.requireNonNull(this.path.file().getParent());
		SystemDisk disk = SystemDisk.likeFile(this.database.options().database());
		try (ScratchDirectory scratch = ScratchDirectory.create(directory, ".litestream-tables")) {
			Path whole = scratch.file("state.db");
			RestoreReport state = this.database.restore(RestoreRequest.latest(whole)
				.withReplica(request.replica())
				.withTarget(request.target())
				.withOptions(request.options().withoutChecksum()), this.path);
			Path draft = scratch.file("draft.db");
			disk.create(draft).close();
			TableRestoreReport report = new TableRestore(whole, draft,
					new TableRestoreOptions(tables, null, false, this::requireNoLinks))
				.run();
			requireNoLinks();
			NewFile.publish(disk, draft, this.path.file());
			return RestoredTables.of(this.path.file(), state, report, time);
		}
	}

	private void requireNoLinks() throws RestoreException {
		if (this.path.isCancelled()) {
			throw new RestoreException(Kind.CANCELLED, "The restore was cancelled; nothing was left behind");
		}
	}

}
