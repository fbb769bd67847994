package org.litestream4j.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.jar.JarFile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import net.jpountz.lz4.LZ4Factory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a native image is told of lz4-java, which says nothing of itself: names that are
 * there, and all that lz4-java asks for.
 */
class NativeImageMetadataTests {

	private static final String FILE = "/META-INF/native-image/org.litestream4j/litestream-core/reachability-metadata.json";

	@Test
	void everyTypeFieldAndMethodExists() throws Exception {
		JsonNode types = metadata().get("reflection");
		assertThat(types).isNotEmpty();
		for (JsonNode entry : types) {
			Class<?> type = Class.forName(entry.get("type").asText(), false, getClass().getClassLoader());
			for (JsonNode field : entry.path("fields")) {
				assertThat(type.getDeclaredField(field.get("name").asText())).isNotNull();
			}
			for (JsonNode method : entry.path("methods")) {
				assertThat(method.get("name").asText()).isEqualTo("<init>");
				assertThat(method.get("parameterTypes")).hasSize(1);
				String parameter = method.get("parameterTypes").get(0).asText();
				assertThat(type.getDeclaredConstructor(parameter.equals("int") ? int.class : Class.forName(parameter)))
					.isNotNull();
			}
		}
	}

	@Test
	void onlyKnownKeysAreUsed() throws Exception {
		assertThat(names(metadata())).containsExactlyInAnyOrder("comment", "reflection", "resources");
		for (JsonNode entry : metadata().get("reflection")) {
			assertThat(names(entry)).contains("type").isSubsetOf("type", "fields", "methods", "jniAccessible");
		}
	}

	/** Both factories put names together, and take {@code INSTANCE} of each. */
	@ParameterizedTest
	@ValueSource(strings = { "JNI", "JavaSafe", "JavaUnsafe" })
	void everyClassThatIsLookedUpByNameIsNamed(String implementation) throws Exception {
		List<String> looked = List.of("lz4.LZ4" + implementation + "Compressor",
				"lz4.LZ4HC" + implementation + "Compressor", "lz4.LZ4" + implementation + "FastDecompressor",
				"lz4.LZ4" + implementation + "SafeDecompressor", "xxhash.XXHash32" + implementation,
				"xxhash.XXHash64" + implementation, "xxhash.StreamingXXHash32" + implementation + "$Factory",
				"xxhash.StreamingXXHash64" + implementation + "$Factory");
		List<String> named = new ArrayList<>();
		for (JsonNode entry : metadata().get("reflection")) {
			for (JsonNode field : entry.path("fields")) {
				if (field.get("name").asText().equals("INSTANCE")) {
					named.add(entry.get("type").asText());
				}
			}
		}
		assertThat(named).containsAll(looked.stream().map((name) -> "net.jpountz." + name).toList());
	}

	@Test
	void globFindsTheLibraries() throws Exception {
		String glob = metadata().get("resources").get(0).get("glob").asText();
		PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
		String jar = LZ4Factory.class.getProtectionDomain().getCodeSource().getLocation().getPath();
		try (JarFile file = new JarFile(jar)) {
			List<String> libraries = file.stream()
				.map(Object::toString)
				.filter((name) -> name.startsWith("net/jpountz/util/") && !name.endsWith("/")
						&& !name.endsWith(".class"))
				.toList();
			assertThat(libraries).isNotEmpty().allMatch((name) -> matcher.matches(Path.of(name)));
		}
	}

	private static JsonNode metadata() throws IOException {
		try (InputStream in = Objects.requireNonNull(NativeImageMetadataTests.class.getResourceAsStream(FILE))) {
			return new ObjectMapper().readTree(in);
		}
	}

	private static List<String> names(JsonNode node) {
		List<String> names = new ArrayList<>();
		for (Iterator<String> each = node.fieldNames(); each.hasNext();) {
			names.add(each.next());
		}
		return names;
	}

}
