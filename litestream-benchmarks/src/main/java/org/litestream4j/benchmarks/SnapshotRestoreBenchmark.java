package org.litestream4j.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import org.litestream4j.BackupFormat;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreRequest;
import org.litestream4j.observe.LitestreamListener;

/**
 * From the start of replication until the first snapshot of a database is visible: ours,
 * and that of the real litestream of the same format, on copies of one database. Then the
 * restore of one and the same replica, by both. Who is first changes with each round.
 */
final class SnapshotRestoreBenchmark {

	private final String ours;

	private final String theirs;

	private final Settings settings;

	private final BackupFormat format;

	/** The real one that writes the same format. */
	private final Optional<Path> real;

	private final Figures snapshots = new Figures("s");

	private final Figures restores = new Figures("s");

	SnapshotRestoreBenchmark(Settings settings) {
		this.settings = settings;
		this.format = settings.format().equals("ltx") ? BackupFormat.LTX : BackupFormat.V3;
		boolean ltx = this.format == BackupFormat.LTX;
		this.real = ltx ? settings.litestream5() : settings.litestream();
		this.ours = ltx ? "litestream-core, LTX" : "litestream-core";
		this.theirs = ltx ? "litestream v0.5.17" : "litestream v0.3.13";
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
		try (LitestreamDatabase litestream = place.replicate(this.format)) {
			awaitSnapshot(place);
			add(this.snapshots, this.ours, start, counts);
			litestream.sync(Workplace.PATIENCE);
		}
	}

	private void replicateByThem(Workplace source, boolean counts) throws Exception {
		if (this.real.isEmpty()) {
			return;
		}
		try (Workplace place = Workplace.in(this.settings.directory())) {
			Files.copy(source.database(), place.database());
			long start = System.nanoTime();
			Process sidecar = place.sidecar(this.real.get());
			try {
				awaitSnapshot(place);
				add(this.snapshots, this.theirs, start, counts);
			}
			finally {
				sidecar.destroy();
				sidecar.waitFor();
			}
		}
	}

	private void restore(Workplace place, IntegrityCheck check, boolean counts) throws Exception {
		Path output = place.directory().resolve("ours.db");
		RestoreOptions options = RestoreOptions.DEFAULTS.withIntegrityCheck(check);
		long start = System.nanoTime();
		new LitestreamRestore("app", List.of(place.replicaOptions(this.format)), LitestreamListener.NONE)
			.restore(RestoreRequest.latest(output).withOptions(options));
		add(this.restores, this.ours + ((check == IntegrityCheck.NONE) ? "" : ", quick check"), start, counts);
		requireEqual(place.database(), output);
		Files.delete(output);
	}

	private void restoreByThem(Workplace place, boolean counts) throws Exception {
		if (this.real.isEmpty()) {
			return;
		}
		Path output = place.directory().resolve("theirs.db");
		long start = System.nanoTime();
		int status = new ProcessBuilder(this.real.get().toString(), "restore", "-o", output.toString(),
				"file://" + place.replica())
			.inheritIO()
			.start()
			.waitFor();
		if (status != 0) {
			throw new IOException("restore ended with status " + status);
		}
		add(this.restores, this.theirs, start, counts);
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
			return files.anyMatch((file) -> isWhole(file.toString()));
		}
		catch (UncheckedIOException ex) {
			return false; // a file was renamed while the directory was read
		}
	}

	/** The first file of an LTX replica holds the whole database. */
	private static boolean isWhole(String file) {
		return file.endsWith(".snapshot.lz4") || file.endsWith(".ltx");
	}

	private static void add(Figures figures, String name, long start, boolean counts) {
		if (counts) {
			figures.add(name, (System.nanoTime() - start) / 1e9);
		}
	}

}
