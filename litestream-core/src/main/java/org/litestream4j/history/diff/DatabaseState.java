package org.litestream4j.history.diff;

import java.io.IOException;

import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.io.Disk;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.Restorer;

/**
 * A state that can be made into a file: restored from a replica, or copied from a
 * database.
 *
 * @param <T> what is known of it once it is there
 */
@FunctionalInterface
public interface DatabaseState<T> {

	/** Neither is needed of a file that SQLite reads at once, and nobody keeps. */
	RestoreOptions OPTIONS = RestoreOptions.DEFAULTS.withIntegrityCheck(IntegrityCheck.NONE).withoutChecksum();

	/**
	 * Makes the file, which is not there yet.
	 * @param output where
	 * @param disk what writes it
	 */
	T writeTo(RestoreOutput output, Disk disk) throws IOException;

	/** A state that a replica has. */
	static DatabaseState<RestoreReport> restored(Restorer restorer, RestoreTarget target, RestoreOptions options,
			RestoreProgress progress) {
		return (output, disk) -> restorer.restore(target, output,
				options.withIntegrityCheck(IntegrityCheck.NONE).withoutChecksum(), progress, disk);
	}

}
