package org.litestream4j.restore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.io.Disk;
import org.litestream4j.io.Sha256;

/**
 * The database that is being restored: a snapshot, and pages written over it. As long as
 * these fit into memory they are kept there, so that each byte of the file is written,
 * and hashed, once. When they do not, the snapshot is written with them over it, and
 * later pages go into the file. Not thread-safe.
 */
public final class DatabaseImage implements PageTarget {

	/** Chunks that wait to be written or hashed. */
	private static final int CHUNKS = 4;

	/** Bytes after which the file is forced meanwhile, so that the disk is not idle. */
	private static final long FORCE = 64 << 20;

	private final SnapshotContent snapshot;

	private final Disk.DiskFile file;

	private final RestoreSpace space;

	private final RestoreMeter meter;

	/** As the newest version of page 1 says. */
	private long freePages;

	/** What is to be written over the snapshot; null once that was done. */
	@Nullable private PageOverlay overlay;

	/**
	 * Creates an image.
	 * @param snapshot what is underneath
	 * @param file the file to be written, empty
	 * @param space where it is
	 * @param capacity bytes of memory for pages
	 * @param meter asked while waiting whether to go on
	 */
	DatabaseImage(SnapshotContent snapshot, Disk.DiskFile file, RestoreSpace space, long capacity, RestoreMeter meter) {
		this.snapshot = snapshot;
		this.file = file;
		this.space = space;
		this.meter = meter;
		this.overlay = new PageOverlay(snapshot.pageSize(), capacity);
	}

	/** Writes whole pages. */
	@Override
	public void write(long position, byte[] bytes, int offset, int length) throws IOException {
		if (position == 0) {
			noteFreePages(bytes, offset);
		}
		PageOverlay pending = this.overlay;
		if (pending == null) {
			writeToFile(position, bytes, offset, length);
			return;
		}
		pending.write(position, bytes, offset, length);
		if (pending.isFull()) {
			settle();
		}
	}

	/**
	 * Writes the snapshot, with what is over it, and keeps nothing in memory any more.
	 */
	void settle() throws IOException {
		PageOverlay pending = this.overlay;
		if (pending != null) {
			this.overlay = null;
			writeSnapshot(pending, null);
		}
	}

	/** Cuts the database, or grows it with zeros. */
	@Override
	public void truncate(long size) throws IOException {
		if (this.overlay != null) {
			this.overlay.truncate(size);
		}
		else if (this.file.size() != size) {
			requirePlausible(size, this.file.size());
			this.file.truncate(size);
		}
	}

	/* Database header: 36 number of free pages, big-endian */
	private void noteFreePages(byte[] pageOne, int offset) {
		this.freePages = Integer.toUnsignedLong(ByteBuffer.wrap(pageOne).getInt(offset + 36));
	}

	/**
	 * A commit names the size that the database has after it. It may be more than any
	 * page tells that was ever written: pages that were added and freed at once need not
	 * be. But then they are free pages, which the database counts.
	 * @param wanted what the last commit names
	 * @param known where the last known page ends
	 */
	private void requirePlausible(long wanted, long known) throws RestoreException {
		long pageSize = this.snapshot.pageSize();
		if (wanted > known && (wanted - known) / pageSize > this.freePages) {
			throw new RestoreException(Kind.DAMAGED,
					"The WAL is damaged: its last commit names a database of %d pages, but at most %d are possible: restore an earlier state"
						.formatted(wanted / pageSize, known / pageSize + this.freePages));
		}
	}

	/**
	 * Completes the file, which is not forced yet.
	 * @param checksum whether its SHA-256 is wanted
	 * @return it, or null if it is not wanted or the file was not written in one pass
	 */
	@Nullable String finish(boolean checksum) throws IOException {
		PageOverlay pending = this.overlay;
		if (pending == null) {
			return null;
		}
		this.overlay = null;
		MessageDigest digest = checksum ? Sha256.newDigest() : null;
		writeSnapshot(pending, digest);
		return (digest != null) ? Sha256.hex(digest) : null;
	}

	/** Writes some chunks, and hashes them, while the next is decompressed. */
	private void writeSnapshot(PageOverlay pages, @Nullable MessageDigest digest) throws IOException {
		try (RestoreThreads writing = new RestoreThreads(1);
				RestoreThreads hashing = new RestoreThreads(1);
				RestoreThreads forcing = new RestoreThreads(1)) {
			Future<Integer> forced = CompletableFuture.completedFuture(0);
			Chunk[] chunks = Stream.generate(Chunk::new).limit(CHUNKS).toArray(Chunk[]::new);
			long position = 0;
			int length;
			int count;
			do {
				Chunk chunk = chunks[(int) (position / SnapshotContent.CHUNK % CHUNKS)];
				chunk.await(this.meter);
				length = this.snapshot.read(chunk.bytes);
				count = pages.lay(position, chunk.bytes, length);
				if (position == 0) {
					noteFreePages(chunk.bytes, 0);
				}
				if (length < SnapshotContent.CHUNK && pages.endsBehind(position + length)) {
					requirePlausible(pages.size(), Math.max(position + length, pages.end()));
				}
				chunk.written = writing.submit(writeLater(position, chunk, count));
				if (digest != null) {
					chunk.hashed = hashing.submit(hashLater(digest, chunk, count));
				}
				position += SnapshotContent.CHUNK;
				if (position % FORCE == 0) {
					RestoreThreads.await(forced, this.meter);
					forced = forcing.submit(this::force);
					this.space.require(FORCE);
				}
			}
			while (length == SnapshotContent.CHUNK || count == SnapshotContent.CHUNK);
			for (Chunk chunk : chunks) {
				chunk.await(this.meter);
			}
			RestoreThreads.await(forced, this.meter);
		}
		this.snapshot.close();
	}

	private int force() throws IOException {
		this.file.force();
		return 0;
	}

	private Callable<Integer> writeLater(long position, Chunk chunk, int count) {
		return () -> {
			writeToFile(position, chunk.bytes, 0, count);
			return count;
		};
	}

	private static Callable<Integer> hashLater(MessageDigest digest, Chunk chunk, int count) {
		return () -> {
			digest.update(chunk.bytes, 0, count);
			return count;
		};
	}

	private void writeToFile(long position, byte[] bytes, int offset, int length) throws IOException {
		try {
			this.file.write(position, bytes, offset, length);
		}
		catch (IOException ex) {
			throw this.space.cannotWrite(ex);
		}
	}

	/** A buffer that is free once its bytes were written and hashed. */
	private static final class Chunk {

		private final byte[] bytes = new byte[SnapshotContent.CHUNK];

		private Future<Integer> written = CompletableFuture.completedFuture(0);

		private Future<Integer> hashed = this.written;

		void await(RestoreMeter meter) throws IOException {
			RestoreThreads.await(this.written, meter);
			RestoreThreads.await(this.hashed, meter);
		}

	}

}
