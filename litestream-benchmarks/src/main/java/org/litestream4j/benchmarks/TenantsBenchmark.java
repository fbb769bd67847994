package org.litestream4j.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.S3Client;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.format.Snapshot;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.s3.S3Clients;
import org.litestream4j.store.s3.S3Connection;
import org.litestream4j.store.s3.S3Location;
import org.litestream4j.store.s3.S3ReplicaOptions;
import org.litestream4j.store.s3.S3Store;
import org.litestream4j.testsupport.s3.S3TestServer;

/**
 * Many databases in one JVM: what they take while nothing is written, and how long a
 * commit takes to reach the replica while a tenth of them is written to once a second;
 * then the same while the store of another tenth hangs.
 */
final class TenantsBenchmark {

	/** Less than between two commits, so that each is shipped as soon as can be. */
	private static final Replica.Options OPTIONS = Replica.Options.builder()
		.syncInterval(Duration.ofMillis(500))
		.build();

	/** The first commits are made while the code is being compiled. */
	private static final int WARM_UP_SECONDS = 5;

	private static final int AT_A_TIME = 8;

	/** With fewer a percentile says little. */
	private static final int LEAST_COMMITS = 60;

	/** Of each database that is replicated: the file itself and its WAL. */
	private static final int OURS_BESIDE_META = 2;

	private final Settings settings;

	private final Map<String, Long> committed = new ConcurrentHashMap<>();

	private final List<Double> lags = new ArrayList<>();

	/** The sorted lags of a single database with the same kind of store. */
	private double[] single = new double[0];

	/** Counts down to when each database has its first snapshot. */
	private volatile CountDownLatch ready = new CountDownLatch(0);

	/** Of all databases to their stores. */
	private final AtomicLong requests = new AtomicLong();

	private volatile CountDownLatch answers = new CountDownLatch(0);

	TenantsBenchmark(Settings settings) {
		this.settings = settings;
	}

	/** Makes the replica of one database. */
	@FunctionalInterface
	private interface Stores {

		ObjectStore of(Path directory, String name) throws IOException;

	}

	/** As the other one, for the database of some number. */
	@FunctionalInterface
	private interface NumberedStores {

		ObjectStore of(String name, int number) throws IOException;

	}

	void run() throws Exception {
		System.out.printf("%n%-34s %8s %8s %8s %9s %9s %9s %9s %9s %8s %8s %8s%n", "", "threads", "files/db", "ours/db",
				"idle %", "busy %", "heap MB", "p50 ms", "p99 ms", "p50 x", "p99 x", "commits");
		if (this.settings.stores().contains("directory")) {
			for (int count : this.settings.databases()) {
				measure("directory", count,
						(directory, name) -> new FileStore(directory.resolve(name), SystemDisk.ownerOnly()));
			}
		}
		if (this.settings.stores().contains("s3")) {
			runWithS3();
		}
	}

	private void runWithS3() throws Exception {
		try (Workplace place = Workplace.in(this.settings.directory());
				S3ServerProcess server = S3ServerProcess.start(place.directory())) {
			S3Connection connection = new S3Connection(server.endpoint(), null, null, S3TestServer.ACCESS_KEY_ID,
					S3TestServer.SECRET_ACCESS_KEY, null, null);
			try (S3Client shared = S3Clients.create(connection, null)) {
				for (int count : this.settings.databases()) {
					measure("one S3 server", count, (directory, name) -> new S3Store(shared, false,
							S3Location.of(S3ServerProcess.BUCKET, count + "/" + name), S3ReplicaOptions.DEFAULTS));
				}
			}
		}
	}

	private void measure(String store, int count, Stores stores) throws Exception {
		List<LitestreamDatabase> databases = List.of();
		this.ready = new CountDownLatch(count);
		try (Workplace place = Workplace.in(this.settings.directory())) {
			try {
				Path files = Files.createDirectories(place.directory().resolve("databases"));
				Path replicas = place.directory().resolve("replicas");
				int hanging = count / 10;
				long begun = System.nanoTime();
				databases = startAll(files, count, (name, number) -> {
					ObjectStore client = stores.of(replicas, name);
					return (number >= count - hanging) ? mayHang(client, name) : client;
				});
				double started = secondsSince(begun);
				awaitAll(databases);
				System.out.printf("  %d: started in %.1f s, everything stored after %.1f s%n", count, started,
						secondsSince(begun));
				measure(store, files, databases, hanging);
			}
			finally {
				this.answers.countDown();
				long begun = System.nanoTime();
				closeAll(databases);
				System.out.printf("  %d: stopped in %.1f s%n", count, secondsSince(begun));
			}
		}
	}

