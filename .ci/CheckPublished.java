import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Stream;

import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;

import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/**
 * Looks at a Maven repository that a release was deployed to, and fails if something is
 * missing that Central wants, or there that users should not get. Run as
 * {@code java .ci/CheckPublished.java <repository> <work tree>}
 */
class CheckPublished {

	private static final String GROUP = "org.litestream4j";

	private static final List<String> REQUIRED = List.of("name", "description", "url", "licenses/license/name",
			"licenses/license/url", "developers/developer/name", "organization/name", "scm/connection", "scm/developerConnection",
			"scm/url", "scm/tag", "issueManagement/url");

	private static final XPath XPATH = XPathFactory.newInstance().newXPath();

	private final List<String> faults = new ArrayList<>();

	private final Path repository;

	private final Map<String, Document> poms = new LinkedHashMap<>();

	private CheckPublished(Path repository) {
		this.repository = repository.resolve(GROUP.replace('.', '/'));
	}

	public static void main(String[] arguments) throws Exception {
		CheckPublished check = new CheckPublished(Path.of(arguments[0]));
		check.run(Path.of(arguments[1]));
		check.faults.forEach((fault) -> System.out.println("NOT TO BE PUBLISHED: " + fault));
		if (!check.faults.isEmpty()) {
			System.exit(1);
		}
		System.out.println("fit to be published: " + String.join(", ", check.poms.keySet()));
	}

	private void run(Path tree) throws Exception {
		Set<String> expected = publishedModules(tree);
		expect(!expected.isEmpty(), "no module says that it is published");
		Set<String> found = new TreeSet<>();
		try (Stream<Path> modules = Files.list(this.repository)) {
			modules.filter(Files::isDirectory).forEach((module) -> found.add(module.getFileName().toString()));
		}
		expect(found.equals(expected), "the repository has " + found + ", and the modules that are to be published are " + expected);
		for (String module : found) {
			this.poms.put(module, parse(only(module, ".pom")));
		}
		for (String module : found) {
			checkPom(module, this.poms.get(module));
			if (!text(this.poms.get(module), "packaging").equals("pom")) {
				checkJars(module);
			}
		}
		checkBom(found);
	}

	/** A module is published only if it says so. */
	private static Set<String> publishedModules(Path tree) throws Exception {
		Set<String> published = new TreeSet<>();
		for (String module : all(parse(tree.resolve("pom.xml")), "modules/module")) {
			Document pom = parse(tree.resolve(module).resolve("pom.xml"));
			if (text(pom, "properties/maven.deploy.skip").equals("false")) {
				published.add(text(pom, "artifactId"));
			}
		}
		return published;
	}

	private void checkPom(String module, Document pom) throws Exception {
		for (String element : REQUIRED) {
			expect(!text(pom, element).isBlank(), module + "'s POM has no " + element);
		}
		for (String element : List.of("parent", "profiles", "build", "repositories", "properties", "modules")) {
			expect(nodes(pom, element).getLength() == 0, module + "'s POM has " + element + ", which is ours alone");
		}
		NodeList dependencies = nodes(pom, "dependencies/dependency");
		for (int i = 0; i < dependencies.getLength(); i++) {
			String id = XPATH.evaluate("groupId", dependencies.item(i)) + ":" + XPATH.evaluate("artifactId", dependencies.item(i));
			String version = XPATH.evaluate("version", dependencies.item(i));
			String scope = XPATH.evaluate("scope", dependencies.item(i));
			expect(!scope.equals("test"), module + " lets users see that it tests with " + id);
			expect(!version.isBlank() && !version.contains("${"), "%s wants %s in the version '%s'".formatted(module, id, version));
			expect(!id.startsWith(GROUP + ":") || this.poms.containsKey(id.substring(GROUP.length() + 1)),
					module + " needs " + id + ", which is not published");
			expect(XPATH.evaluate("type", dependencies.item(i)).isBlank() || XPATH.evaluate("type", dependencies.item(i)).equals("jar"),
					module + " needs something of " + id + " that is no jar");
		}
	}

	/** All that may be depended upon is in it, at the version that it has itself, and nothing of others. */
	private void checkBom(Set<String> published) throws Exception {
		Document bom = this.poms.get("litestream-bom");
		Set<String> managed = new TreeSet<>(all(bom, "dependencyManagement/dependencies/dependency/artifactId"));
		Set<String> wanted = new TreeSet<>(published);
		// A program, and the BOM itself.
		wanted.removeAll(Set.of("litestream-cli", "litestream-bom"));
		expect(managed.equals(wanted), "the BOM manages " + managed + ", expected " + wanted);
		for (String version : all(bom, "dependencyManagement/dependencies/dependency/version")) {
			expect(version.equals(text(bom, "version")), "the BOM manages the version " + version);
		}
	}

	private void checkJars(String module) throws IOException {
		try (Stream<Path> files = Files.list(directory(module))) {
			List<String> jars = files.map((file) -> file.getFileName().toString()).filter((name) -> name.endsWith(".jar")).toList();
			expect(jars.size() == 3, module + " publishes " + jars + ", expected one jar, its sources and its Javadoc");
		}
		for (String kind : List.of(".jar", "-sources.jar", "-javadoc.jar")) {
			Path file = only(module, kind);
			try (JarFile jar = new JarFile(file.toFile())) {
				for (String entry : List.of("META-INF/LICENSE", "META-INF/NOTICE")) {
					expect(jar.getEntry(entry) != null, file.getFileName() + " has no " + entry);
				}
				for (String name : jar.stream().map(Object::toString).toList()) {
					// The command line's jar has classes of others in it, and one of them is called PBKDF2with8BIT
					boolean isTest = name.endsWith("Tests.class") || (name.endsWith("IT.class") && name.startsWith("org/litestream4j/"));
					expect(!isTest && !name.contains("/testing/"),
							file.getFileName() + " has tests in it: " + name);
				}
				if (kind.equals(".jar")) {
					Attributes manifest = jar.getManifest().getMainAttributes();
					for (String name : List.of("Automatic-Module-Name", "Implementation-Version", "Implementation-Title")) {
						expect(manifest.getValue(name) != null, file.getFileName() + " has no " + name);
					}
				}
			}
		}
	}

	private Path directory(String module) throws IOException {
		try (Stream<Path> versions = Files.list(this.repository.resolve(module))) {
			return versions.filter(Files::isDirectory).findFirst().orElseThrow();
		}
	}

	private Path only(String module, String suffix) throws IOException {
		Path version = directory(module);
		return version.resolve(module + "-" + version.getFileName() + suffix);
	}

	private static Document parse(Path file) throws Exception {
		try (InputStream in = Files.newInputStream(file)) {
			return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(in);
		}
	}

	private static String text(Document pom, String path) throws Exception {
		return XPATH.evaluate("/project/" + path, pom).strip();
	}

	private static List<String> all(Document pom, String path) throws Exception {
		NodeList nodes = nodes(pom, path);
		List<String> texts = new ArrayList<>();
		for (int i = 0; i < nodes.getLength(); i++) {
			texts.add(nodes.item(i).getTextContent().strip());
		}
		return texts;
	}

	private static NodeList nodes(Document pom, String path) throws Exception {
		return (NodeList) XPATH.evaluate("/project/" + path, pom, XPathConstants.NODESET);
	}

	private void expect(boolean holds, String fault) {
		if (!holds) {
			this.faults.add(fault);
		}
	}

}
