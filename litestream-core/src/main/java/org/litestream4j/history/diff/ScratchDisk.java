package org.litestream4j.history.diff;

import java.io.IOException;
import java.nio.file.Path;

import org.litestream4j.io.Disk;

/**
 * A disk on which nothing is forced, as nothing on it is wanted after a power cut.
 *
 * @param disk does the rest
 */
record ScratchDisk(Disk disk) implements Disk {

	@Override
	public DiskFile create(Path file) throws IOException {
		return new ScratchFile(this.disk.create(file));
	}

	@Override
	public DiskFile open(Path file) throws IOException {
		return new ScratchFile(this.disk.open(file));
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
	public void moveToNew(Path source, Path target) throws IOException {
		this.disk.moveToNew(source, target);
	}

	@Override
	public void deleteIfExists(Path path) throws IOException {
		this.disk.deleteIfExists(path);
	}

	@Override
	public void forceDirectory(Path directory) {
		// not wanted
	}

	/** A file that is not forced. */
	private record ScratchFile(DiskFile file) implements DiskFile {

		@Override
		public void write(long position, byte[] bytes, int offset, int length) throws IOException {
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
		public void force() {
			// not wanted
		}

		@Override
		public void close() throws IOException {
			this.file.close();
		}

	}

}
