package org.litestream4j.store;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

import org.litestream4j.io.Disk;
import org.litestream4j.io.InvalidPaths;
import org.litestream4j.io.SystemDisk;

/**
 * Makes stores in directories. Backups are readable by nobody who cannot read the
 * database.
 */
public final class FileStoreProvider implements StoreProvider {

	/** Creates a provider; usually {@link java.util.ServiceLoader} does. */
	public FileStoreProvider() {
	}

	@Override
	public boolean supports(String type) {
		return type.equals("file");
	}

	@Override
	public List<String> urls() {
		return List.of("file:///directory");
	}

	@Override
	public ObjectStore open(StoreDefinition definition) {
		definition.requireKnown(List.of("path"));
		Path likeFile = definition.likeFile();
		Disk disk = (likeFile != null) ? SystemDisk.likeFile(likeFile) : SystemDisk.ownerOnly();
		return new FileStore(directory(definition), disk);
	}

	private static Path directory(StoreDefinition definition) {
		if (definition.url() != null) {
			return FileUrl.parse(ReplicaUrl.parse(definition.url())).directory();
		}
		String path = definition.property("path")
			.filter((given) -> !given.isBlank())
			.orElseThrow(() -> new IllegalArgumentException(
					"'%s' is not set: the directory of the replica is expected".formatted(definition.nameOf("path"))));
		try {
			return Path.of(path);
		}
		catch (InvalidPathException ex) {
			throw new IllegalArgumentException(
					"'%s' is not a path: %s".formatted(definition.nameOf("path"), InvalidPaths.reason(ex)), ex);
		}
	}

}
