package org.litestream4j;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.restore.PlanOutcome.Planned;
import org.litestream4j.restore.RestoreException;
import org.litestream4j.restore.RestoreException.Kind;
import org.litestream4j.restore.RestoreOptions;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.RestoreProgress;
import org.litestream4j.restore.RestoreTarget;
import org.litestream4j.restore.RestoredFileCheck;
import org.litestream4j.restore.Restorer;
import org.litestream4j.shadow.DatabaseView;
import org.litestream4j.shadow.WalShadower;

/**
 * Compares the live database, at one exact position, with a restore of that position. The
 * database is read first, and only a checksum of each page is kept, so that the WAL is
 * pinned no longer than one reading takes. A new generation ends that reading, as its
 * first snapshot must not wait; the comparison then begins anew.
 */
final class Validation {

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

	private final Path folder;

	private final Disk disk;

	private final Duration firstPause;

	/**
	 * Creates it.
	 * @param firstPause before a listing that lacks something is read again; twice as
	 * long each time
	 */
	Validation(LitestreamOptions options, WalShadower shadower, Duration firstPause) {
		this.options = options;
		this.shadower = shadower;
		this.disk = SystemDisk.likeFile(options.database());
		this.folder = options.metaDirectory().resolve("validation");
		this.firstPause = firstPause;
	}

