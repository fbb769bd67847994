package org.litestream4j.live;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;

/**
 * Starts shadowers of one database, and notes why generations began and how checkpoints
 * ended. Not thread-safe.
 */
final class Following implements LitestreamListener {

	private final List<GenerationReason> generations = new ArrayList<>();

	private final List<String> checkpoints = new ArrayList<>();

	private final ShadowOptions options;

	private Disk disk = SystemDisk.ownerOnly();

	private Clock clock = Clock.systemUTC();

	private Following(ShadowOptions options) {
		this.options = options;
	}

	/** Of the database {@code app.db}, with {@code meta} beside it. */
	static Following in(Path directory) {
		return of(directory.resolve("app.db"), directory.resolve("meta"));
	}

	static Following of(Path database, Path meta) {
		return new Following(new ShadowOptions("app", database, meta, Duration.ofSeconds(1), Duration.ofMinutes(1),
				1000, 10_000, 121_359, WalPosition.MAX_OFFSET, 0, Map.of()));
	}

	Following disk(Disk newDisk) {
		this.disk = newDisk;
		return this;
	}

	Following clock(Clock newClock) {
		this.clock = newClock;
		return this;
	}

	/** The same with other options. */
	Following with(UnaryOperator<ShadowOptions> change) {
		return new Following(change.apply(this.options)).disk(this.disk);
	}

	/** The same with a checkpoint at every step. */
	Following checkpointingAlways() {
		return with((o) -> new ShadowOptions(o.name(), o.database(), o.metaDirectory(), o.busyTimeout(),
				o.checkpointInterval(), 1, 1, o.truncatePageCount(), o.largestWal(), o.minFreeSpace(),
				o.creationPragmas()));
	}

	WalShadower start() throws IOException {
		return WalShadower.start(this.options, this.disk, this, this.clock, () -> {
		});
	}

	@Override
	public void generationStarted(String name, WalPosition position, GenerationReason reason, String detail) {
		this.generations.add(reason);
	}

	@Override
	public void checkpointed(String name, String mode, CheckpointOutcome outcome, Duration duration) {
		this.checkpoints.add(mode + " " + outcome);
	}

	List<GenerationReason> generations() {
		return this.generations;
	}

	List<String> checkpoints() {
		return this.checkpoints;
	}

}
