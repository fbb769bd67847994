package org.litestream4j.replica;

import java.io.IOException;
import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;

/** Fails to write bytes while a failure is set. */
class FailingDisk implements Disk {

	@Nullable volatile IOException failure;

	private final Disk disk = SystemDisk.ownerOnly();

	@Override
	public DiskFile create(Path file) throws IOException {
		return new FailingFile(this.disk.create(file));
	}

	@Override
	public DiskFile open(Path file) throws IOException {
		return new FailingFile(this.disk.open(file));
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

	private final class FailingFile implements DiskFile {

		private final DiskFile file;

		FailingFile(DiskFile file) {
			this.file = file;
		}

		@Override
		public void write(long position, byte[] bytes, int offset, int length) throws IOException {
			IOException thrown = FailingDisk.this.failure;
			if (thrown != null) {
				throw thrown;
			}
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
			this.file.force();
		}

		@Override
		public void close() throws IOException {
			this.file.close();
		}

	}

}
