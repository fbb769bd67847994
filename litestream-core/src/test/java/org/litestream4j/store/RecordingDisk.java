package org.litestream4j.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;

/** Notes every change, with a draft's random name left out. */
class RecordingDisk implements Disk {

	private final Disk disk = SystemDisk.ownerOnly();

	private final List<String> steps;

	RecordingDisk(List<String> steps) {
		this.steps = steps;
	}

	@Override
	public DiskFile create(Path file) throws IOException {
		this.steps.add("create " + name(file));
		return new RecordingFile(this.disk.create(file), name(file));
	}

	@Override
	public DiskFile open(Path file) throws IOException {
		this.steps.add("open " + name(file));
		return new RecordingFile(this.disk.open(file), name(file));
	}

	@Override
	public void createDirectories(Path directory) throws IOException {
		this.steps.add("directories " + name(directory));
		this.disk.createDirectories(directory);
	}

	@Override
	public void link(Path file, Path name) throws IOException {
		this.steps.add("link %s to %s".formatted(name(file), name(name)));
		this.disk.link(file, name);
	}

	@Override
	public void move(Path source, Path target) throws IOException {
		this.steps.add("move %s to %s".formatted(name(source), name(target)));
		this.disk.move(source, target);
	}

	@Override
	public void deleteIfExists(Path path) throws IOException {
		this.steps.add("delete " + name(path));
		this.disk.deleteIfExists(path);
	}

	@Override
	public void forceDirectory(Path directory) throws IOException {
		this.steps.add("force " + name(directory));
		this.disk.forceDirectory(directory);
	}

	private static String name(Path path) {
		String name = path.getFileName().toString();
		return name.endsWith(".tmp") ? "draft" : name;
	}

	private final class RecordingFile implements DiskFile {

		private final DiskFile file;

		private final String name;

		RecordingFile(DiskFile file, String name) {
			this.file = file;
			this.name = name;
		}

		@Override
		public void write(long position, byte[] bytes, int offset, int length) throws IOException {
			note("write");
			this.file.write(position, bytes, offset, length);
		}

		@Override
		public void truncate(long size) throws IOException {
			note("truncate");
			this.file.truncate(size);
		}

		@Override
		public long size() throws IOException {
			return this.file.size();
		}

		@Override
		public void force() throws IOException {
			note("force");
			this.file.force();
		}

		@Override
		public void close() throws IOException {
			note("close");
			this.file.close();
		}

		private void note(String step) {
			RecordingDisk.this.steps.add(step + " " + this.name);
		}

	}

}
