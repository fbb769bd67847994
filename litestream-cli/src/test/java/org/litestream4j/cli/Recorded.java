package org.litestream4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Replicas that the real Litestream v0.3.13 wrote, with what its restore makes of them:
 * the test resources of the core.
 */
final class Recorded {

	static final List<String> NAMES = List.of("plain", "smallpages", "bigpages", "incremental", "gens");

	private static final Path FOLDER = Path.of("../litestream-core/src/test/resources/replicas");

	private Recorded() {
	}

	/** Copies a replica, with the times of its objects, which version control drops. */
	static Path copy(String name, Path target) throws IOException {
		copyTree(FOLDER.resolve(name).resolve("replica"), target);
		for (Map.Entry<String, JsonNode> object : manifest(name).get("objects").properties()) {
			Files.setLastModifiedTime(target.resolve(object.getKey()),
					FileTime.from(object.getValue().get("created_at_ns").longValue(), TimeUnit.NANOSECONDS));
		}
		return target;
	}

	static void copyTree(Path source, Path target) throws IOException {
		try (Stream<Path> paths = Files.walk(source)) {
			for (Path path : (Iterable<Path>) paths::iterator) {
				Files.copy(path, target.resolve(source.relativize(path).toString()));
			}
		}
	}

	static JsonNode manifest(String name) {
		return JsonMapper.shared().readTree(FOLDER.resolve(name).resolve("manifest.json").toFile());
	}

	static String url(Path replica) {
		return "file://" + replica.toAbsolutePath();
	}

	static String sha256(Path file) throws IOException {
		try (InputStream in = Files.newInputStream(file)) {
			MessageDigest digest = MessageDigest.getInstance("SHA-256");
			in.transferTo(new java.security.DigestOutputStream(java.io.OutputStream.nullOutputStream(), digest));
			return HexFormat.of().formatHex(digest.digest());
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	static String text(JsonNode node, String field) {
		return Objects.requireNonNull(node.get(field)).asString();
	}

}
