package org.litestream4j.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.restore.RestoreOptions.IntegrityCheck;

/** Restores into a folder of its own, so that a test sees what is left there. */
final class RestoreFixture {

	static final RestoreOptions NO_CHECK = new RestoreOptions(4, IntegrityCheck.NONE);

	private final Path folder;

	RestoreFixture(Path directory) {
		this.folder = directory.resolve("out");
	}

	Path output() {
		return this.folder.resolve("app.db");
	}

	RestoredFile restore(ReplicaClient client, RestoreTarget target) throws IOException {
		return restore(client, target, NO_CHECK, RestoreProgress.NONE);
	}

	RestoredFile restore(ReplicaClient client, RestoreTarget target, RestoreOptions options, RestoreProgress progress)
			throws IOException {
		return new Restorer("app", "file", client).restore(RestoreOutput.newFile(output()), target, options, progress,
				SystemDisk.ownerOnly());
	}

	/** The bytes of a restore, which are then deleted. */
	byte[] bytes(ReplicaClient client, RestoreTarget target) throws IOException {
		restore(client, target);
		byte[] bytes = Files.readAllBytes(output());
		Files.delete(output());
		return bytes;
	}

	List<String> names() throws IOException {
		if (!Files.exists(this.folder)) {
			return List.of();
		}
		try (Stream<Path> paths = Files.list(this.folder)) {
			return paths.map((path) -> path.getFileName().toString()).sorted().toList();
		}
	}

	static RestoreTarget at(WalPosition position) {
		return new RestoreTarget(position.generation(), position.index(), position.offset(), null);
	}

}
