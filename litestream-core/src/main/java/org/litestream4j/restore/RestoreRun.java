package org.litestream4j.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreReport;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;

/**
 * Carries out one plan: everything is written to a draft, which is published only once
 * all of it was verified. Not thread-safe.
 */
final class RestoreRun {

	private static final Logger logger = LoggerFactory.getLogger(Restorer.class);

	private final RestorePlan plan;

	private final ReplicaCatalogue catalogue;

	private final RestoreOptions options;

	private final RestoreMeter meter;

	private final RestoreReading reading;

	private final RestoreMemory memory = RestoreMemory.ofThisProcess();

	/** What the state must lie after, if it replaces one that cannot be restored. */
	@Nullable private final WalPosition beyond;

	RestoreRun(RestorePlan plan, ReplicaCatalogue catalogue, RestoreOptions options, RestoreMeter meter,
			@Nullable WalPosition beyond, boolean sized) {
		this.plan = plan;
		this.catalogue = catalogue;
		this.options = options;
		this.meter = meter;
		this.beyond = beyond;
		this.reading = new RestoreReading(options.parallelism(), sized, this.memory.segments(), meter);
	}

	RestoreReport run(String replica, Disk disk, RestoreOutput output) throws IOException {
		RestoreSpace space = RestoreSpace.of(output.directory());
		space.require(this.plan.snapshotBytes());
		try (RestoreDraft draft = RestoreDraft.create(disk, output); RestoreThreads helpers = new RestoreThreads(2)) {
			ReplicaPosition position;
			@Nullable String sha256;
			try (RestoreContent content = this.catalogue.open(this.plan, this.reading)) {
				DatabaseImage image = new DatabaseImage(content.snapshot(), draft.file(), space, this.memory.pages(),
						this.meter);
				if (this.options.parallelism() == 1) {
					image.settle(); // nothing else can be read while the snapshot is open
				}
				position = content.applyTo(image);
				requireNotOlder(position);
				sha256 = image.finish(this.options.checksum());
			}
			long bytes = draft.file().size();
			sha256 = verify(draft, sha256, helpers);
			this.meter.checkCancelled();
			draft.publish(output);
			return new RestoreReport(output.path(), replica, position, this.plan.createdAt(), bytes, sha256,
					this.meter.elapsed(), this.plan.applied());
		}
	}

	private void requireNotOlder(ReplicaPosition end) throws RestoreException {
		if (this.beyond != null && !(end instanceof WalPosition at && at.isAfter(this.beyond))) {
			throw new RestoreException(Kind.NO_SUCH_STATE,
					"The newest state is that of %s, which is older than what was wanted".formatted(end));
		}
	}

	private void requireSound(IntegrityResult result) throws RestoreException {
		Optional<String> refusal = IntegrityChecker.refusal(result, this.options.integrityCheck());
		if (refusal.isPresent()) {
			throw new RestoreException(Kind.CHECK_FAILED, refusal.get());
		}
		if (result instanceof IntegrityResult.Unchecked unchecked) {
			logger.warn("The restored database could not be checked by SQLite ({}); its frames and objects were"
					+ " verified", unchecked.reason());
		}
	}

	/**
	 * Slow things that do not depend on each other.
	 * @param known the file's SHA-256, or null if it was not computed yet
	 * @return it, or null if nobody asked
	 */
	private @Nullable String verify(RestoreDraft draft, @Nullable String known, RestoreThreads helpers)
			throws IOException {
		Path path = draft.path();
		Future<Path> forced = helpers.submit(() -> {
			draft.force();
			return path;
		});
		boolean missing = known == null && this.options.checksum();
		Future<String> sha256 = missing ? helpers.submit(() -> FileSha256.of(path))
				: CompletableFuture.completedFuture("");
		requireSound(new IntegrityChecker(this.meter).check(path, this.options.integrityCheck()));
		RestoreThreads.await(forced, this.meter);
		String computed = RestoreThreads.await(sha256, this.meter);
		return missing ? computed : known;
	}

}
