package org.litestream4j.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.store.ForwardingStore;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoredObject;

/**
 * When a segment, or an LTX file of level 0, got its name in a replica, and when that had
 * been stored, without looking for it: whoever looks takes the processor from whoever
 * stores. One piece at a time; the fields are those of the piece that was
 * {@linkplain #await() waited for} last.
 */
final class PieceWatch {

	private static final Pattern LEVEL_0 = Pattern.compile("(?:.*/)?0(?:000)?/[0-9a-f]{16}-[0-9a-f]{16}\\.ltx");

	private final Semaphore stored = new Semaphore(0);

	/** When the request for it began, by {@link System#nanoTime()}. */
	volatile long requested;

	/** When its file had its name; 0 if it is no file. */
	volatile long visible;

	/** When the request for it ended. */
	volatile long acknowledged;

	/** Its size in bytes. */
	volatile long size;

	/** A segment, or an LTX file that was not made of others. */
	static boolean isPiece(String name) {
		return name.endsWith(".wal.lz4") || LEVEL_0.matcher(name).matches();
	}

	/** Forgets what has been stored up to now. */
	void begin() {
		this.stored.drainPermits();
		this.visible = 0;
	}

	/** Waits for the next one since. */
	void await() throws InterruptedException {
		if (!this.stored.tryAcquire(1, TimeUnit.MINUTES)) {
			throw new IllegalStateException("a commit was not replicated within a minute");
		}
	}

	/**
	 * Watches a store.
	 * @param storeOn makes it of a disk, which it may do without
	 */
	ObjectStore watch(Function<Disk, ObjectStore> storeOn) {
		return new WatchedStore(storeOn.apply(new WatchedDisk(SystemDisk.ownerOnly())));
	}

	/** Sees requests. */
	private final class WatchedStore extends ForwardingStore {

		WatchedStore(ObjectStore store) {
			super(store);
		}

		@Override
		public ObjectStore afresh() {
			return new WatchedStore(store().afresh());
		}

		@Override
		public StoredObject put(NewObject object, ObjectContent content) throws IOException {
			long begun = System.nanoTime();
			StoredObject result = super.put(object, content);
			if (isPiece(object.name())) {
				PieceWatch.this.requested = begun;
				PieceWatch.this.acknowledged = System.nanoTime();
				PieceWatch.this.size = result.size();
				PieceWatch.this.stored.release();
			}
			return result;
		}

	}

	/** Sees names. */
	private final class WatchedDisk implements Disk {

		private final Disk disk;

		WatchedDisk(Disk disk) {
			this.disk = disk;
		}

		private void named(@Nullable Path name) {
			if (isPiece(String.valueOf(name))) {
				PieceWatch.this.visible = System.nanoTime();
			}
		}

		@Override
		public DiskFile create(Path file) throws IOException {
			return this.disk.create(file);
		}

		@Override
		public DiskFile open(Path file) throws IOException {
			return this.disk.open(file);
		}

		@Override
		public void createDirectories(Path directory) throws IOException {
			this.disk.createDirectories(directory);
		}

		@Override
		public void move(Path source, Path target) throws IOException {
			this.disk.move(source, target);
			named(target);
		}

		@Override
		public void moveToNew(Path source, Path target) throws IOException {
			this.disk.moveToNew(source, target);
			named(target);
		}

		@Override
		public void link(Path file, Path name) throws IOException {
			this.disk.link(file, name);
			named(name);
		}

		@Override
		public void deleteIfExists(Path path) throws IOException {
			this.disk.deleteIfExists(path);
		}

		@Override
		public void forceDirectory(Path directory) throws IOException {
			this.disk.forceDirectory(directory);
		}

	}

}
