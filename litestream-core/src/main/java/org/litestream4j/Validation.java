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
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.zip.CRC32C;

import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.RestoreOptions;
import org.litestream4j.restore.RestoreProgress;
import org.litestream4j.restore.RestoreTarget;
import org.litestream4j.shadow.DatabaseView;
import org.litestream4j.shadow.WalShadower;

/**
 * Compares the live database, at one exact position, with a restore of that position. The
 * database is read first, and only a checksum of each page is kept, so that the WAL is
 * pinned no longer than one reading takes.
 */
final class Validation {

	private static final Duration CATCH_UP = Duration.ofMinutes(2);

	private final LitestreamOptions options;

	private final WalShadower shadower;

	private final Path folder;

	private final Disk disk;

	Validation(LitestreamOptions options, WalShadower shadower) {
		this.options = options;
		this.shadower = shadower;
		this.disk = SystemDisk.likeFile(options.database());
		this.folder = options.metaDirectory().resolve("validation");
	}

	/**
	 * Validates one replica.
	 * @param progress hears how far the restore is, and may end it
	 */
	ValidationReport run(ReplicaFeed feed, RestoreProgress progress)
			throws IOException, TimeoutException, InterruptedException {
		long start = System.nanoTime();
		this.disk.createDirectories(this.folder);
		Path pages = this.folder.resolve(feed.name() + ".pages");
		Path restored = this.folder.resolve(feed.name() + ".db");
		// Else a first snapshot would wait for the lock, and the lock's holder for it
		catchUp(feed, this.shadower.shadowWal().requirePosition());
		// A snapshot of this index must not change meanwhile
		feed.snapshots().lock().lockInterruptibly();
		try {
			this.disk.deleteIfExists(restored);
			Fingerprint live = fingerprint(pages);
			catchUp(feed, live.position);
			restore(feed, live.position, restored, progress);
			return compare(feed, live, pages, restored, start);
		}
		finally {
			feed.snapshots().lock().unlock();
			this.disk.deleteIfExists(pages);
			this.disk.deleteIfExists(restored);
		}
	}

	/**
	 * Waits until the replica alone restores the position: a snapshot is part of that.
	 */
	private static void catchUp(ReplicaFeed feed, WalPosition position) throws TimeoutException, InterruptedException {
		feed.replicator().hurry();
		if (!feed.replicator().awaitPosition(position, CATCH_UP)) {
			throw new TimeoutException("replica '%s' has not reached position %s within %d s".formatted(feed.name(),
					position, CATCH_UP.toSeconds()));
		}
	}

	/** What is kept of the live database. */
	private record Fingerprint(WalPosition position, int pageSize, String sha256) {
	}

	private Fingerprint fingerprint(Path pages) throws IOException {
		this.disk.deleteIfExists(pages);
		try (DatabaseView view = this.shadower.openView(-1); Disk.DiskFile file = this.disk.create(pages)) {
			MessageDigest digest = sha256();
			PageChecksums checksums = new PageChecksums(view.pageSize(), digest, file);
			view.writeTo(checksums);
			checksums.flush();
			return new Fingerprint(view.position(), view.pageSize(), HexFormat.of().formatHex(digest.digest()));
		}
	}

	private void restore(ReplicaFeed feed, WalPosition position, Path restored, RestoreProgress progress)
			throws IOException {
		RestoreTarget target = new RestoreTarget(position.generation(), position.index(), position.offset(), null);
		// Neither a check nor a checksum: it is compared byte for byte instead
		RestoreOptions how = new RestoreOptions(this.options.restore().parallelism(),
				RestoreOptions.IntegrityCheck.NONE, false);
		new LitestreamRestore(this.options.name(), List.of(feed.replica()), LitestreamListener.NONE)
			.restore(new RestoreRequest(restored, feed.name(), target, how), progress);
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

		private final ByteBuffer pending = ByteBuffer.allocate(1 << 16);

		private long position;

		PageChecksums(int pageSize, MessageDigest digest, Disk.DiskFile file) {
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
