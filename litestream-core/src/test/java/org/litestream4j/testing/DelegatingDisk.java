package org.litestream4j.testing;

import java.io.IOException;
import java.nio.file.Path;

import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;

/** A real disk that asks before it writes or forces a file. */
public class DelegatingDisk implements Disk {

	private final Disk disk = SystemDisk.ownerOnly();

	/** Throws where a write is to fail. */
	protected void beforeWrite() throws IOException {
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
	public void move(Path source, Path target) throws IOException {
		this.disk.move(source, target);
	}

	@Override
	public void deleteIfExists(Path path) throws IOException {
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
		}

		@Override
		public void write(long position, byte[] bytes, int offset, int length) throws IOException {
			beforeWrite();
			this.file.write(position, bytes, offset, length);
		}

		@Override
		public void truncate(long size) throws IOException {
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
			this.file.close();
		}

	}

}
