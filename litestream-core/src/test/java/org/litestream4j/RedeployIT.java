package org.litestream4j;

import java.io.File;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.testing.ChildJvm;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.EnabledIfSqlite3;
import org.litestream4j.testing.Sqlite3;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A web application that is deployed again and again in one server: each time with a
 * class loader of its own, and a copy of SQLite and of this library in it.
 */
@EnabledIfSqlite3
class RedeployIT {

	@TempDir
	private Path temp;

	@Test
	void collectedClassLoadersTakeNoLocksAndLeaveNoDescriptorsBehind() throws Exception {
		Path database = this.temp.resolve("app.db");
		try (ChildProcess server = ChildJvm.start(Server.class, database.toString())) {
			for (int deployment = 1; deployment <= 4; deployment++) {
				server.send("deploy");
				server.awaitLine("deployed"::equals);
				// Opens and closes, and deletes the WAL if it sees nobody else
				assertThat(Sqlite3.run(database, "SELECT count(*) FROM ledger;"))
					.isEqualTo(String.valueOf(4 * deployment - 1));
				assertThat(Path.of(database + "-wal")).exists();
				server.send("commit");
				server.awaitLine("committed"::equals);
				server.send("undeploy");
				server.awaitLine("undeployed with 1 descriptor"::equals);
			}
			server.send("deploy");
			server.awaitLine("deployed"::equals);
			Sqlite3.run(database, "SELECT count(*) FROM ledger;");
			server.send("commit");
			server.awaitLine("committed"::equals);
			server.kill();
		}
		assertThat(TestDatabase.entriesIn(database)).as("acknowledged").isEqualTo(20);
		Path restored = this.temp.resolve("restored.db");
		new LitestreamRestore("app", List.of(replica(database)), LitestreamListener.NONE)
			.restore(RestoreRequest.latest(restored), RestoreProgress.NONE);
		assertThat(TestDatabase.entriesIn(restored)).isEqualTo(20);
	}

	private static Replica replica(Path database) {
		return new Replica("file", new FileStore(database.resolveSibling("replica"), SystemDisk.ownerOnly()),
				Replica.Options.DEFAULTS);
	}

	/** One deployed version. Loaded by a class loader of its own. */
	public static final class Application {

		private final LitestreamDatabase litestream;

		private final List<TestDatabase> pool = new ArrayList<>();

		/** Starts it. */
		public Application(String database) throws Exception {
			Path path = Path.of(database);
			this.litestream = LitestreamDatabase.start(LitestreamOptions.of(path), List.of(replica(path)),
					LitestreamListener.NONE);
			for (int i = 0; i < 5; i++) {
				this.pool.add(TestDatabase.open(path));
			}
			commit();
		}

		/** Commits once, and has that shipped. */
		public void commit() throws Exception {
			this.pool.get(0).commit();
			this.litestream.sync(Duration.ofSeconds(60));
		}

		/** Stops it as an application context does: replication before the pool. */
		public void stop() throws SQLException {
			this.litestream.close();
			for (TestDatabase connection : this.pool) {
				connection.close();
			}
			for (Driver driver : Collections.list(DriverManager.getDrivers())) {
				DriverManager.deregisterDriver(driver);
			}
		}

	}

	/** The server, which knows no class of the application's. */
	static final class Server {

		private final String database;

		@Nullable private Object application;

		@Nullable private URLClassLoader loader;

		private final List<WeakReference<ClassLoader>> undeployed = new ArrayList<>();

		private Server(String database) {
			this.database = database;
		}

		public static void main(String[] arguments) throws Exception {
			// The driver starts processes, and the JDK's thread that awaits them would
			// keep
			// the class loader that was the first to do so for a minute
			new ProcessBuilder("true").start().waitFor();
			Server server = new Server(arguments[0]);
			for (String line : (Iterable<String>) new java.io.BufferedReader(
					new java.io.InputStreamReader(System.in, java.nio.charset.StandardCharsets.UTF_8))
				.lines()::iterator) {
				switch (line) {
					case "deploy" -> System.out.println(server.deploy());
					case "commit" -> System.out.println(server.commit());
					default -> System.out.println(server.undeploy());
				}
			}
		}

		private String deploy() throws Exception {
			this.loader = new URLClassLoader(classPath(), ClassLoader.getPlatformClassLoader());
			Thread.currentThread().setContextClassLoader(this.loader);
			this.application = this.loader.loadClass("org.litestream4j.RedeployIT$Application")
				.getConstructor(String.class)
				.newInstance(this.database);
			call("commit");
			collectOlder(); // while the new one is in use, which is when it did harm
			call("commit");
			return "deployed";
		}

		private String commit() throws Exception {
			call("commit");
			return "committed";
		}

		private void call(String method) throws Exception {
			Object called = java.util.Objects.requireNonNull(this.application);
			called.getClass().getMethod(method).invoke(called);
		}

		private String undeploy() throws Exception {
			call("stop");
			this.application = null;
			Thread.currentThread().setContextClassLoader(null);
			URLClassLoader closed = java.util.Objects.requireNonNull(this.loader);
			this.loader = null;
			this.undeployed.add(new WeakReference<>(closed));
			closed.close();
			while (descriptors() > 1) {
				Thread.onSpinWait(); // until the last reader has seen that it is the last
			}
			return "undeployed with %d descriptor".formatted(descriptors());
		}

		private void collectOlder() throws InterruptedException {
			while (this.undeployed.stream().anyMatch((loader) -> loader.get() != null)) {
				System.gc();
				Thread.sleep(20);
			}
			Thread.sleep(200); // the cleaner closes what was collected
		}

		private int descriptors() throws IOException {
			int count = 0;
			try (DirectoryStream<Path> links = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
				for (Path link : links) {
					count += target(link).startsWith(this.database) ? 1 : 0;
				}
			}
			return count;
		}

		private static String target(Path link) {
			try {
				return Files.readSymbolicLink(link).toString();
			}
			catch (IOException ex) {
				return ""; // closed meanwhile
			}
		}

		private static URL[] classPath() throws MalformedURLException {
			List<URL> urls = new ArrayList<>();
			for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
				urls.add(Path.of(entry).toUri().toURL());
			}
			return urls.toArray(URL[]::new);
		}

	}

}
