package org.litestream4j.testing;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;

/** A real disk that asks before it changes a file, and counts the open ones. */
public class DelegatingDisk implements Disk {

	private final Disk disk = SystemDisk.ownerOnly();

	private final AtomicInteger openFiles = new AtomicInteger();

	/** Files that were opened or created, and not closed. */
	public int openFiles() {
		return this.openFiles.get();
	}

	/** Throws where a write is to fail. */
	protected void beforeWrite() throws IOException {
	}

	/** Throws where cutting a file is to fail. */
	protected void beforeTruncate() throws IOException {
	}

	/** Throws where deleting a file is to fail. */
	protected void beforeDelete(Path path) throws IOException {
	}

	/** Throws where a force is to fail. */
	protected void beforeForce() throws IOException {
	}

	@Override
	public DiskFile create(Path file) throws IOException {
		return new DelegatingFile(this.disk.create(file));
	}

	@Override
	public DiskFile open(Path file) throws IOException {
		return new DelegatingFile(this.disk.open(file));
	}

	@Override
	public void createDirectories(Path directory) throws IOException {
		this.disk.createDirectories(directory);
	}

	@Override
	public void link(Path file, Path name) throws IOException {
		this.disk.link(file, name);
	}

	@Override
	public void move(Path source, Path target) throws IOException {
		this.disk.move(source, target);
	}

	@Override
	public void deleteIfExists(Path path) throws IOException {
		beforeDelete(path);
		this.disk.deleteIfExists(path);
	}

	@Override
	public void forceDirectory(Path directory) throws IOException {
		this.disk.forceDirectory(directory);
	}

	private final class DelegatingFile implements DiskFile {

		private final DiskFile file;

		DelegatingFile(DiskFile file) {
			this.file = file;
			DelegatingDisk.this.openFiles.incrementAndGet();
		}

		@Override
		public void write(long position, byte[] bytes, int offset, int length) throws IOException {
			beforeWrite();
			this.file.write(position, bytes, offset, length);
		}

		@Override
		public void truncate(long size) throws IOException {
			beforeTruncate();
			this.file.truncate(size);
		}

		@Override
		public long size() throws IOException {
			return this.file.size();
		}

		@Override
		public void force() throws IOException {
			beforeForce();
			this.file.force();
		}

		@Override
		public void close() throws IOException {
			DelegatingDisk.this.openFiles.decrementAndGet();
			this.file.close();
		}

	}

}
