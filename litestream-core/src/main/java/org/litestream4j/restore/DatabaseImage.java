package org.litestream4j.restore;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

import org.jspecify.annotations.Nullable;

import org.litestream4j.io.Disk;

/**
 * The database that is being restored: a snapshot, and pages written over it. As long as
 * these fit into memory they are kept there, so that each byte of the file is written,
 * and hashed, once. When they do not, the snapshot is written with them over it, and
 * later pages go into the file. Not thread-safe.
 */
final class DatabaseImage {

	private final SnapshotSource snapshot;

	private final Disk.DiskFile file;

	private final RestoreThreads helpers;

	private final RestoreMeter meter;

	/** What is to be written over the snapshot; null once that was done. */
	@Nullable private PageOverlay overlay;

	/**
	 * Creates an image.
	 * @param snapshot what is underneath
	 * @param file the file to be written, empty
	 * @param capacity bytes of memory for pages
	 * @param helpers write and hash
	 * @param meter asked while waiting whether to go on
	 */
	DatabaseImage(SnapshotSource snapshot, Disk.DiskFile file, long capacity, RestoreThreads helpers,
			RestoreMeter meter) {
		this.snapshot = snapshot;
		this.file = file;
		this.helpers = helpers;
		this.meter = meter;
		this.overlay = new PageOverlay(snapshot.pageSize(), capacity);
	}

	/** Writes whole pages. */
	void write(long position, byte[] bytes, int offset, int length) throws IOException {
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
	void truncate(long size) throws IOException {
		if (this.overlay != null) {
			this.overlay.truncate(size);
		}
		else if (this.file.size() != size) {
			this.file.truncate(size);
		}
	}

	/**
	 * Completes the file, which is not forced yet.
	 * @return its SHA-256, or null if it was not written in one pass
	 */
	@Nullable String finish() throws IOException {
		PageOverlay pending = this.overlay;
		if (pending == null) {
			return null;
		}
		this.overlay = null;
		MessageDigest digest = Sha256.newDigest();
		writeSnapshot(pending, digest);
		return Sha256.hex(digest);
	}

	/** Writes and hashes one chunk while the next is decompressed. */
	private void writeSnapshot(PageOverlay pages, @Nullable MessageDigest digest) throws IOException {
		byte[] chunk = new byte[SnapshotSource.CHUNK];
		byte[] spare = new byte[SnapshotSource.CHUNK];
		Future<Integer> written = CompletableFuture.completedFuture(chunk.length);
		long position = 0;
		int length = chunk.length;
		while (length == chunk.length || RestoreThreads.await(written, this.meter) == chunk.length) {
			length = this.snapshot.read(chunk);
			RestoreThreads.await(written, this.meter);
			written = write(pages, position, chunk, length, digest);
			position += chunk.length;
			byte[] free = spare;
			spare = chunk;
			chunk = free;
		}
		this.snapshot.close();
	}

	private Future<Integer> write(PageOverlay pages, long position, byte[] chunk, int length,
			@Nullable MessageDigest digest) {
		return this.helpers.submit(() -> {
			int count = pages.lay(position, chunk, length);
			writeToFile(position, chunk, 0, count);
			if (digest != null) {
				digest.update(chunk, 0, count);
			}
			return count;
		});
	}

	private void writeToFile(long position, byte[] bytes, int offset, int length) throws IOException {
		try {
			this.file.write(position, bytes, offset, length);
		}
		catch (IOException ex) {
			throw new DraftException(ex);
		}
	}

}
