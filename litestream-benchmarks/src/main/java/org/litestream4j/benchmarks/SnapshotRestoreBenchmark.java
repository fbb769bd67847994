package org.litestream4j.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.RestoreRequest;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.RestoreOptions;
import org.litestream4j.restore.RestoreOptions.IntegrityCheck;
import org.litestream4j.restore.RestoreProgress;
import org.litestream4j.restore.RestoreTarget;

/**
 * From the start of replication until the first snapshot of a database is visible: ours,
 * and the real litestream's, on copies of one database. Then the restore of one and the
 * same replica, by both. Who is first changes with each round.
 */
final class SnapshotRestoreBenchmark {

	private static final String OURS = "litestream-core";

	private static final String THEIRS = "litestream v0.3.13";

	private final Settings settings;

	private final Figures snapshots = new Figures("s");

	private final Figures restores = new Figures("s");

	SnapshotRestoreBenchmark(Settings settings) {
		this.settings = settings;
	}

	void run() throws Exception {
		try (Workplace source = Workplace.in(this.settings.directory())) {
			source.fill(this.settings.megabytes());
			for (int round = -1; round < this.settings.rounds(); round++) {
				boolean counts = round >= 0; // the first one warms up
				try (Workplace place = Workplace.in(this.settings.directory())) {
					measure(List.of(() -> replicateByThem(source, counts), () -> replicate(source, place, counts)),
							round);
					measure(List.of(() -> restoreByThem(place, counts),
							() -> restore(place, IntegrityCheck.NONE, counts),
							() -> restore(place, IntegrityCheck.QUICK, counts)), round);
				}
			}
		}
		this.snapshots.print("Start to visible snapshot, %d MB".formatted(this.settings.megabytes()));
		this.restores.print("Restore of one replica, %d MB".formatted(this.settings.megabytes()));
	}

	/** Each in turn; another one is first in each round. */
	private void measure(List<Step> steps, int round) throws Exception {
		for (int i = 0; i < steps.size(); i++) {
			steps.get(Math.floorMod(round + i, steps.size())).run();
		}
	}

	private interface Step {

		void run() throws Exception;

	}

	private void replicate(Workplace source, Workplace place, boolean counts) throws Exception {
		Files.copy(source.database(), place.database());
		long start = System.nanoTime();
		try (LitestreamDatabase litestream = place.replicate()) {
			awaitSnapshot(place);
			add(this.snapshots, OURS, start, counts);
			litestream.sync(Workplace.PATIENCE);
		}
	}

	private void replicateByThem(Workplace source, boolean counts) throws Exception {
		if (this.settings.litestream().isEmpty()) {
			return;
		}
		try (Workplace place = Workplace.in(this.settings.directory())) {
			Files.copy(source.database(), place.database());
			long start = System.nanoTime();
			Process sidecar = place.sidecar(this.settings.litestream().get());
			try {
				awaitSnapshot(place);
				add(this.snapshots, THEIRS, start, counts);
			}
			finally {
				sidecar.destroy();
				sidecar.waitFor();
			}
		}
	}

	private void restore(Workplace place, IntegrityCheck check, boolean counts) throws Exception {
		Path output = place.folder().resolve("ours.db");
		RestoreOptions options = new RestoreOptions(RestoreOptions.DEFAULTS.parallelism(), check);
		long start = System.nanoTime();
		new LitestreamRestore("app", List.of(place.replicaOptions()), LitestreamListener.NONE)
			.restore(new RestoreRequest(output, null, RestoreTarget.LATEST, options), RestoreProgress.NONE);
		add(this.restores, OURS + ((check == IntegrityCheck.NONE) ? "" : ", quick check"), start, counts);
		requireEqual(place.database(), output);
		Files.delete(output);
	}

	private void restoreByThem(Workplace place, boolean counts) throws Exception {
		if (this.settings.litestream().isEmpty()) {
			return;
		}
		Path output = place.folder().resolve("theirs.db");
		long start = System.nanoTime();
		int status = new ProcessBuilder(this.settings.litestream().get().toString(), "restore", "-o", output.toString(),
				"file://" + place.replica())
			.inheritIO()
			.start()
			.waitFor();
		if (status != 0) {
			throw new IOException("restore ended with status " + status);
		}
		add(this.restores, THEIRS, start, counts);
		requireEqual(place.database(), output);
		Files.delete(output);
	}

	/** The database is at rest: all of it is in its file. */
	private static void requireEqual(Path expected, Path actual) throws IOException {
		long at = Files.mismatch(expected, actual);
		if (at >= 0) {
			throw new IOException("%s differs at byte %d".formatted(actual, at));
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
		catch (UncheckedIOException ex) {
			return false; // a file was renamed while the folder was read
		}
	}

	private static void add(Figures figures, String name, long start, boolean counts) {
		if (counts) {
			figures.add(name, (System.nanoTime() - start) / 1e9);
		}
	}

}
