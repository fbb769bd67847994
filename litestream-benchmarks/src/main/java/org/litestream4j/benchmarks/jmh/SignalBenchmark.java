package org.litestream4j.benchmarks.jmh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;

/**
 * What a commit's signal costs the thread that commits, while the engine is awake.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SignalBenchmark {

	private final Path directory;

	private final LitestreamDatabase litestream;

	/** Starts the engine. */
	public SignalBenchmark() {
		try {
			this.directory = Files.createTempDirectory("litestream-signal-");
			this.litestream = start(this.directory);
		}
		catch (IOException | SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static LitestreamDatabase start(Path directory) throws IOException, SQLException {
		Path database = directory.resolve("app.db");
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
				Statement statement = connection.createStatement()) {
			statement.execute("PRAGMA journal_mode=WAL");
			statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)");
		}
		Replica replica = new Replica("file", new FileStore(directory.resolve("replica"), SystemDisk.ownerOnly()),
				Replica.Options.DEFAULTS);
		return LitestreamDatabase.start(LitestreamOptions.of(database), List.of(replica), LitestreamListener.NONE);
	}

	/** Wakes the engine once. */
	@Setup(Level.Trial)
	public void wake() {
		this.litestream.changed();
	}

	/** Stops it. */
	@TearDown(Level.Trial)
	public void stop() throws IOException {
		this.litestream.close();
		try (Stream<Path> files = Files.walk(this.directory)) {
			for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
				Files.deleteIfExists(file);
			}
		}
	}

	/** One signal after the other. */
	@Benchmark
	public void signal() {
		this.litestream.changed();
	}

}
