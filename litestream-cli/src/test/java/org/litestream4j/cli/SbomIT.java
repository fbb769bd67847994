package org.litestream4j.cli;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/** What the packaged jar says that it contains. */
class SbomIT {

	/** That of Bouncy Castle is the MIT licence under another name. */
	private static final Set<String> ALLOWED = Set.of("Apache-2.0", "MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause",
			"CC0-1.0", "Bouncy Castle Licence");

	private static JsonNode components() throws IOException {
		try (JarFile jar = new JarFile(Objects.requireNonNull(System.getProperty("cli.jar")));
				InputStream in = jar
					.getInputStream(Objects.requireNonNull(jar.getEntry("META-INF/sbom/application.cdx.json")))) {
			return JsonMapper.shared().readTree(in).get("components");
		}
	}

	@Test
	void everyLibraryInTheJarIsListed() throws IOException {
		Set<String> listed = new TreeSet<>();
		for (JsonNode component : components()) {
			listed.add("%s-%s.jar".formatted(component.get("name").asString(), component.get("version").asString()));
		}
		Set<String> contained = new TreeSet<>();
		try (JarFile jar = new JarFile(Objects.requireNonNull(System.getProperty("cli.jar")))) {
			for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
				if (path.endsWith(".jar") && isIn(jar, Path.of(path))) {
					contained.add(String.valueOf(Path.of(path).getFileName()));
				}
			}
		}
		assertThat(contained).hasSizeGreaterThan(30).isSubsetOf(listed);
	}

	/** Whether the classes of a library are in the jar, by the first of them. */
	private static boolean isIn(JarFile jar, Path library) throws IOException {
		try (JarFile classes = new JarFile(library.toFile())) {
			return classes.stream()
				.map(JarEntry::getName)
				.filter((name) -> name.endsWith(".class") && !name.endsWith("-info.class"))
				.filter((name) -> !name.startsWith("META-INF/"))
				.findFirst()
				.filter((name) -> jar.getEntry(name) != null)
				.isPresent();
		}
	}

	@Test
	void jarHoldsItsLicenceAndVersionAndNoToolsThatNobodyRuns() throws IOException {
		try (JarFile jar = new JarFile(Objects.requireNonNull(System.getProperty("cli.jar")))) {
			assertThat(jar.getEntry("META-INF/LICENSE")).isNotNull();
			assertThat(jar.stream().map(JarEntry::getName))
				.as("a flat jar starts in half the time, and signatures of others do not hold in it")
				.noneMatch((name) -> name
					.matches("BOOT-INF/.*|org/springframework/boot/loader/.*|META-INF/.*\\.(SF|RSA)"));
			assertThat(jar.getManifest().getMainAttributes().getValue("Multi-Release")).isEqualTo("true");
			assertThat(jar.getManifest().getMainAttributes().getValue("Implementation-Version")).isNotEmpty();
			assertThat(jar.getManifest().getMainAttributes().getValue("Automatic-Module-Name"))
				.isEqualTo("org.litestream4j.cli");
		}
	}

	@Test
	void everyLicenceIsOneThatUsersMayRelyOn() throws IOException {
		TreeMap<String, Set<String>> refused = new TreeMap<>();
		for (JsonNode component : components()) {
			Set<String> licences = new TreeSet<>();
			for (JsonNode choice : component.path("licenses")) {
				JsonNode licence = choice.path("license");
				licences.add(choice.has("expression") ? choice.get("expression").asString()
						: licence.path("id").asString(licence.path("name").asString("none")));
			}
			if (licences.stream().noneMatch(ALLOWED::contains)) {
				refused.put(component.get("name").asString(), licences);
			}
		}
		assertThat(refused).isEmpty();
	}

}
