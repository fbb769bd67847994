package org.litestream4j.stress;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

import org.litestream4j.BackupFormat;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.LtxOptions;
import org.litestream4j.Replica;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;

/**
 * Starts the engine with thresholds so low that everything happens often, and remembers
 * what it reports.
 */
final class Engine implements LitestreamListener {

	/**
	 * Bytes of shadow WAL: so many that writers do not outrun the replica on a slow
	 * machine, which would begin a generation, as it has to.
	 */
	private static final long ROOM = 1L << 33;

	private final List<String> generations = Collections.synchronizedList(new ArrayList<>());

	private final List<String> failures = Collections.synchronizedList(new ArrayList<>());

	private volatile Consumer<String> generationObserver = (reason) -> {
	};

	/** Tells why a generation starts, from now on. */
	void onGeneration(Consumer<String> observer) {
		this.generationObserver = observer;
	}

	/** A directory replica. */
	static ObjectStore files(Path replica) {
		return new FileStore(replica, SystemDisk.ownerOnly());
	}

	/** How an LTX replica is kept small here: all the time. */
	private static final LtxOptions LTX = new LtxOptions(
			List.of(Duration.ofMillis(150), Duration.ofMillis(600), Duration.ofSeconds(2)), Duration.ofSeconds(1));

	/** Starts it, with a replica in the format of v0.3. */
	static LitestreamDatabase start(Path database, ObjectStore replica, Thresholds thresholds,
			LitestreamListener listener) throws IOException {
		return start(database, replica, BackupFormat.V3, thresholds, listener);
	}

	/** Starts it. */
	static LitestreamDatabase start(Path database, ObjectStore replica, BackupFormat format, Thresholds thresholds,
			LitestreamListener listener) throws IOException {
		LitestreamOptions options = LitestreamOptions.builder(database)
			.name("stress")
			.monitorInterval(Duration.ofMillis(100))
			.checkpointInterval(thresholds.checkpointInterval())
			.minCheckpointPageCount(thresholds.minPages)
			.maxCheckpointPageCount(thresholds.maxPages)
			.truncatePageCount(thresholds.truncatePages)
			.busyTimeout(Duration.ofSeconds(2))
			.shutdownSyncTimeout(Duration.ofSeconds(60))
			.maxShadowWalSize(ROOM)
			.minFreeSpace(0)
			.build();
		Replica.Options often = Replica.Options.builder()
			.syncInterval(thresholds.syncInterval)
			.snapshotInterval(thresholds.snapshotInterval)
			.retention(thresholds.retention)
			.retentionCheckInterval(Duration.ofMillis(500))
			.format(format)
			.ltx(LTX)
			.build();
		return LitestreamDatabase.start(options, List.of(new Replica("file", replica, often)), listener);
	}

	/**
	 * How often things happen.
	 *
	 * @param minPages WAL pages at which a gentle checkpoint is tried
	 * @param maxPages WAL pages at which a firm one is tried
	 * @param truncatePages WAL pages past which the file is cut
	 * @param syncInterval least time between two segments
	 * @param snapshotInterval between two snapshots
	 * @param retention how long states stay restorable
	 */
	record Thresholds(int minPages, int maxPages, int truncatePages, Duration syncInterval, Duration snapshotInterval,
			Duration retention) {

		/**
		 * Nothing reaches them, however long a short life takes on a busy machine: a firm
		 * checkpoint begins at an eighth of its limit, which is 500 MB of WAL here.
		 */
		static final Thresholds CALM = new Thresholds(1_000_000, 1_000_000, 1_000_000, Duration.ofMillis(20),
				Duration.ofHours(1), Duration.ofHours(1));

		/** Reached all the time. */
		static final Thresholds LOW = new Thresholds(10, 100, 300, Duration.ofMillis(20), Duration.ofSeconds(3),
				Duration.ofHours(1));

		Duration checkpointInterval() {
			return (this.minPages < 1000) ? Duration.ofSeconds(2) : Duration.ofHours(1);
		}

	}

	/** Why generations were started, in order. */
	List<String> generations() {
		return List.copyOf(this.generations);
	}

	/** What failed. */
	List<String> failures() {
		return List.copyOf(this.failures);
	}

	@Override
	public void generationStarted(String database, WalPosition position, GenerationReason reason, String detail) {
		String why = "%s: %s".formatted(reason, detail);
		this.generations.add(why);
		this.generationObserver.accept(why);
	}

	@Override
	public void replicaFailing(String database, String replica, Throwable failure) {
		String text = String.valueOf(failure);
		if (!text.contains("cannot be restarted now")) { // a reader that is held for long
			this.failures.add(text);
		}
	}

}