	/** As many at a time as the starter does. */
	private List<LitestreamDatabase> startAll(Path files, int count, NumberedStores stores) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME);
		try {
			List<Future<LitestreamDatabase>> starting = new ArrayList<>();
			for (int i = 0; i < count; i++) {
				String name = "db" + i;
				int number = i;
				starting.add(
						threads.submit(() -> LitestreamDatabase.start(LitestreamOptions.of(files.resolve(name + ".db")),
								List.of(new Replica("one", stores.of(name, number), OPTIONS)), listener())));
			}
			List<LitestreamDatabase> started = new ArrayList<>();
			for (Future<LitestreamDatabase> each : starting) {
				started.add(each.get());
			}
			return started;
		}
		finally {
			threads.shutdown();
		}
	}

	private static double secondsSince(long begun) {
		return (System.nanoTime() - begun) / 1e9;
	}

	private void measure(String store, Path files, List<LitestreamDatabase> databases, int hanging) throws Exception {
		int count = databases.size();
		long requests = this.requests.get();
		double idle = share(this.settings.seconds());
		requests = this.requests.get() - requests;
		List<Connection> connections = new ArrayList<>();
		try {
			for (int i = 0; i < Math.max(count / 10, 1); i++) {
				connections.add(connect(databases.get(i).options().database()));
			}
			double busy = write(databases, connections);
			double[] single = this.single;
			if (count == 1) {
				this.single = sortedLags();
			}
			// Only those that were written to have all their files open
			Map<String, Integer> kinds = descriptors(files, connections.size());
			double all = kinds.values().stream().mapToInt(Integer::intValue).sum();
			double ours = OURS_BESIDE_META * connections.size() + kinds.entrySet()
				.stream()
				.filter((kind) -> kind.getKey().startsWith("meta"))
				.mapToInt(Map.Entry::getValue)
				.sum();
			print("%s, %d".formatted(store, count), all / connections.size(), ours / connections.size(), idle, busy);
			if (requests > 0) {
				System.out.println("  requests while idle: " + requests);
			}
			if (count == 1 || single.length == 0) {
				System.out.println("  descriptors, with the application's own connection: " + kinds);
			}
			if (hanging > 0) {
				this.answers = new CountDownLatch(1);
				for (int i = count - hanging; i < count; i++) {
					try (Connection connection = connect(databases.get(i).options().database())) {
						insert(connection);
					}
					databases.get(i).changed();
				}
				busy = write(databases, connections);
				print("  while the store of %d others hangs".formatted(hanging), 0, 0, 0, busy);
			}
		}
		finally {
			for (Connection connection : connections) {
				connection.close();
			}
		}
	}

	private double[] sortedLags() {
		synchronized (this.lags) {
			return this.lags.stream().mapToDouble(Double::doubleValue).sorted().toArray();
		}
	}

	private void print(String title, double files, double ours, double idle, double busy) {
		double[] sorted = sortedLags();
		double p50 = percentile(sorted, 50);
		double p99 = percentile(sorted, 99);
		System.out.printf("%-34s %8d %8.1f %8.1f %9.2f %9.2f %9.1f %9.1f %9.1f %8.2f %8.2f %8d%n", title,
				ManagementFactory.getThreadMXBean().getThreadCount(), files, ours, idle, busy, heap(), p50, p99,
				p50 / percentile(this.single, 50), p99 / percentile(this.single, 99), sorted.length);
	}

	private static double percentile(double[] sorted, int percent) {
		return (sorted.length == 0) ? Double.NaN : sorted[Math.min(sorted.length * percent / 100, sorted.length - 1)];
	}

	private static double heap() {
		System.gc();
		System.gc();
		return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1e6;
	}

	/** Processor time of this process, in percent of one core. */
	private static double share(int seconds) throws IOException, InterruptedException {
		double processor = ProcessUsage.ownCpuSeconds();
		long start = System.nanoTime();
		Thread.sleep(seconds * 1000L);
		return (ProcessUsage.ownCpuSeconds() - processor) * 1e11 / (System.nanoTime() - start);
	}

	/**
	 * One commit a second to each connection, evenly spread.
	 * @return processor time in percent of one core
	 */
	private double write(List<LitestreamDatabase> databases, List<Connection> connections) throws Exception {
		write(databases, connections, WARM_UP_SECONDS);
		synchronized (this.lags) {
			this.lags.clear();
		}
		double processor = ProcessUsage.ownCpuSeconds();
		long start = System.nanoTime();
		write(databases, connections, Math.max(this.settings.seconds(), LEAST_COMMITS / connections.size()));
		double busy = (ProcessUsage.ownCpuSeconds() - processor) * 1e11 / (System.nanoTime() - start);
		for (int i = 0; i < connections.size(); i++) {
			databases.get(i).awaitReplicated(Workplace.PATIENCE); // its lag counts too
		}
		return busy;
	}

	private void write(List<LitestreamDatabase> databases, List<Connection> connections, int seconds)
			throws SQLException {
		long begun = System.nanoTime();
		long spacing = 1_000_000_000L / connections.size();
		for (long commit = 0; commit < (long) seconds * connections.size(); commit++) {
			long due = begun + commit * spacing;
			for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
				LockSupport.parkNanos(left);
			}
			int database = (int) (commit % connections.size());
			insert(connections.get(database));
			this.committed.putIfAbsent(databases.get(database).options().name(), System.nanoTime());
			databases.get(database).changed();
		}
	}

	private static Connection connect(Path database) throws SQLException {
		Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
		Workplace.execute(connection, "PRAGMA synchronous=NORMAL");
		Workplace.execute(connection, "PRAGMA wal_autocheckpoint=0");
		Workplace.execute(connection, "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v TEXT)");
		return connection;
	}

	private static void insert(Connection connection) throws SQLException {
		try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t (v) VALUES ('a small row')")) {
			insert.executeUpdate();
		}
	}

	private LitestreamListener listener() {
		return new LitestreamListener() {
			@Override
			public void snapshotTaken(String database, String replica, @Nullable Snapshot snapshot, Duration duration,
					Outcome outcome) {
				if (outcome == Outcome.SUCCESS) {
					TenantsBenchmark.this.ready.countDown();
				}
			}

			@Override
			public void replicaOperation(String database, String replica, ReplicaOperation operation, Outcome outcome,
					Duration duration, long bytes) {
				TenantsBenchmark.this.requests.incrementAndGet();
				Long since = (operation == ReplicaOperation.WRITE_WAL)
						? TenantsBenchmark.this.committed.remove(database) : null;
				if (since != null) {
					double lag = (System.nanoTime() - since) / 1e6;
					synchronized (TenantsBenchmark.this.lags) {
						TenantsBenchmark.this.lags.add(lag);
					}
				}
			}
		};
	}

	/** Another store, as its url has another host, that does not answer at times. */
	private ObjectStore mayHang(ObjectStore client, String name) {
		return (ObjectStore) Proxy.newProxyInstance(ObjectStore.class.getClassLoader(),
				new Class<?>[] { ObjectStore.class }, (proxy, method, arguments) -> {
					if (method.getName().equals("url")) {
						return "hanging://store/" + name;
					}
					if (method.getName().equals("put")) {
						this.answers.await();
					}
					try {
						return method.invoke(client, arguments);
					}
					catch (InvocationTargetException ex) {
						throw (ex.getCause() != null) ? ex.getCause() : ex;
					}
				});
	}

	/** Waits until each has stored its first snapshot and everything there is to ship. */
	private void awaitAll(List<LitestreamDatabase> databases) throws Exception {
		if (!this.ready.await(Workplace.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
			throw new IllegalStateException("%d snapshots are missing".formatted(this.ready.getCount()));
		}
		for (LitestreamDatabase database : databases) {
			database.sync(Workplace.PATIENCE);
		}
	}

	private static void closeAll(List<LitestreamDatabase> databases) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME);
		List<Future<?>> closing = new ArrayList<>();
		for (LitestreamDatabase database : databases) {
			closing.add(threads.submit(() -> database.close()));
		}
		for (Future<?> each : closing) {
			each.get();
		}
		threads.shutdown();
		Thread.sleep(2000); // the connections that are left are closed soon
	}

	/**
	 * Those of the first databases by what they are, as the links of this process name
	 * them.
	 */
	private static Map<String, Integer> descriptors(Path files, int databases) throws IOException {
		Map<String, Integer> kinds = new TreeMap<>();
		try (DirectoryStream<Path> links = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
			for (Path link : links) {
				String target = target(link);
				if (target.startsWith(files + "/") && number(files.relativize(Path.of(target))) < databases) {
					kinds.merge(kind(files.relativize(Path.of(target))), 1, Integer::sum);
				}
			}
		}
		return kinds;
	}

	private static String target(Path link) {
		try {
			return Files.readSymbolicLink(link).toString();
		}
		catch (IOException ex) {
			return ""; // closed meanwhile
		}
	}

	/** That of the database a file belongs to. */
	private static int number(Path file) {
		return Integer.parseInt(file.getName(0).toString().replaceAll("^\\.?db(\\d+)\\.db.*", "$1"));
	}

	private static String kind(Path file) {
		if (file.getNameCount() > 1) {
			String name = file.getFileName().toString();
			return "meta " + (name.startsWith("replica-") ? "notes" : name.endsWith(".wal") ? "wal" : name);
		}
		return Arrays.stream(new String[] { "-wal", "-shm" })
			.filter(file.toString()::endsWith)
			.findFirst()
			.orElse("db");
	}

}
