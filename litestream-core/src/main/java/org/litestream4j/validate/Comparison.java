package org.litestream4j.validate;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;

import org.litestream4j.LitestreamOptions;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreTarget;
import org.litestream4j.ValidationReport;
import org.litestream4j.format.Generation;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.live.DatabaseView;
import org.litestream4j.live.WalShadower;
import org.litestream4j.restore.Proposal;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.RestoredFileCheck;
import org.litestream4j.restore.Restorer;
import org.litestream4j.validate.Fingerprint.GenerationChangedException;
import org.litestream4j.validate.Fingerprint.Match;

/**
 * Compares the live database, at one exact position, with a restore of that position. The
 * database is read first, and only a checksum of each page is kept, so that the WAL is
 * pinned no longer than one reading takes. A new generation ends that reading, as its
 * first snapshot must not wait; the comparison then begins anew.
 */
final class Comparison {

	private static final Duration CATCH_UP = Duration.ofMinutes(2);

	/** How long a replica that fails is waited for. */
	private static final Duration FAILING = Duration.ofSeconds(15);

	/** How long SQLite may check the restored copy. */
	private static final Duration CHECK_LIMIT = Duration.ofMinutes(1);

	/** How often it begins anew when what it compares changes under it. */
	private static final int ATTEMPTS = 5;

	/** How often a listing that lacks something is read again; it may lag. */
	private static final int LOOKS = 4;

	private final LitestreamOptions options;

	private final WalShadower shadower;

	private final Path directory;

	private final Disk disk;

	private final Duration firstPause;

	/**
	 * Creates it.
	 * @param firstPause before a listing that lacks something is read again; twice as
	 * long each time
	 */
	Comparison(LitestreamOptions options, WalShadower shadower, Duration firstPause) {
		this.options = options;
		this.shadower = shadower;
		this.disk = SystemDisk.likeFile(options.database());
		this.directory = options.metaDirectory().resolve("validation");
		this.firstPause = firstPause;
	}

	/**
	 * Validates one replica.
	 * @param progress hears how far the restore is, and may end it
	 * @throws RestoreException if it was ended
	 */
	Verdict run(ValidatedReplica replica, RestoreProgress progress) throws RestoreException, InterruptedException {
		Attempt attempt = new Attempt(replica, progress, this.directory.resolve(replica.name() + ".pages"),
				this.directory.resolve(replica.name() + ".db"));
		try {
			this.disk.createDirectories(this.directory);
			Optional<Verdict> verdict = Optional.empty();
			for (int i = 0; i < ATTEMPTS && verdict.isEmpty(); i++) {
				verdict = attempt.run();
			}
			return verdict.orElseGet(() -> attempt.undecided("the generation changed again and again meanwhile"));
		}
		catch (RestoreException ex) {
			throw ex;
		}
		catch (IOException | TimeoutException ex) {
			return attempt.undecided(String.valueOf(ex.getMessage()));
		}
	}

	/** Comparing one replica, again if the generation changes meanwhile. */
	private final class Attempt {

		private final ValidatedReplica replica;

		private final RestoreProgress progress;

		private final Path pages;

		private final Path restored;

		private final long start = System.nanoTime();

		@Nullable private Fingerprint live;

		/** What is restored for that; null while it is not known. */
		@Nullable private ReplicaPosition exact;

		Attempt(ValidatedReplica replica, RestoreProgress progress, Path pages, Path restored) {
			this.replica = replica;
			this.progress = progress;
			this.pages = pages;
			this.restored = restored;
		}

		/** Empty if what was compared has changed meanwhile. */
		Optional<Verdict> run() throws IOException, TimeoutException, InterruptedException {
			WalPosition begun = Comparison.this.shadower.shadowWal().requirePosition();
			// Else a first snapshot would wait for the lock, and the lock's holder for it
			catchUp(begun);
			try {
				Comparison.this.disk.deleteIfExists(this.restored);
				Fingerprint fingerprint = fingerprint(this.pages, this.replica);
				this.live = fingerprint;
				catchUp(fingerprint.position());
				ReplicaPosition exact = this.replica.replicator().restorableAs(fingerprint.position()).orElse(null);
				if (exact == null) {
					return Optional.empty();
				}
				this.exact = exact;
				restore(fingerprint, exact);
				return Optional.of(compare(fingerprint));
			}
			catch (GenerationChangedException ex) {
				return Optional.empty();
			}
			catch (RestoreException ex) {
				if (ex.kind() == Kind.CANCELLED) {
					throw ex;
				}
				Fingerprint fingerprint = this.live;
				return (fingerprint != null && isCurrent(fingerprint.position().generation())) ? Optional
					.of(new Verdict.NotRestorable(report(String.valueOf(ex.getMessage())), fingerprint.position()))
						: Optional.empty();
			}
			finally {
				Comparison.this.disk.deleteIfExists(this.pages);
				Comparison.this.disk.deleteIfExists(this.restored);
			}
		}

