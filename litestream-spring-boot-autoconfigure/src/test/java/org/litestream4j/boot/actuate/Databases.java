package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;

/** Replicated databases for tests. */
final class Databases {

	private Databases() {
	}

	/** {@code app.db} in a directory, with a replica in {@code replica} beside it. */
	static LitestreamDatabase start(Path directory) throws IOException {
		return start(directory, Replica.Options.DEFAULTS);
	}

	/** The same with a replica of its own kind. */
	static LitestreamDatabase start(Path directory, Replica.Options replica) throws IOException {
		return start(directory, store(directory), replica);
	}

	/** The same with a store of its own kind. */
	static LitestreamDatabase start(Path directory, ObjectStore store, Replica.Options replica) throws IOException {
		LitestreamOptions defaults = LitestreamOptions.of(directory.resolve("app.db"));
		LitestreamOptions options = defaults.toBuilder().name("app").shutdownSyncTimeout(Duration.ZERO).build();
		return LitestreamDatabase.start(options, List.of(new Replica("file", store, replica)), LitestreamListener.NONE);
	}

	/** What is in {@code replica}. */
	static FileStore store(Path directory) {
		return new FileStore(directory.resolve("replica"), SystemDisk.ownerOnly());
	}

}
