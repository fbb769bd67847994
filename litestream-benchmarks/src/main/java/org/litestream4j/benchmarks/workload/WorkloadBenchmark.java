package org.litestream4j.benchmarks.workload;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Measures every case with every variant by turns, so that whatever else the machine does
 * hits all alike, and begins each round with another one. What one measurement left to be
 * written is written before the next one begins.
 */
public final class WorkloadBenchmark {

	private static final double WARM_UP_SECONDS = 4;

	private final WorkloadSettings settings;

	private final Results results = new Results();

	private WorkloadBenchmark(WorkloadSettings settings) {
		this.settings = settings;
	}

	/** Measures what the arguments ask for. */
	public static void run(String[] arguments) throws Exception {
		WorkloadSettings settings = WorkloadSettings.parse(arguments);
		try {
			new WorkloadBenchmark(settings).run();
		}
		finally {
			delete(settings.directory());
		}
	}

	/** The process of an application, which is told what to do through its input. */
	public static void serve() throws Exception {
		ApplicationProcess.serve();
	}

	private void run() throws Exception {
		Path template = template();
		List<ApplicationProcess> processes = new ArrayList<>();
		try {
			for (Variant variant : this.settings.variants()) {
				processes.add(ApplicationProcess.start(variant, this.settings.binaries().get(variant)));
			}
			Case first = this.settings.cases().get(0);
			for (ApplicationProcess process : processes) {
				measure(process, first, template, WARM_UP_SECONDS, 0.1);
			}
			for (int round = 0; round < this.settings.rounds(); round++) {
				for (Case what : this.settings.cases()) {
					for (ApplicationProcess process : inTurn(processes, round)) {
						Map<Figure, Double> figures = measure(process, what, template, this.settings.warmUpSeconds(),
								this.settings.seconds());
						this.results.add(what, process.variant(), ResultsFile.now(), figures);
						System.err.printf("%d: %s, %s: %,.0f/s%n", round + 1, what.title(), process.variant().id(),
								figures.getOrDefault(Figure.RATE, 0.0));
					}
				}
			}
		}
		finally {
			for (ApplicationProcess process : processes) {
				process.close();
			}
		}
		this.results.print();
		if (this.settings.json().isPresent()) {
			ResultsFile file = new ResultsFile(this.settings.json().get());
			file.readInto(this.results);
			file.write(this.results);
		}
		if (this.settings.svg().isPresent()) {
			new ResultsPicture(this.results).write(this.settings.svg().get());
		}
	}

	private static List<ApplicationProcess> inTurn(List<ApplicationProcess> processes, int round) {
		List<ApplicationProcess> turned = new ArrayList<>(processes);
		Collections.rotate(turned, round);
		return turned;
	}

	private Map<Figure, Double> measure(ApplicationProcess process, Case what, Path template, double warmUpSeconds,
			double seconds) throws IOException, InterruptedException {
		Path directory = Files.createTempDirectory(this.settings.directory(), "round-");
		try {
			if (what.kind().needsTable()) {
				copy(template, directory.resolve("app.db"));
			}
			writeBack();
			return process.measure(what, directory, warmUpSeconds, seconds);
		}
		finally {
			delete(directory);
		}
	}

	/** A database with the large table, of pages that do not compress to nothing. */
	private Path template() throws Exception {
		Path template = this.settings.directory().resolve("template.db");
		if (this.settings.cases().stream().noneMatch((what) -> what.kind().needsTable())) {
			return template;
		}
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + template);
				Statement statement = connection.createStatement()) {
			statement.execute("PRAGMA journal_mode=OFF");
			statement.execute("PRAGMA synchronous=OFF");
			statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)");
			for (int i = 0; i < this.settings.megabytes(); i++) {
				statement.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
						+ " INSERT INTO t (v) SELECT randomblob(500) || zeroblob(480) FROM n");
			}
		}
		return template;
	}

	private static void copy(Path from, Path to) throws IOException {
		try (FileChannel source = FileChannel.open(from);
				FileChannel target = FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
			for (long position = 0; position < source.size();) {
				position += source.transferTo(position, source.size() - position, target);
			}
		}
	}

	private static void writeBack() throws IOException, InterruptedException {
		new ProcessBuilder("sync").inheritIO().start().waitFor();
	}

	private static void delete(Path directory) throws IOException {
		try (Stream<Path> files = Files.walk(directory)) {
			for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
				Files.deleteIfExists(file);
			}
		}
	}

}
