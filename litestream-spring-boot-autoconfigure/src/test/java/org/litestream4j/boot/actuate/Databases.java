package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replica.FileReplicaClient;

/** Replicated databases for tests. */
final class Databases {

	private Databases() {
	}

	/** {@code app.db} in a directory, with a replica in {@code replica} beside it. */
	static LitestreamDatabase start(Path directory) throws IOException {
		LitestreamOptions defaults = LitestreamOptions.of(directory.resolve("app.db"));
		LitestreamOptions options = new LitestreamOptions("app", defaults.database(), defaults.metaDirectory(),
				defaults.monitorInterval(), defaults.checkpointInterval(), defaults.minCheckpointPageCount(),
				defaults.maxCheckpointPageCount(), defaults.truncatePageCount(), defaults.busyTimeout(), Duration.ZERO,
				defaults.maxShadowWalSize(), defaults.minFreeSpace(), defaults.restore(), defaults.creationPragmas());
		return LitestreamDatabase.start(options, List.of(new Replica("file",
				new FileReplicaClient(directory.resolve("replica"), SystemDisk.ownerOnly()), Replica.Options.DEFAULTS)),
				LitestreamListener.NONE);
	}

}
