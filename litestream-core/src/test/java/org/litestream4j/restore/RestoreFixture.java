package org.litestream4j.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.SystemDisk;

/** Restores into a directory of its own, so that a test sees what is left there. */
final class RestoreFixture {

	static final RestoreOptions NO_CHECK = RestoreOptions.DEFAULTS.withParallelism(4)
		.withIntegrityCheck(IntegrityCheck.NONE);

	private final Path directory;

	RestoreFixture(Path directory) {
		this.directory = directory.resolve("out");
	}

	Path output() {
		return this.directory.resolve("app.db");
	}

	RestoreReport restore(V03Replica client, RestoreTarget target) throws IOException {
		return restore(client, target, NO_CHECK, RestoreProgress.NONE);
	}

	RestoreReport restore(V03Replica client, RestoreTarget target, RestoreOptions options, RestoreProgress progress)
			throws IOException {
		return new Restorer("app", "file", client).restore(target, RestoreOutput.newFile(output()), options, progress,
				SystemDisk.ownerOnly());
	}

	/** The bytes of a restore, which are then deleted. */
	byte[] bytes(V03Replica client, RestoreTarget target) throws IOException {
		restore(client, target);
		byte[] bytes = Files.readAllBytes(output());
		Files.delete(output());
		return bytes;
	}

	List<String> names() throws IOException {
		if (!Files.exists(this.directory)) {
			return List.of();
		}
		try (Stream<Path> paths = Files.list(this.directory)) {
			return paths.map((path) -> path.getFileName().toString()).sorted().toList();
		}
	}

	static RestoreTarget at(WalPosition position) {
		return RestoreTarget.at(position);
	}

}
