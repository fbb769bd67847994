package org.litestream4j.stress;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

import javax.tools.ToolProvider;

/**
 * Shows that the stress runs notice what they are there for: takes one step of the
 * protocol out of the engine's source, compiles it, and runs them with it until they
 * fail. So there is no switch in the engine itself.
 */
final class NegativeControls {

	/** A thread may be suspended anywhere; this makes it likely. */
	private static final String PAUSE = "java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);";

	private static final Path SOURCES = Path.of("src/main/java/org/litestream4j");

	/**
	 * A fault.
	 *
	 * @param name says what is left out
	 * @param source the file below the engine's root package
	 * @param original what stands there, exactly once
	 * @param replacement what stands there instead
	 * @param mode of {@link StressMain}
	 */
	record Fault(String name, String source, String original, String replacement, String mode) {

		@Override
		public String toString() {
			return this.name;
		}

	}

	/** All of them. */
	static final List<Fault> FAULTS = List.of(new Fault("no sync under the write lock", "live/Checkpointer.java", """
			this.copier.sync();
			this.shadow.force();
			this.live.guard().release();""", "this.live.guard().release();", "stop"),
			new Fault("a moment without any reader", "live/WalGuard.java", """
					if (!this.spare.isHeld()) {
						this.spare.begin();
					}
					""", """
					this.held.end();
					""" + PAUSE + "this.spare.begin();", "stop"),
			new Fault("no sync between two readers", "live/WalGuard.java", """
					if (!this.spare.isHeld()) {
						this.spare.begin();
					}
					try {
						sync.run();
					}
					catch (IOException | RuntimeException ex) {
						this.spare.end();
						throw ex;
					}""", PAUSE + "this.spare.begin();", "stop"),
			new Fault("a snapshot without its reader", "live/DatabaseViews.java", """
					reader.begin();
					this.copier.syncAndHandOver();""", "this.copier.syncAndHandOver();", "snapshots"),
			new Fault("a snapshot before its WAL", "replication/SnapshotTaker.java",
					"if (!this.replicator.awaitSegments(view.position())) {", "if (view.position().index() < 0) {",
					"snapshots"),
			new Fault("commit frames beyond the published end", "live/WalCopier.java", """
					WalHeader header = this.wal.readHeader();
					CheckpointResult published = this.live.session().published();""", """
					WalHeader header = this.wal.readHeader();
					CheckpointResult published = beyond(this.live.session().published(), header);""", "foreign"));

	/** Those that are noticed within seconds. */
	static final List<Fault> QUICK = FAULTS.subList(0, 2);

	/** Added to a class that is changed; reads the WAL as far as its frames are valid. */
	private static final String BEYOND = """
			private CheckpointResult beyond(CheckpointResult published, @Nullable WalHeader header)
					throws IOException {
				if (header == null) {
					return published;
				}
				try (java.io.InputStream in = new java.io.BufferedInputStream(
						java.nio.file.Files.newInputStream(this.wal.path()))) {
					long end = org.litestream4j.sqlite.WalTail.scan(in, "").commitOffset();
					int frames = (int) ((end - WalHeader.SIZE) / header.frameSize());
					return new CheckpointResult(published.busy(), Math.max(frames, published.log()),
							published.backfilled());
				}
			}
			""";

	private NegativeControls() {
	}

	/**
	 * Runs with a fault until that is noticed.
	 * @param directory for everything that is written
	 * @param firstSeed of the runs
	 * @param rounds at most
	 * @param seconds of each
	 * @return what the run printed that noticed it
	 * @throws AssertionError if none did
	 */
	static String requireNoticed(Fault fault, Path directory, long firstSeed, int rounds, int seconds)
			throws IOException, InterruptedException {
		Path classes = compile(fault, directory.resolve("classes"));
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m",
						StressMain.class.getName(), String.valueOf(firstSeed), String.valueOf(rounds),
						String.valueOf(seconds), directory.resolve("runs").toString(), fault.mode));
		Path printed = directory.resolve("printed.txt");
		ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(printed.toFile());
		builder.environment().put("CLASSPATH", classes + ":" + System.getProperty("java.class.path"));
		Process process = builder.start();
		try {
			if (!process.waitFor(rounds * (seconds + 150L), TimeUnit.SECONDS)) {
				throw new AssertionError("%s: the runs do not end".formatted(fault));
			}
		}
		finally {
			process.destroyForcibly();
		}
		String text = Files.readString(printed, StandardCharsets.UTF_8);
		if (process.exitValue() == 0 || !text.contains("FAILED seed")) {
			throw new AssertionError("%s: no run noticed it. %s".formatted(fault, text));
		}
		return text.substring(text.indexOf("FAILED seed"));
	}

	/** What stands before and after what a fault replaces. */
	static String[] around(Fault fault) throws IOException {
		Path source = SOURCES.resolve(fault.source);
		String[] parts = withoutIndents(Files.readString(source))
			.split(java.util.regex.Pattern.quote(withoutIndents(fault.original)), -1);
		if (parts.length != 2) {
			throw new AssertionError("%s: what it replaces stands %d times in %s: write the fault anew".formatted(fault,
					parts.length - 1, source));
		}
		return parts;
	}

	/** Compiles the source with the fault in it. */
	static Path compile(Fault fault, Path classes) throws IOException {
		Files.createDirectories(classes);
		Path source = SOURCES.resolve(fault.source);
		String[] parts = around(fault);
		String rest = parts[1];
		if (fault.replacement.contains("beyond(")) {
			int end = rest.lastIndexOf('}');
			rest = rest.substring(0, end) + BEYOND + "}\n";
		}
		Path changed = classes.resolve(Objects.requireNonNull(source.getFileName()));
		Files.writeString(changed, parts[0] + fault.replacement + rest);
		int status = ToolProvider.getSystemJavaCompiler()
			.run(null, null, null, "-proc:none", "-nowarn", "-d", classes.toString(), "-classpath",
					System.getProperty("java.class.path"), changed.toString());
		if (status != 0) {
			throw new AssertionError("%s: what is left does not compile".formatted(fault));
		}
		return classes;
	}

	private static String withoutIndents(String text) {
		return text.lines().map(String::strip).collect(java.util.stream.Collectors.joining("\n"));
	}

	/**
	 * All faults:
	 * {@code NegativeControls <first seed> <rounds each> <seconds> <directory>}, in the
	 * module's directory. Needs what {@link StressMain} needs.
	 */
	public static void main(String[] arguments) throws Exception {
		for (Fault fault : FAULTS) {
			if (arguments.length > 4 && !fault.name.contains(arguments[4])) {
				continue;
			}
			Path directory = Path.of(arguments[3]).resolve(fault.name.replace(' ', '-'));
			long start = System.nanoTime();
			try {
				String how = requireNoticed(fault, directory, Long.parseLong(arguments[0]),
						Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]));
				System.out.printf("%s: noticed after %d s%n%s%n", fault,
						TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start), how);
			}
			catch (AssertionError ex) {
				System.out.println("NOT NOTICED " + ex.getMessage());
			}
		}
	}

}