	/**
	 * Validates one replica.
	 * @param progress hears how far the restore is, and may end it
	 * @throws RestoreException if it was ended
	 */
	Verdict run(ReplicaFeed feed, RestoreProgress progress) throws RestoreException, InterruptedException {
		Attempt attempt = new Attempt(feed, progress, this.folder.resolve(feed.name() + ".pages"),
				this.folder.resolve(feed.name() + ".db"));
		try {
			this.disk.createDirectories(this.folder);
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

	/** What is kept of the live database. */
	private record Fingerprint(WalPosition position, int index, int pageSize, String sha256) {
	}

	/** Comparing one replica, again if the generation changes meanwhile. */
	private final class Attempt {

		private final ReplicaFeed feed;

		private final RestoreProgress progress;

		private final Path pages;

		private final Path restored;

		private final long start = System.nanoTime();

		@Nullable private Fingerprint live;

		Attempt(ReplicaFeed feed, RestoreProgress progress, Path pages, Path restored) {
			this.feed = feed;
			this.progress = progress;
			this.pages = pages;
			this.restored = restored;
		}

		/** Empty if what was compared has changed meanwhile. */
		Optional<Verdict> run() throws IOException, TimeoutException, InterruptedException {
			WalPosition begun = Validation.this.shadower.shadowWal().requirePosition();
			// Else a first snapshot would wait for the lock, and the lock's holder for it
			catchUp(begun);
			try {
				Validation.this.disk.deleteIfExists(this.restored);
				Fingerprint fingerprint = fingerprint(this.pages, this.feed);
				this.live = fingerprint;
				catchUp(fingerprint.position);
				restore(fingerprint);
				ValidationReport report = compare(this.feed, fingerprint, this.pages, this.restored, this.start);
				return Optional.of(report.valid() ? equal(report) : new Verdict.Different(report));
			}
			catch (GenerationChangedException ex) {
				return Optional.empty();
			}
			catch (RestoreException ex) {
				if (ex.kind() == Kind.CANCELLED) {
					throw ex;
				}
				Fingerprint fingerprint = this.live;
				return (fingerprint != null && isCurrent(fingerprint.position.generation()))
						? Optional.of(new Verdict.NotRestorable(report(String.valueOf(ex.getMessage()))))
						: Optional.empty();
			}
			finally {
				Validation.this.disk.deleteIfExists(this.pages);
				Validation.this.disk.deleteIfExists(this.restored);
			}
		}

		/**
		 * Waits until the replica alone restores the position: a snapshot is part of
		 * that.
		 */
		private void catchUp(WalPosition position) throws TimeoutException, InterruptedException {
			long since = System.nanoTime();
			this.feed.replicator().hurry();
			while (!this.feed.replicator().awaitPosition(position, Duration.ofSeconds(1))) {
				Duration waited = Duration.ofNanos(System.nanoTime() - since);
				String error = this.feed.replicator().lastError();
				if (waited.compareTo((error != null) ? FAILING : CATCH_UP) >= 0 || this.progress.isCancelled()) {
					throw new TimeoutException(
							"replica '%s' has not reached position %s within %d s%s".formatted(this.feed.name(),
									position, waited.toSeconds(), (error != null) ? "; its last error: " + error : ""));
				}
			}
		}

		/** Neither checked nor summed up: it is compared byte for byte instead. */
		private void restore(Fingerprint wanted) throws IOException, InterruptedException {
			Restorer restorer = Restorer.quiet(Validation.this.options.name(), this.feed.name(),
					this.feed.replica().client());
			RestoreTarget target = target(wanted);
			RestoreOptions how = new RestoreOptions(Validation.this.options.restore().parallelism(),
					RestoreOptions.IntegrityCheck.NONE, false);
			awaitListed(restorer, target);
			restorer.restore(RestoreOutput.newFile(this.restored), target, how, this.progress, Validation.this.disk);
		}

		/**
		 * An index that is over, and that is part of a snapshot of the next one, may have
		 * been deleted: the state is that snapshot then, and nothing of the next index.
		 */
		private RestoreTarget target(Fingerprint wanted) {
			WalPosition position = wanted.position;
			Snapshot newest = this.feed.replicator().newestSnapshot();
			boolean over = wanted.index > position.index() && newest != null && newest.index() >= wanted.index;
			return over ? new RestoreTarget(position.generation(), wanted.index, 0L, null)
					: new RestoreTarget(position.generation(), position.index(), position.offset(), null);
		}

		private void awaitListed(Restorer restorer, RestoreTarget target) throws IOException, InterruptedException {
			Duration pause = Validation.this.firstPause;
			for (int look = 1; look <= LOOKS && !(restorer.plan(target) instanceof Planned); look++) {
				long until = System.nanoTime() + pause.toNanos();
				while (System.nanoTime() < until && !this.progress.isCancelled()) {
					TimeUnit.MILLISECONDS.sleep(50);
				}
				pause = pause.multipliedBy(2);
			}
		}

		private Verdict equal(ValidationReport report) {
			return new Verdict.Equal(report,
					RestoredFileCheck.problems(this.restored, CHECK_LIMIT, this.progress).orElse(null));
		}

		private Verdict undecided(String error) {
			return new Verdict.Undecided(report(error));
		}

		private ValidationReport report(String error) {
			Fingerprint known = this.live;
			return new ValidationReport(this.feed.name(), false, (known != null) ? known.position : null,
					(known != null) ? known.sha256 : null, null, Duration.ofNanos(System.nanoTime() - this.start), null,
					error);
		}

	}

	private boolean isCurrent(Generation generation) {
		return this.shadower.shadowWal().requirePosition().generation().equals(generation);
	}

	private Fingerprint fingerprint(Path pages, ReplicaFeed feed) throws IOException, InterruptedException {
		this.disk.deleteIfExists(pages);
		// An open view keeps the WAL from the restart that a snapshot needs
		feed.snapshots().lock().lockInterruptibly();
		try (DatabaseView view = this.shadower.openView(-1); Disk.DiskFile file = this.disk.create(pages)) {
			MessageDigest digest = sha256();
			Generation generation = view.position().generation();
			PageChecksums checksums = new PageChecksums(view.pageSize(), digest, file, () -> isCurrent(generation));
			view.writeTo(checksums);
			checksums.flush();
			return new Fingerprint(view.position(), view.snapshotIndex(), view.pageSize(),
					HexFormat.of().formatHex(digest.digest()));
		}
		finally {
			feed.snapshots().lock().unlock();
		}
	}

	private static ValidationReport compare(ReplicaFeed feed, Fingerprint live, Path pages, Path restored, long start)
			throws IOException {
		MessageDigest digest = sha256();
		Long different = null;
		try (DataInputStream expected = new DataInputStream(
				new BufferedInputStream(Files.newInputStream(pages), 1 << 16));
				InputStream actual = Files.newInputStream(restored)) {
			byte[] page = new byte[live.pageSize];
			int length = actual.readNBytes(page, 0, page.length);
			long number = 1;
			while (length > 0) {
				digest.update(page, 0, length);
				if (different == null && !isNext(expected, page, length)) {
					different = number;
				}
				number++;
				length = actual.readNBytes(page, 0, page.length);
			}
			if (different == null && expected.read() >= 0) {
				different = number; // the restored file is shorter
			}
		}
		String replicaChecksum = HexFormat.of().formatHex(digest.digest());
		boolean valid = different == null && replicaChecksum.equals(live.sha256);
		return new ValidationReport(feed.name(), valid, live.position, live.sha256, replicaChecksum,
				Duration.ofNanos(System.nanoTime() - start), valid ? null : different, null);
	}

	/** What is compared is not what is replicated any more. */
	private static final class GenerationChangedException extends IOException {

		private static final long serialVersionUID = 1L;

	}

	private static boolean isNext(DataInputStream expected, byte[] page, int length) throws IOException {
		try {
			return expected.readInt() == checksum(page, 0, length);
		}
		catch (EOFException ex) {
			return false; // the restored file is longer
		}
	}

	private static int checksum(byte[] bytes, int offset, int length) {
		CRC32C crc = new CRC32C();
		crc.update(bytes, offset, length);
		return (int) crc.getValue();
	}

	private static MessageDigest sha256() {
		try {
			return MessageDigest.getInstance("SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("every Java platform has SHA-256", ex);
		}
	}

	/** Keeps a checksum of each page, and one of all. Written to in whole pages. */
	private static final class PageChecksums extends OutputStream {

		private final int pageSize;

		private final MessageDigest digest;

		private final Disk.DiskFile file;

		private final BooleanSupplier wanted;

		private final ByteBuffer pending = ByteBuffer.allocate(1 << 16);

		private long position;

		PageChecksums(int pageSize, MessageDigest digest, Disk.DiskFile file, BooleanSupplier wanted) {
			this.wanted = wanted;
			this.pageSize = pageSize;
			this.digest = digest;
			this.file = file;
		}

		@Override
		public void write(int value) {
			throw new UnsupportedOperationException("only whole pages are expected");
		}

		@Override
		public void write(byte[] bytes, int offset, int length) throws IOException {
			if (!this.wanted.getAsBoolean()) {
				throw new GenerationChangedException();
			}
			this.digest.update(bytes, offset, length);
			for (int page = 0; page < length; page += this.pageSize) {
				if (!this.pending.hasRemaining()) {
					flush();
				}
				this.pending.putInt(checksum(bytes, offset + page, this.pageSize));
			}
		}

		@Override
		public void flush() throws IOException {
			this.file.write(this.position, this.pending.array(), 0, this.pending.position());
			this.position += this.pending.position();
			this.pending.clear();
		}

	}

}
