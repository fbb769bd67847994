package org.litestream4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.litestream4j.BackupFormat;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.io.Disk;
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
 * From the return of a single commit until its segment or LTX file is visible in the
 * replica: ours, in a directory and in an S3 server whose answers take 20 ms longer, and
 * the real ones'. What a directory cannot do without is measured between the commits: to
 * write a file of the same size, force it, give it its name, and force that.
 */
final class LatencyBenchmark {

	private static final Duration REQUEST = Duration.ofMillis(20);

	private static final Duration SYNC_INTERVAL = Duration.ofMillis(1);

	/** Of as many commits one after a long pause. */
	private static final int SELDOM = 25;

	/** How many do not count. */
	private static final int WARM_UP = 100;

	/** After as many commits it is measured what the disk takes. */
	private static final int BETWEEN_FLOORS = 4;

	private final Settings settings;

	private final Random random = new Random(1);

	private final Lags lags = new Lags();

	LatencyBenchmark(Settings settings) {
		this.settings = settings;
	}

	void run() throws Exception {
		for (BackupFormat format : BackupFormat.values()) {
			String name = format.name().toLowerCase(java.util.Locale.ROOT);
			if (this.settings.stores().contains("directory")) {
				try (Workplace place = Workplace.in(this.settings.directory())) {
					measureOurs("directory, " + name, place, format, (disk) -> new FileStore(place.replica(), disk));
				}
			}
			if (this.settings.stores().contains("s3")) {
				try (Workplace place = Workplace.in(this.settings.directory());
						S3ServerProcess server = S3ServerProcess.start(place.directory().resolve("s3"), REQUEST)) {
					S3Connection connection = new S3Connection(server.endpoint(), null, null,
							S3TestServer.ACCESS_KEY_ID, S3TestServer.SECRET_ACCESS_KEY);
					measureOurs("S3 with %d ms, %s".formatted(REQUEST.toMillis(), name), place, format,
							(disk) -> new S3Store(S3Clients.create(connection, null), true,
									S3Location.of(S3ServerProcess.BUCKET, "app"), S3ReplicaOptions.DEFAULTS));
				}
			}
		}
		if (this.settings.litestream().isPresent()) {
			measureSidecar("Litestream v0.3.13 as a sidecar", this.settings.litestream().get());
		}
		if (this.settings.litestream5().isPresent()) {
			measureSidecar("Litestream v0.5.17 as a sidecar", this.settings.litestream5().get());
		}
		this.lags.print("From the return of a commit, single commits");
	}

	private void measureOurs(String name, Workplace place, BackupFormat format, Function<Disk, ObjectStore> store)
			throws Exception {
		PieceWatch watch = new PieceWatch();
		Replica replica = new Replica("replica", watch.watch(store),
				Replica.Options.builder().syncInterval(SYNC_INTERVAL).format(format).build());
		try (LitestreamDatabase litestream = LitestreamDatabase.start(LitestreamOptions.of(place.database()),
				List.of(replica), LitestreamListener.NONE); Connection connection = place.connect(0)) {
			Workplace.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
			litestream.changed();
			litestream.sync(Workplace.PATIENCE);
			try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t (v) VALUES (?)")) {
				for (int i = -WARM_UP; i < this.settings.commits(); i++) {
					Thread.sleep(10 + this.random.nextInt(11));
					commit((i < 0) ? null : name + ", after 10 to 20 ms", insert, litestream, watch, place);
				}
				for (int i = 0; i < this.settings.commits() / SELDOM; i++) {
					Thread.sleep(500 + this.random.nextInt(100));
					commit(name + ", after half a second", insert, litestream, watch, place);
				}
			}
		}
	}

	private void commit(@Nullable String name, PreparedStatement insert, LitestreamDatabase litestream,
			PieceWatch watch, Workplace place) throws Exception {
		watch.begin();
		insert.setString(1, "a small row of some sixty bytes, as many applications write them");
		insert.executeUpdate();
		long start = System.nanoTime();
		litestream.changed();
		watch.await();
		if (name == null) {
			return;
		}
		if (watch.visible == 0) {
			this.lags.add(name + ": stored", watch.acknowledged - start);
			this.lags.add(name + ": without the request", watch.requested - start);
			return;
		}
		this.lags.add(name + ": visible", watch.visible - start);
		this.lags.add(name + ": stored", watch.acknowledged - start);
		if (this.random.nextInt(BETWEEN_FLOORS) == 0) {
			Thread.sleep(10);
			measureFloor(name, place, (int) watch.size);
		}
	}

	/** What nobody can do without. */
	private void measureFloor(String name, Workplace place, int size) throws IOException {
		byte[] bytes = new byte[size];
		this.random.nextBytes(bytes);
		Disk disk = SystemDisk.ownerOnly();
		Path directory = place.directory().resolve("floor");
		disk.createDirectories(directory);
		Path target = directory.resolve("%016x".formatted(this.random.nextLong()));
		Path draft = directory.resolve("draft");
		long start = System.nanoTime();
		try (Disk.DiskFile file = disk.create(draft)) {
			file.write(0, bytes, 0, bytes.length);
			file.force();
			disk.move(draft, target);
			long visible = System.nanoTime();
			disk.forceDirectory(directory);
			this.lags.add(name + ": the least until visible", visible - start);
			this.lags.add(name + ": the least until stored", System.nanoTime() - start);
		}
	}

	private void measureSidecar(String name, Path binary) throws Exception {
		try (Workplace place = Workplace.in(this.settings.directory())) {
			place.connect(0).close();
			Process sidecar = place.sidecar(binary);
			try (Connection connection = place.connect(0)) {
				Workplace.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
				awaitPiece(place, 0);
				for (int i = 0; i < this.settings.rounds() * 4; i++) {
					// Out of step with any interval
					Thread.sleep(1500 + 137 * (i % 7));
					long before = pieces(place);
					Workplace.execute(connection, "INSERT INTO t (v) VALUES ('a')");
					long start = System.nanoTime();
					awaitPiece(place, before);
					this.lags.add(name + ", after 1.5 s or more: visible", System.nanoTime() - start);
				}
			}
			finally {
				sidecar.destroyForcibly().waitFor();
			}
		}
	}

	private static void awaitPiece(Workplace place, long before) {
		while (pieces(place) <= before) {
			LockSupport.parkNanos(200_000);
		}
	}

	private static long pieces(Workplace place) {
		if (!Files.isDirectory(place.replica())) {
			return 0;
		}
		try (Stream<Path> files = Files.walk(place.replica())) {
			return files.filter((file) -> PieceWatch.isPiece(file.toString())).count();
		}
		catch (IOException | java.io.UncheckedIOException ex) {
			return 0; // a file was renamed while the directory was read
		}
	}

}
