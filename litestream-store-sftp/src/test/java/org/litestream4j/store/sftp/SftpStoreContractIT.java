package org.litestream4j.store.sftp;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.tck.ObjectStoreContract;

/** The contract of every store, kept with the real OpenSSH server. */
class SftpStoreContractIT extends ObjectStoreContract {

	private static OpenSshServer server;

	@TempDir
	private Path directory;

	@BeforeAll
	static void startServer(@TempDir Path files) throws Exception {
		server = OpenSshServer.start(files);
	}

	@AfterAll
	static void stopServer() throws Exception {
		if (server != null) {
			server.close();
		}
	}

	@Override
	protected ObjectStore newStore() {
		return server.open(place(), server.properties());
	}

	@Override
	protected ObjectStore newFailingStore() {
		Map<String, String> properties = server.properties();
		properties.put("private-key", server.file("other").toString());
		properties.put("password", "planted-secret");
		return server.open(place(), properties);
	}

	@Override
	protected Collection<String> secrets() {
		return List.of("planted-secret");
	}

	@Override
	protected Set<String> storedNames() throws IOException {
		return names(place());
	}

	static Set<String> names(Path place) throws IOException {
		if (!Files.exists(place)) {
			return Set.of();
		}
		try (Stream<Path> paths = Files.walk(place)) {
			return paths.filter(Files::isRegularFile)
				.map((path) -> place.relativize(path).toString())
				.collect(Collectors.toSet());
		}
	}

	@Override
	protected void putForeign(String name, byte[] content) throws IOException {
		Path path = place().resolve(name);
		Files.createDirectories(path.getParent());
		Files.write(path, content);
	}

	private Path place() {
		return this.directory.resolve("replica");
	}

}
