package org.litestream4j.boot.autoconfigure;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

import org.springframework.util.StringUtils;

import org.litestream4j.boot.ReplicaClientFactory;
import org.litestream4j.boot.ReplicaDefinition;
import org.litestream4j.io.InvalidPaths;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.replica.FileReplicaClient;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.replica.ReplicaUrl;

/**
 * Replicas in a directory. Backups are readable by nobody who cannot read the database.
 */
class FileReplicaClientFactory implements ReplicaClientFactory {

	@Override
	public boolean supports(String type) {
		return type.equals("file");
	}

	@Override
	public ReplicaClient create(ReplicaDefinition definition) {
		return new FileReplicaClient(directory(definition), SystemDisk.likeFile(definition.databaseFile()));
	}

	private static Path directory(ReplicaDefinition definition) {
		if (definition.url() != null) {
			return ((ReplicaUrl.File) ReplicaUrl.parse(definition.url())).directory();
		}
		if (!StringUtils.hasText(definition.path())) {
			throw new IllegalArgumentException(
					"'%s.path' is not set: the directory of the replica is expected".formatted(definition.property()));
		}
		try {
			return Path.of(definition.path());
		}
		catch (InvalidPathException ex) {
			throw new IllegalArgumentException(
					"'%s.path' is not a path: %s".formatted(definition.property(), InvalidPaths.reason(ex)), ex);
		}
	}

}
