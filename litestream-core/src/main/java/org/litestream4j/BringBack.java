package org.litestream4j;

import java.io.IOException;
import java.util.Optional;

/**
 * Restores a database that is missing, before it is opened, and once nobody else writes
 * to its replicas.
 */
@FunctionalInterface
public interface BringBack {

	/** Restores nothing. */
	BringBack NOTHING = Optional::empty;

	/**
	 * Restores the database, if it is missing and should be restored.
	 * @return what was restored, to the database's own path; empty if nothing was
	 * @throws IOException if the database must not be opened as it is
	 */
	Optional<RestoreReport> bringBack() throws IOException;

}
