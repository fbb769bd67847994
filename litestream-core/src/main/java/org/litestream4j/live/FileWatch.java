package org.litestream4j.live;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.FileId;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.Problem;

/**
 * Looks whether the names of the database and of its WAL still stand for the files that
 * are open, and reports when that changes. What is committed through the connections that
 * are open goes on being copied; what others commit, who open the names now, cannot be.
 * Thread-safe.
 */
final class FileWatch {

	private static final Logger logger = LoggerFactory.getLogger(FileWatch.class);

	private final String database;

	private final DatabaseFile file;

	@Nullable private final FileId wal;

	private final LitestreamListener listener;

	@Nullable private Names seen;

	@Nullable private String problem;

	/** What the names stand for. */
	private record Names(@Nullable FileId database, @Nullable FileId wal) {
	}

	/**
	 * Begins with the WAL: what its name stands for now is what is open.
	 */
	FileWatch(String database, DatabaseFile file, LitestreamListener listener) {
		this.database = database;
		this.file = file;
		this.listener = listener;
		this.wal = idOf(file.walPath());
	}

	/** One sentence on what is wrong and what to do; null if all is well. */
	@Nullable synchronized String look() {
		Names names = new Names(idOf(this.file.path()), idOf(this.file.walPath()));
		if (!names.equals(this.seen)) {
			this.seen = names;
			report(problemOf(names));
		}
		return this.problem;
	}

	@Nullable private static FileId idOf(Path path) {
		try {
			return FileId.of(path).orElse(null);
		}
		catch (IOException ex) {
			return null; // whoever cannot look the name up cannot open it either
		}
	}

	@Nullable private String problemOf(Names names) {
		String loss = this.file.describeLoss();
		if (loss != null || Objects.equals(names.wal(), this.wal)) {
			return loss;
		}
		return this.file.describeWalLoss();
	}

	private void report(@Nullable String now) {
		String before = this.problem;
		this.problem = now;
		if (now != null && !now.equals(before)) {
			logger.error("Database '{}': {}", this.database, now);
			this.listener.problemFound(this.database, null, Problem.DATABASE_FILE_REPLACED, now);
		}
		else if (now == null && before != null) {
			logger.info("Database '{}': {} is the file that is open again", this.database, this.file.path());
			this.listener.problemSolved(this.database, null, Problem.DATABASE_FILE_REPLACED);
		}
	}

}
