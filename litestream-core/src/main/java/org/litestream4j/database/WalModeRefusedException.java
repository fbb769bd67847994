package org.litestream4j.database;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A database that cannot be switched to WAL mode.
 */
public class WalModeRefusedException extends IOException {

	private static final long serialVersionUID = 1L;

	WalModeRefusedException(Path database, String mode) {
		super(("database %s refuses WAL mode and stays in journal mode '%s': replication needs WAL mode. It must be"
				+ " writable, on a local file system, and not held by another process in exclusive locking mode")
			.formatted(database, mode));
	}

}