		/**
		 * Waits until the replica alone restores the position: a snapshot is part of
		 * that.
		 */
		private void catchUp(WalPosition position) throws TimeoutException, InterruptedException {
			long since = System.nanoTime();
			this.replica.replicator().hurry();
			while (!this.replica.replicator().awaitPosition(position, Duration.ofSeconds(1))) {
				Duration waited = Duration.ofNanos(System.nanoTime() - since);
				String error = this.replica.replicator().lastError();
				if (waited.compareTo((error != null) ? FAILING : CATCH_UP) >= 0 || this.progress.isCancelled()) {
					throw new TimeoutException(
							"replica '%s' has not reached position %s within %d s%s".formatted(this.replica.name(),
									position, waited.toSeconds(), (error != null) ? "; its last error: " + error : ""));
				}
			}
		}

		/** Neither checked nor summed up: it is compared byte for byte instead. */
		private void restore(Fingerprint wanted, ReplicaPosition position) throws IOException, InterruptedException {
			Restorer restorer = Restorer.quiet(Comparison.this.options.name(), this.replica.name(),
					this.replica.source());
			RestoreTarget target = (position instanceof WalPosition exact) ? target(wanted, exact)
					: RestoreTarget.of((TransactionId) position);
			RestoreOptions how = Comparison.this.options.restore()
				.withIntegrityCheck(RestoreOptions.IntegrityCheck.NONE)
				.withoutChecksum();
			restorer.restore(whenListed(restorer, target), RestoreOutput.newFile(this.restored), how, this.progress,
					Comparison.this.disk);
		}

		/**
		 * An index that is closed, and that is part of a snapshot of the next one, may
		 * have been deleted: the state is that snapshot then, and nothing of the next
		 * index.
		 */
		private RestoreTarget target(Fingerprint wanted, WalPosition position) {
			Snapshot newest = this.replica.replicator().newestSnapshot();
			boolean over = wanted.index() > wanted.position().index() && newest != null
					&& newest.index() >= wanted.index();
			return RestoreTarget.at(over ? new WalPosition(position.generation(), wanted.index(), 0) : position);
		}

		/** Looks again while something is missing; gives the last look's answer. */
		private Proposal whenListed(Restorer restorer, RestoreTarget target) throws IOException, InterruptedException {
			Duration pause = Comparison.this.firstPause;
			Proposal proposal = restorer.plan(target);
			for (int look = 1; look <= LOOKS && !proposal.isPlanned(); look++) {
				long until = System.nanoTime() + pause.toNanos();
				while (System.nanoTime() < until && !this.progress.isCancelled()) {
					TimeUnit.MILLISECONDS.sleep(50);
				}
				pause = pause.multipliedBy(2);
				proposal = restorer.plan(target);
			}
			return proposal;
		}

		private Verdict compare(Fingerprint expected) throws IOException {
			Match match = expected.compare(this.restored);
			ValidationReport report = new ValidationReport(this.replica.name(), match.equal(), shown(expected),
					expected.sha256(), match.sha256(), Duration.ofNanos(System.nanoTime() - this.start),
					match.firstDifferentPage(), null);
			return match.equal()
					? new Verdict.Equal(report,
							RestoredFileCheck.problems(this.restored, CHECK_LIMIT, this.progress).orElse(null))
					: new Verdict.Different(report, expected.position());
		}

		private ReplicaPosition shown(Fingerprint known) {
			ReplicaPosition restored = this.exact;
			return (restored != null) ? restored : known.position();
		}

		private Verdict undecided(String error) {
			return new Verdict.Undecided(report(error));
		}

		private ValidationReport report(String error) {
			Fingerprint known = this.live;
			return new ValidationReport(this.replica.name(), false, (known != null) ? shown(known) : null,
					(known != null) ? known.sha256() : null, null, Duration.ofNanos(System.nanoTime() - this.start),
					null, error);
		}

	}

	private boolean isCurrent(Generation generation) {
		return this.shadower.shadowWal().requirePosition().generation().equals(generation);
	}

	private Fingerprint fingerprint(Path pages, ValidatedReplica replica) throws IOException, InterruptedException {
		this.disk.deleteIfExists(pages);
		// An open view keeps the WAL from the restart that a snapshot needs
		return replica.snapshots().whileNoneIsTaken(() -> {
			try (DatabaseView view = this.shadower.openView(-1)) {
				replica.replicator().endPieceAt(view.position());
				Generation generation = view.position().generation();
				return Fingerprint.of(view, this.disk, pages, () -> isCurrent(generation));
			}
		});
	}

}
