package org.litestream4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.RestoreRequest;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.RestoreProgress;

/**
 * From the start of replication until the first snapshot of a database is visible, and
 * the restore of it: ours, and the real litestream's, on the same files.
 */
final class SnapshotRestoreBenchmark {

	private final Settings settings;

	private final Figures snapshots = new Figures("s");

	private final Figures restores = new Figures("s");

	SnapshotRestoreBenchmark(Settings settings) {
		this.settings = settings;
	}

	void run() throws Exception {
		try (Workplace source = Workplace.in(this.settings.directory())) {
			source.fill(this.settings.megabytes());
			for (int round = 0; round < this.settings.rounds(); round++) {
				if (this.settings.litestream().isPresent()) {
					measureSidecar(source, this.settings.litestream().get());
				}
				measureOurs(source);
			}
		}
		this.snapshots.print("Start to visible snapshot, %d MB".formatted(this.settings.megabytes()));
		this.restores
			.print("Restore, %d MB, no integrity check, each its own replica".formatted(this.settings.megabytes()));
	}

	private void measureOurs(Workplace source) throws Exception {
		try (Workplace place = Workplace.in(this.settings.directory())) {
			Files.copy(source.database(), place.database());
			long start = System.nanoTime();
			try (LitestreamDatabase litestream = place.replicate()) {
				awaitSnapshot(place);
				this.snapshots.add("litestream-core", seconds(start));
				litestream.sync(Workplace.PATIENCE);
			}
			Path output = place.folder().resolve("restored.db");
			start = System.nanoTime();
			RestoreRequest latest = RestoreRequest.latest(output);
			new LitestreamRestore("app", List.of(place.replicaOptions()), LitestreamListener.NONE).restore(
					new RestoreRequest(output, null, latest.target(), SnapshotRestoreBenchmark.unchecked()),
					RestoreProgress.NONE);
			this.restores.add("litestream-core", seconds(start));
			requireEqual(source.database(), output);
		}
	}

	private static org.litestream4j.restore.RestoreOptions unchecked() {
		return new org.litestream4j.restore.RestoreOptions(16,
				org.litestream4j.restore.RestoreOptions.IntegrityCheck.NONE);
	}

	private void measureSidecar(Workplace source, Path binary) throws Exception {
		try (Workplace place = Workplace.in(this.settings.directory())) {
			Files.copy(source.database(), place.database());
			long start = System.nanoTime();
			Process sidecar = place.sidecar(binary);
			try {
				awaitSnapshot(place);
				this.snapshots.add("litestream v0.3.13", seconds(start));
			}
			finally {
				sidecar.destroy();
				sidecar.waitFor();
			}
			Path output = place.folder().resolve("restored.db");
			start = System.nanoTime();
			int status = new ProcessBuilder(binary.toString(), "restore", "-o", output.toString(),
					"file://" + place.replica())
				.inheritIO()
				.start()
				.waitFor();
			if (status != 0) {
				throw new IOException("restore ended with status " + status);
			}
			this.restores.add("litestream v0.3.13", seconds(start));
		}
	}

	private static void requireEqual(Path expected, Path actual) throws IOException {
		long at = Files.mismatch(expected, actual);
		if (at >= 0 && at >= 4096) {
			throw new IOException("the restored file differs at byte " + at);
		}
	}

	private static void awaitSnapshot(Workplace place) throws IOException {
		while (!hasSnapshot(place)) {
			LockSupport.parkNanos(1_000_000);
		}
	}

	private static boolean hasSnapshot(Workplace place) throws IOException {
		if (!Files.isDirectory(place.replica())) {
			return false;
		}
		try (Stream<Path> files = Files.walk(place.replica())) {
			return files.anyMatch((file) -> file.toString().endsWith(".snapshot.lz4"));
		}
		catch (java.io.UncheckedIOException ex) {
			return false; // a file was renamed while the folder was read
		}
	}

	private static double seconds(long start) {
		return (System.nanoTime() - start) / 1e9;
	}

}
