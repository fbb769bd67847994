package org.litestream4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** {@code docs/troubleshooting.md} knows every sentence, and its commands work. */
class TroubleshootingDocumentTests {

	private static final Path PAGE = Path.of("../docs/troubleshooting.md");

	private static final String LITERAL = "((?:\"(?:[^\"\\\\]|\\\\.)*\"\\s*(?:\\+\\s*)?)+)";

	/** What is logged, what stops a start, and what ends a restore. */
	private static final List<Pattern> SAYS = List.of(
			Pattern.compile("(?:logger|log)\\s*\\.(?:warn|error)\\(\\s*" + LITERAL),
			Pattern.compile("new LitestreamStartupException\\(\\s*\\(?" + LITERAL),
			Pattern.compile("new (?:RestoreException|UnusableSnapshotException)\\((?:[^\"(;]|\\([^\"();]*\\))*?\\(?"
					+ LITERAL));

	/** What anything else ends with, in any module. */
	private static final List<Pattern> REFUSES = List.of(Pattern.compile(
			"new (?!IllegalState|UnsupportedOperation|Interrupted)\\w+(?:Exception|Failure)\\((?:[^\"(;]|\\([^\"();]*\\))*?\\(?"
					+ LITERAL),
			Pattern.compile("(?:EndpointRequestException\\s*\\.\\s*\\w+|refused)\\(\\s*\\(?" + LITERAL));

	/**
	 * How our sentences for people go: what is wrong, then what is allowed or what to do.
	 * Others are pieces of such sentences, or for whoever reads a stack trace.
	 */
	private static final Pattern ADVISES = Pattern.compile("expected|allowed|[\\w')][;:] (?!\u2026)[a-z]");

	/** A piece of a sentence that is put together elsewhere. */
	private static final Pattern PIECE = Pattern
		.compile("(?:its?|an?|no|another|page|is|ends|does|XML|bytes|the answer|interrupted|unknown)\\b.*");

	/** Where every sentence is for people, whatever its form. */
	private static final Pattern FOR_PEOPLE = Pattern
		.compile("litestream-cli/.*|litestream-core/.*/(?:RestoreT(?:arget|ime)|RestoreOptions"
				+ "|store/(?:FileStoreProvider|FileUrl|ReplicaUrl|StoreDefinition|StoreProviders|ResumingStream)"
				+ "|history/(?:\\w+|diff/(?:DatabaseDiff|Moment|OpenDatabase|ReadOnlyDatabase|TableRestoreOptions)))\\.java");

	private static final Set<String> NO_PRODUCTS = Set.of("litestream-benchmarks", "litestream-store-tck",
			"litestream-test-support");

	@TempDir
	private Path directory;

	@Test
	void everySentenceIsOnThePage() throws IOException {
		String page = Files.readString(PAGE);
		Set<String> missing = new TreeSet<>();
		int found = 0;
		for (Path source : sources()) {
			String code = Files.readString(source);
			Sentences sentences = new Sentences(code,
					FOR_PEOPLE.matcher(Path.of("..").relativize(source).toString().replace('\\', '/')).matches());
			for (String sentence : sentences.all()) {
				found++;
				if (!page.contains("| `" + sentence.replace("|", "\\|") + "` |")) {
					missing.add("%s: %s".formatted(source.getFileName(), sentence));
				}
			}
		}
		assertThat(found).as("the sources are not where they are looked for").isGreaterThan(330);
		assertThat(missing).as("sentences that %s lacks", PAGE).isEmpty();
	}

	/**
	 * What a source file says to people.
	 *
	 * @param code the file
	 * @param forPeople whether every sentence in it is for them
	 */
	private record Sentences(String code, boolean forPeople) {

		Set<String> all() {
			Set<String> all = new TreeSet<>();
			SAYS.forEach((pattern) -> find(pattern).filter((sentence) -> !passesOnAnother(sentence)).forEach(all::add));
			REFUSES.forEach((pattern) -> find(pattern).filter((sentence) -> !passesOnAnother(sentence))
				.filter((sentence) -> this.forPeople
						|| (ADVISES.matcher(sentence).find() && !PIECE.matcher(sentence).matches()))
				.forEach(all::add));
			return all;
		}

		private Stream<String> find(Pattern pattern) {
			return pattern.matcher(this.code).results().map((match) -> sentence(match.group(1)));
		}

	}

	@Test
	void everyRowSaysWhatToDo() throws IOException {
		assertThat(Files.readAllLines(PAGE).stream().filter((line) -> line.startsWith("| `")))
			.allMatch((line) -> line.matches("\\| `.{8,}` \\| .{8,} \\|"));
	}

	private static List<Path> sources() throws IOException {
		List<Path> all = new ArrayList<>();
		try (Stream<Path> modules = Files.list(Path.of(".."))) {
			for (Path module : (Iterable<Path>) modules::iterator) {
				Path sources = module.resolve("src/main/java");
				String name = module.getFileName().toString();
				if (name.startsWith("litestream-") && !NO_PRODUCTS.contains(name) && Files.isDirectory(sources)) {
					try (Stream<Path> files = Files.walk(sources)) {
						files.filter((file) -> file.toString().endsWith(".java")).forEach(all::add);
					}
				}
			}
		}
		return all;
	}

	/** The pieces of a literal as one text, with a sign for what is filled in. */
	private static String sentence(String literals) {
		StringBuilder text = new StringBuilder();
		Matcher piece = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"").matcher(literals);
		while (piece.find()) {
			text.append(piece.group(1));
		}
		if (text.toString().endsWith(": ")) {
			text.append("%s"); // the reason is added to it
		}
		return text.toString()
			.replace("\\\"", "\"")
			.replace("\\n", " ")
			.replaceAll("\\{\\}|%(?:\\d\\$)?[sd]", "\u2026");
	}

	/** Whether it has no words of its own. */
	private static boolean passesOnAnother(String sentence) {
		return sentence.replace("Database '\u2026'", "").replaceAll("[^A-Za-z]", "").length() < 8;
	}

	@Test
	void commandsWork() throws IOException {
		Path replica = Recorded.copy("plain", this.directory.resolve("replica"));
		Matcher blocks = Pattern.compile("(?ms)^```shell cli\\R(.*?)^```$").matcher(Files.readString(PAGE));
		int count = 0;
		while (blocks.find()) {
			for (String line : blocks.group(1).lines().toList()) {
				assertThat(line).startsWith("java -jar litestream-cli.jar ");
				CliRun run = CliRun.of(arguments(line, replica));
				assertThat(run.code()).as("%s: %s", line, run).isZero();
				assertThat(run.out()).as(line).isNotBlank();
				count++;
			}
		}
		assertThat(count).isGreaterThan(10);
	}

	/** The page's names, as they are here. */
	private String[] arguments(String line, Path replica) {
		List<String> arguments = new ArrayList<>();
		Matcher words = Pattern.compile("\"([^\"]*)\"|(\\S+)")
			.matcher(line.replace("java -jar litestream-cli.jar ", ""));
		while (words.find()) {
			String word = (words.group(1) != null) ? words.group(1) : words.group(2);
			arguments.add(word.replace("s3://my-bucket/app", Recorded.url(replica))
				.replace("orders", "t")
				.replace("/data/", this.directory + "/")
				.replace("12:00", "2026-11-22T15:59:31Z")
				.replace("12:02", "2026-11-22T15:59:34Z"));
		}
		return arguments.toArray(String[]::new);
	}

}
