import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;

import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Reads all Surefire and Failsafe reports below a directory, prints how many tests each
 * module ran and which classes took longest, and fails if a test was skipped for another reason than that Docker is
 * absent or that file systems may not be mounted, if it ran on another Java version than
 * expected, or if there are no tests at all. Run as {@code java .ci/CheckReports.java . 17}
 */
class CheckReports {

	public static void main(String[] arguments) throws Exception {
		TreeMap<String, int[]> modules = new TreeMap<>();
		Map<String, Double> seconds = new HashMap<>();
		List<String> excused = new ArrayList<>();
		List<String> forbidden = new ArrayList<>();
		DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
		Path root = Path.of(arguments[0]);
		for (Path report : reports(root)) {
			Path directory = report.getParent();
			String module = "%s (%s)".formatted(root.relativize(directory.getParent().getParent()),
					directory.getFileName().toString().replace("-reports", ""));
			Document document = builder.parse(report.toFile());
			String version = javaVersion(document);
			if (!version.equals(arguments[1])) {
				forbidden.add("%s ran on Java %s, expected %s".formatted(report, version, arguments[1]));
			}
			Element suite = document.getDocumentElement();
			seconds.merge(suite.getAttribute("name"), Double.parseDouble(suite.getAttribute("time").replace(",", "")), Double::sum);
			NodeList cases = document.getElementsByTagName("testcase");
			modules.computeIfAbsent(module, (name) -> new int[1])[0] += cases.getLength();
			for (int i = 0; i < cases.getLength(); i++) {
				Element test = (Element) cases.item(i);
				NodeList skipped = test.getElementsByTagName("skipped");
				if (skipped.getLength() > 0) {
					Element reason = (Element) skipped.item(0);
					String text = (reason.getAttribute("message") + " " + reason.getTextContent()).strip();
					List<String> list = isExcused(text) ? excused : forbidden;
					list.add("%s.%s was skipped: %s".formatted(test.getAttribute("classname"), test.getAttribute("name"),
							text.lines().findFirst().orElse("no reason given")));
				}
			}
		}
		modules.forEach((module, tests) -> System.out.printf("%6d tests in %s%n", tests[0], module));
		printLongest(seconds);
		excused.forEach((line) -> System.out.println("excused: " + line));
		forbidden.forEach((line) -> System.out.println("NOT ALLOWED: " + line));
		if (modules.isEmpty() || !forbidden.isEmpty()) {
			System.out.println(modules.isEmpty() ? "no test was run" : "tests must be run here, not skipped");
			System.exit(1);
		}
	}

	/** What docs/testing.md has a table of. */
	private static void printLongest(Map<String, Double> seconds) {
		System.out.printf(Locale.ROOT, "%6.0f s in all classes, one after the other; the longest:%n",
				seconds.values().stream().mapToDouble(Double::doubleValue).sum());
		seconds.entrySet()
			.stream()
			.sorted(Map.Entry.<String, Double>comparingByValue().reversed())
			.limit(15)
			.forEach((each) -> System.out.printf(Locale.ROOT, "%6.0f s %s%n", each.getValue(), each.getKey()));
	}

	/** What no program that could be installed would change. */
	private static boolean isExcused(String reason) {
		String text = reason.toLowerCase(Locale.ROOT);
		return text.contains("docker") || text.contains("nothing may be mounted here");
	}

	private static String javaVersion(Document document) {
		NodeList properties = document.getElementsByTagName("property");
		for (int i = 0; i < properties.getLength(); i++) {
			Element property = (Element) properties.item(i);
			if (property.getAttribute("name").equals("java.specification.version")) {
				return property.getAttribute("value");
			}
		}
		return "unknown";
	}

	private static List<Path> reports(Path root) throws IOException {
		try (Stream<Path> all = Files.walk(root)) {
			return all.filter((path) -> path.getFileName().toString().matches("TEST-.*\\.xml"))
				.filter((path) -> path.getParent().toString().matches(".*/target/(surefire|failsafe)-reports"))
				.sorted()
				.toList();
		}
	}

}
