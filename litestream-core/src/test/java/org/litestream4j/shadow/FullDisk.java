package org.litestream4j.shadow;

import java.io.IOException;
import java.nio.file.Path;

import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;

/** Has room for a number of writes. */
final class FullDisk implements Disk {

	private final Disk disk = SystemDisk.ownerOnly();

	private int room = Integer.MAX_VALUE;

	void full(int writesLeft) {
		this.room = writesLeft;
	}

	void free() {
		this.room = Integer.MAX_VALUE;
	}

	private void take() throws IOException {
		if (this.room <= 0) {
			throw new IOException("No space left on device");
		}
		this.room--;
	}

	@Override
	public DiskFile create(Path file) throws IOException {
		return new FullFile(this.disk.create(file));
	}

	@Override
	public DiskFile open(Path file) throws IOException {
		return new FullFile(this.disk.open(file));
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

	/** Fails when there is no room. */
	private final class FullFile implements DiskFile {

		private final DiskFile file;

		FullFile(DiskFile file) {
			this.file = file;
		}

		@Override
		public void write(long position, byte[] bytes, int offset, int length) throws IOException {
			take();
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
			take();
			this.file.force();
		}

		@Override
		public void close() throws IOException {
			this.file.close();
		}

	}

}
