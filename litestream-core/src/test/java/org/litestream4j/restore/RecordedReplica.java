package org.litestream4j.restore;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.store.FileStore;

/**
 * A replica that the real Litestream v0.3.13 wrote, with what its own restore makes of
 * it. See {@code src/test/resources/replicas/README.md}.
 */
final class RecordedReplica {

	static final List<String> NAMES = List.of("plain", "smallpages", "bigpages", "incremental", "gens");

	private final String name;

	private final JsonNode manifest;

	private RecordedReplica(String name, JsonNode manifest) {
		this.name = name;
		this.manifest = manifest;
	}

	static RecordedReplica of(String name) {
		try {
			return new RecordedReplica(name,
					new ObjectMapper().readTree(directory(name).resolve("manifest.json").toFile()));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Path directory(String name) {
		URL url = Objects.requireNonNull(RecordedReplica.class.getResource("/replicas/" + name));
		try {
			return Path.of(url.toURI());
		}
		catch (URISyntaxException ex) {
			throw new IllegalStateException(ex);
		}
	}

	String name() {
		return this.name;
	}

	/**
	 * Copies the replica, so that a test may damage it, and gives each object the time at
	 * which it was written, which version control does not keep.
	 */
	V03Replica copyTo(Path target) throws IOException {
		Path source = directory(this.name).resolve("replica");
		try (Stream<Path> paths = Files.walk(source)) {
			for (Path path : (Iterable<Path>) paths::iterator) {
				Files.copy(path, target.resolve(source.relativize(path).toString()));
			}
		}
		for (Map.Entry<String, JsonNode> object : this.manifest.get("objects").properties()) {
			Files.setLastModifiedTime(target.resolve(object.getKey()),
					FileTime.from(object.getValue().get("created_at_ns").longValue(), TimeUnit.NANOSECONDS));
		}
		return new V03Replica(new FileStore(target, SystemDisk.ownerOnly()));
	}

	List<Expected> restores() {
		List<Expected> restores = new ArrayList<>();
		for (JsonNode restore : this.manifest.get("restores")) {
			JsonNode target = restore.get("target");
			String generation = text(target, "generation");
			String timestamp = text(target, "timestamp");
			restores.add(new Expected(this,
					RestoreTarget.builder()
						.generation((generation != null) ? new Generation(generation) : null)
						.index(target.has("index") ? (Integer) target.get("index").intValue() : null)
						.timestamp((timestamp != null) ? Instant.parse(timestamp) : null)
						.build(),
					restore.get("sha256").textValue(), restore.get("size").longValue(),
					restore.get("rows").longValue()));
		}
		return restores;
	}

	private static @Nullable String text(JsonNode node, String field) {
		return node.has(field) ? node.get(field).textValue() : null;
	}

	Instant createdAt(String object) {
		return Instant.parse(this.manifest.get("objects").get(object).get("created_at").textValue());
	}

	@Override
	public String toString() {
		return this.name;
	}

	/**
	 * What a restore must give.
	 *
	 * @param replica the replica
	 * @param target what is asked for
	 * @param sha256 of the file
	 * @param size of the file in bytes
	 * @param rows in table t
	 */
	record Expected(RecordedReplica replica, RestoreTarget target, String sha256, long size, long rows) {

		@Override
		public String toString() {
			return "%s generation=%s index=%s timestamp=%s".formatted(this.replica, this.target.generation(),
					this.target.index(), this.target.timestamp());
		}

	}

}
