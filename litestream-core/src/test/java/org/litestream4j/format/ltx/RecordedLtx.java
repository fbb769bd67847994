package org.litestream4j.format.ltx;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.litestream4j.io.SystemDisk;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;

/**
 * A replica that the real Litestream v0.5 wrote, with what its own restore makes of it.
 * See {@code src/test/resources/ltx/README.md}.
 */
public final class RecordedLtx {

	/** All that there are. */
	public static final List<String> NAMES = List.of("small", "usual", "large", "frames");

	private final String name;

	private final JsonNode manifest;

	private RecordedLtx(String name, JsonNode manifest) {
		this.name = name;
		this.manifest = manifest;
	}

	public static RecordedLtx of(String name) {
		try {
			return new RecordedLtx(name,
					new ObjectMapper().readTree(directory(name).resolve("manifest.json").toFile()));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	public static Stream<RecordedLtx> all() {
		return NAMES.stream().map(RecordedLtx::of);
	}

	private static Path directory(String name) {
		URL url = Objects.requireNonNull(RecordedLtx.class.getResource("/ltx/" + name));
		try {
			return Path.of(url.toURI());
		}
		catch (URISyntaxException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** The replica as it is, not to be changed. */
	public LtxReplica replica() {
		return new LtxReplica(new FileStore(directory(this.name).resolve("replica"), SystemDisk.ownerOnly()));
	}

	/**
	 * Copies the replica, so that a test may damage it, with the times that Litestream
	 * gave the files, which version control does not keep.
	 */
	public ObjectStore copyTo(Path target) throws IOException {
		Path source = directory(this.name).resolve("replica");
		for (Map.Entry<String, JsonNode> object : this.manifest.get("objects").properties()) {
			Path copy = target.resolve(object.getKey());
			Files.createDirectories(Objects.requireNonNull(copy.getParent()));
			Files.copy(source.resolve(object.getKey()), copy);
			Files.setLastModifiedTime(copy, FileTime.from(object.getValue().longValue(), TimeUnit.MILLISECONDS));
		}
		return new FileStore(target, SystemDisk.ownerOnly());
	}

	/** What is called as its files are, each with its time in ms. */
	public Map<String, Long> objects() {
		Map<String, Long> objects = new TreeMap<>();
		this.manifest.get("objects")
			.properties()
			.forEach((entry) -> objects.put(entry.getKey(), entry.getValue().longValue()));
		return objects;
	}

	public int pageSize() {
		return this.manifest.get("pageSize").intValue();
	}

	/**
	 * By ascending transaction; without the first of the old version, which took the
	 * snapshot of that after the second one was committed.
	 */
	public List<Expected> restores() {
		List<Expected> restores = new ArrayList<>();
		for (JsonNode restore : this.manifest.get("restores")) {
			long txid = restore.get("txid").longValue();
			if (txid > 1 || !this.name.equals("frames")) {
				restores
					.add(new Expected(this, txid, restore.get("sha256").textValue(), restore.get("size").longValue()));
			}
		}
		return restores;
	}

	/** What the newest state is. */
	public Expected newest() {
		List<Expected> restores = restores();
		return restores.get(restores.size() - 1);
	}

	@Override
	public String toString() {
		return this.name;
	}

	/**
	 * What a restore must give.
	 *
	 * @param replica the replica
	 * @param txid up to and including this transaction
	 * @param sha256 of the file
	 * @param size of the file in bytes
	 */
	public record Expected(RecordedLtx replica, long txid, String sha256, long size) {

		@Override
		public String toString() {
			return "%s up to %d".formatted(this.replica, this.txid);
		}

	}

}
