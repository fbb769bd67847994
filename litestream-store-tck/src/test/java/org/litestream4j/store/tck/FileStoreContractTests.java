package org.litestream4j.store.tck;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.io.SystemDisk;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;

class FileStoreContractTests extends ObjectStoreContract {

	@TempDir
	private Path directory;

	@Override
	protected ObjectStore newStore() {
		return new FileStore(root(), SystemDisk.ownerOnly());
	}

	@Override
	protected ObjectStore newFailingStore() throws IOException {
		Path file = this.directory.resolve("file");
		if (!Files.exists(file)) {
			Files.createFile(file);
		}
		return new FileStore(file.resolve("replica"), SystemDisk.ownerOnly());
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
