package org.litestream4j.history.diff;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.litestream4j.io.SystemDisk;

/**
 * Random histories: the script that leads from one state to a later one, and the one that
 * leads back, are run on copies, which must then be the other state. In each case also by
 * {@code sqldiff}, if that is there, and now and then the script is run by the
 * {@code sqlite3} program, which is another version of SQLite.
 */
final class RandomDiffs {

	private static final boolean SQLDIFF = isThere("sqldiff");

	private static final boolean SQLITE = isThere("sqlite3");

	private final Path directory;

	RandomDiffs(Path directory) {
		this.directory = directory;
	}

	static boolean hasSqldiff() {
		return SQLDIFF;
	}

	/** Fails with the seed in what it says. */
	void run(long seed) throws Exception {
		Path live = this.directory.resolve("live.db");
		Path first = this.directory.resolve("first.db");
		Path second = this.directory.resolve("second.db");
		for (Path old : List.of(live, first, second)) {
			Files.deleteIfExists(old);
		}
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + live);
				Statement statement = connection.createStatement()) {
			statement.execute("PRAGMA synchronous=OFF");
			RandomDatabase database = new RandomDatabase(connection, seed);
			database.begin();
			Files.copy(live, first);
			database.change((int) (1 + Math.abs(seed * 31 % 40)));
			Files.copy(live, second);
		}
		check("seed %d, forwards".formatted(seed), first, second, seed % 4 == 0);
		check("seed %d, backwards".formatted(seed), second, first, seed % 4 == 1);
	}

	void check(String what, Path from, Path to, boolean shell) throws Exception {
		Path work = Files.createDirectories(this.directory.resolve("work"));
		Path before = work.resolve("before.db");
		Path after = work.resolve("after.db");
		Path applied = work.resolve("applied.db");
		for (Path old : List.of(before, after, applied)) {
			Files.deleteIfExists(old);
		}
		Files.copy(from, before);
		Files.copy(to, after);
		Files.copy(from, applied);
		StringBuilder script = new StringBuilder();
		try {
			DiffReport report = new DatabaseDiff(before, after, SystemDisk.ownerOnly())
				.run(DiffOptions.SUMMARY.withRows(3).withScript(script));
			StringBuilder all = new StringBuilder();
			new DatabaseDiff(copy(from, work, "unaltered.db"), after, SystemDisk.ownerOnly(), false)
				.run(DiffOptions.SUMMARY.withScript(all));
			if (!all.toString().equals(script.toString())) {
				throw new AssertionError("with all rows read it is " + all);
			}
			apply(applied, script.toString(), shell && SQLITE);
			requireSame(withoutNameOfSequence(DatabaseContent.of(applied)),
					withoutNameOfSequence(DatabaseContent.of(to)));
			boolean nothing = DatabaseContent.of(from).equals(DatabaseContent.of(to));
			if (report.isEmpty() && !nothing && script.toString().contains("nothing differs")) {
				throw new AssertionError("a difference was not found");
			}
			if (SQLDIFF) {
				requireNothing(applied, to);
			}
			requireSameTables(work, to);
			StringBuilder again = new StringBuilder();
			DiffReport none = new DatabaseDiff(applied, after, SystemDisk.ownerOnly())
				.run(DiffOptions.SUMMARY.withScript(again));
			if (!none.isEmpty()) {
				throw new AssertionError("still differs: " + none + again);
			}
		}
		catch (AssertionError | Exception ex) {
			Path kept = Path.of(System.getProperty("java.io.tmpdir"), "litestream-diff.sql");
			Files.writeString(kept, script);
			throw new AssertionError("%s: %s; the script is %s".formatted(what, ex.getMessage(), kept), ex);
		}
	}

	private static Path copy(Path from, Path directory, String name) throws IOException {
		return Files.copy(from, directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
	}

	/** All tables of a state, restored one by one, are those of the whole. */
	private static void requireSameTables(Path work, Path state) throws Exception {
		Path single = work.resolve("single.db");
		Files.deleteIfExists(single);
		List<String> tables;
		try (ReadOnlyDatabase whole = ReadOnlyDatabase.open(state)) {
			tables = whole.schema()
				.tables()
				.stream()
				.filter((table) -> table.owner() == null && !table.name().startsWith("sqlite_"))
				.map(TableShape::name)
				.toList();
		}
		for (String table : tables) {
			new TableRestore(state, single, new TableRestoreOptions(List.of(table), null, false, Cancellation.NONE))
				.run();
		}
		if (!tables.isEmpty()) {
			requireSame(ofTables(DatabaseContent.of(single)), ofTables(DatabaseContent.of(state)));
		}
	}

	/** SQLite keeps it, empty, until VACUUM drops it; no statement can. */
	private static List<String> withoutNameOfSequence(List<String> lines) {
		return lines.stream()
			.filter((line) -> !line.startsWith("table sqlite_sequence ") && !line.equals("-- sqlite_sequence"))
			.toList();
	}

	/** Without views, their triggers, and what counts or describes all tables. */
	private static List<String> ofTables(List<String> lines) {
		List<String> kept = new ArrayList<>();
		boolean keep = true;
		for (String line : lines) {
			if (line.startsWith("-- ")) {
				keep = !line.startsWith("-- sqlite_");
			}
			keep |= line.startsWith("check: ");
			boolean other = line.startsWith("view ") || line.startsWith("trigger titles_in")
					|| line.startsWith("table sqlite_");
			if (keep && !other) {
				kept.add(line);
			}
		}
		return kept;
	}

	private static void requireSame(List<String> actual, List<String> expected) {
		for (int i = 0; i < Math.max(actual.size(), expected.size()); i++) {
			String is = (i < actual.size()) ? actual.get(i) : "nothing";
			String should = (i < expected.size()) ? expected.get(i) : "nothing";
			if (!is.equals(should)) {
				throw new AssertionError("line %d is%n%s%ninstead of%n%s".formatted(i, is, should));
			}
		}
	}

	private static void apply(Path file, String script, boolean shell) throws Exception {
		if (shell) {
			String said = run(script, "sqlite3", "-bail", file.toString());
			if (!said.isBlank()) {
				throw new AssertionError("sqlite3 says: " + said);
			}
			return;
		}
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
				Statement statement = connection.createStatement()) {
			statement.execute("PRAGMA foreign_keys=ON"); // which the script switches off
			statement.executeUpdate(script);
		}
		catch (SQLException ex) {
			throw new AssertionError("the script fails: " + ex.getMessage(), ex);
		}
	}

	/** There are tables of which it writes all rows, whether they differ or not. */
	private static void requireNothing(Path applied, Path expected) throws Exception {
		Path same = Files.copy(expected, applied.resolveSibling("same.db"), StandardCopyOption.REPLACE_EXISTING);
		List<String> said = sqldiff(applied, expected);
		List<String> always = sqldiff(same, expected);
		if (!said.equals(always)) {
			throw new AssertionError("sqldiff says: " + said.subList(0, Math.min(5, said.size())));
		}
	}

	private static List<String> sqldiff(Path from, Path to) throws Exception {
		return run("", "sqldiff", "--vtab", from.toString(), to.toString()).lines()
			.filter((line) -> !line.contains("sqlite_stat4") && !line.startsWith("DROP TABLE sqlite_sequence")
					&& !line.startsWith("CREATE TABLE sqlite_sequence"))
			.toList();
	}

	private static String run(String input, String... command) throws IOException, InterruptedException {
		Path in = Files.createTempFile("litestream-diff", ".in");
		try {
			Files.writeString(in, input);
			Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectInput(in.toFile()).start();
			String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
			if (!process.waitFor(60, TimeUnit.SECONDS)) {
				process.destroyForcibly();
			}
			return said;
		}
		finally {
			Files.delete(in);
		}
	}

	private static boolean isThere(String program) {
		String path = System.getenv().getOrDefault("PATH", "");
		return List.of(path.split(":")).stream().anyMatch((part) -> Files.isExecutable(Path.of(part, program)));
	}

	/** First seed, and how many. */
	public static void main(String[] arguments) throws Exception {
		long first = Long.parseLong(arguments[0]);
		long count = Long.parseLong(arguments[1]);
		Path directory = Files.createTempDirectory("litestream-diffs");
		RandomDiffs diffs = new RandomDiffs(directory);
		long failed = 0;
		for (long seed = first; seed < first + count; seed++) {
			try {
				diffs.run(seed);
			}
			catch (AssertionError ex) {
				failed++;
				System.out.println(ex.getMessage());
			}
		}
		System.out.printf("%d histories from seed %d, sqldiff %s: %d failed%n", count, first, SQLDIFF, failed);
		System.exit((failed == 0) ? 0 : 1);
	}

}
