package org.litestream4j.format.v03;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.io.SystemDisk;
import org.litestream4j.store.FileStore;

class FileReplicaContractTests extends V03ReplicaContract {

	@TempDir
	private Path directory;

	@Override
	protected V03Replica newReplica() {
		return new V03Replica(new FileStore(root(), SystemDisk.ownerOnly()));
	}

	@Override
	protected Set<String> storedNames() throws IOException {
		if (!Files.exists(root())) {
			return Set.of();
		}
		try (Stream<Path> paths = Files.walk(root())) {
			return paths.filter(Files::isRegularFile)
				.map((path) -> root().relativize(path).toString())
				.collect(Collectors.toSet());
		}
	}

	@Override
	protected void putForeign(String name, byte[] content) throws IOException {
		Path path = root().resolve(name);
		Files.createDirectories(path.getParent());
		Files.write(path, content);
	}

	private Path root() {
		return this.directory.resolve("replica");
	}

}
