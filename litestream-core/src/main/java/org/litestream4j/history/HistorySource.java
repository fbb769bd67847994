package org.litestream4j.history;

import java.io.IOException;

import org.litestream4j.Internal;
import org.litestream4j.restore.RestoreSource;

/**
 * A replica whose past is looked at, in whatever format. Thread-safe.
 */
@Internal
public interface HistorySource {

	/**
	 * Lists the replica's restore points.
	 * @return all of them
	 * @throws IOException if the replica cannot be listed
	 */
	HistoryView view() throws IOException;

	/**
	 * {@return how a state is restored from the same replica}
	 */
	RestoreSource restoreSource();

}
