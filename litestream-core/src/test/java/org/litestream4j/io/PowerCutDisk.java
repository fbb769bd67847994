package org.litestream4j.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

import org.litestream4j.io.DiskNode.DirectoryNode;
import org.litestream4j.io.DiskNode.FileNode;

/**
 * A disk below a real directory, whose power a test can cut after any operation. Real
 * files always show what the program wrote; {@link #crashImage} shows what a disk could
 * hold had the power failed now.
 * <p>
 * Harsher than most file systems: a new file's name needs its directory forced, names of
 * different directories and bytes of different writes reach the disk in any order. A file
 * that is moved to another directory can be lost from both. Thread-safe.
 */
public final class PowerCutDisk implements Disk {

	private final Disk real = SystemDisk.ownerOnly();

	private final Path root;

	private final DirectoryNode top;

	private long operations;

	private long lastOperation = Long.MAX_VALUE;

	private LongConsumer observer = (operation) -> {
	};

	/**
	 * A disk that holds, forced, what is below a directory now. Databases that may be
	 * open are left out: files with a {@code -wal} or {@code -shm} beside them, and
	 * these.
	 */
	public PowerCutDisk(Path root) throws IOException {
		this.root = root.toAbsolutePath().normalize();
		this.top = existing(this.root);
	}

	private static DirectoryNode existing(Path directory) throws IOException {
		DirectoryNode node = new DirectoryNode();
		List<Path> children;
		try (Stream<Path> listing = Files.list(directory)) {
			children = listing.toList();
		}
		for (Path child : children) {
			if (Files.isDirectory(child)) {
				node.put(child.getFileName().toString(), existing(child));
			}
			else if (!mayBeOpenInSqlite(child)) {
				node.put(child.getFileName().toString(),
						new FileNode(Files.readAllBytes(child), Files.getLastModifiedTime(child).toInstant()));
			}
		}
		node.force();
		return node;
	}

	private static boolean mayBeOpenInSqlite(Path file) {
		String name = file.getFileName().toString();
		return name.endsWith("-wal") || name.endsWith("-shm") || Files.exists(file.resolveSibling(name + "-wal"))
				|| Files.exists(file.resolveSibling(name + "-shm"));
	}

	/** How many operations had an effect so far. */
	public synchronized long operations() {
		return this.operations;
	}

	/** Lets a number of further operations happen, and then none. */
	public synchronized void cutAfter(long furtherOperations) {
		this.lastOperation = this.operations + furtherOperations;
	}

	/**
	 * Calls an observer after each operation, with its number from 1, before anything
	 * else happens on the disk: the place to make images of every moment in one run.
	 */
	public synchronized void afterEachOperation(LongConsumer newObserver) {
		this.observer = newObserver;
	}

	/**
	 * Makes a copy of what the disk could hold after a power cut now.
	 * @param target a directory that is new or empty, elsewhere
	 * @param survival which of the unforced changes made it
	 */
	public synchronized void crashImage(Path target, Survival survival) throws IOException {
		this.top.materialise(target, survival);
	}

	@Override
	public synchronized DiskFile create(Path file) throws IOException {
		begin();
		DiskFile realFile = this.real.create(file);
		FileNode node = new FileNode(new byte[0], Instant.now());
		directory(file).put(name(file), node);
		end();
		return new Handle(realFile, node);
	}

	@Override
	public synchronized DiskFile open(Path file) throws IOException {
		begin();
		DiskFile realFile = this.real.open(file);
		FileNode node = (FileNode) find(file);
		end();
		return new Handle(realFile, node);
	}

	@Override
	public synchronized void createDirectories(Path directory) throws IOException {
		Path absolute = directory.toAbsolutePath().normalize();
		if (Files.isDirectory(absolute)) {
			return;
		}
		createDirectories(parent(absolute));
		begin();
		Files.createDirectory(absolute);
		directory(absolute).put(name(absolute), new DirectoryNode());
		end();
		forceDirectory(parent(absolute));
	}

	@Override
	public synchronized void link(Path file, Path name) throws IOException {
		begin();
		DiskNode node = find(file);
		this.real.link(file, name);
		directory(name).put(name(name), node);
		end();
	}

	@Override
	public synchronized void move(Path source, Path target) throws IOException {
		begin();
		DiskNode node = find(source);
		DirectoryNode from = directory(source);
		DirectoryNode to = directory(target);
		this.real.move(source, target);
		if (from == to) {
			from.rename(name(source), name(target), node);
		}
		else {
			to.put(name(target), node);
			from.remove(name(source));
		}
		end();
	}

	@Override
	public synchronized void deleteIfExists(Path path) throws IOException {
		begin();
		boolean exists = Files.exists(path);
		this.real.deleteIfExists(path);
		if (exists) {
			directory(path).remove(name(path));
		}
		end();
	}

	@Override
	public synchronized void forceDirectory(Path directory) throws IOException {
		begin();
		((DirectoryNode) find(directory)).force();
		end();
	}

	private void begin() throws PowerCutException {
		if (this.operations >= this.lastOperation) {
			throw new PowerCutException(this.operations);
		}
	}

	private void end() {
		this.operations++;
		this.observer.accept(this.operations);
	}

	private DiskNode find(Path path) {
		Path absolute = path.toAbsolutePath().normalize();
		if (!absolute.startsWith(this.root)) {
			throw new IllegalArgumentException("%s is not below %s".formatted(path, this.root));
		}
		DiskNode node = this.top;
		if (!absolute.equals(this.root)) {
			for (Path name : this.root.relativize(absolute)) {
				DirectoryNode directory = (DirectoryNode) node;
				node = directory.find(name.toString())
					.orElseThrow(() -> new IllegalArgumentException(
							"%s was not made through this disk, nor before it".formatted(path)));
			}
		}
		return node;
	}

	private DirectoryNode directory(Path path) {
		return (DirectoryNode) find(parent(path));
	}

	private static Path parent(Path path) {
		return path.toAbsolutePath().resolve("..").normalize();
	}

	private static String name(Path path) {
		return path.getFileName().toString();
	}

	/** An open file. Closing works without power, too. */
	private final class Handle implements DiskFile {

		private final DiskFile file;

		private final FileNode node;

		Handle(DiskFile file, FileNode node) {
			this.file = file;
			this.node = node;
		}

		@Override
		public void write(long position, byte[] bytes, int offset, int length) throws IOException {
			synchronized (PowerCutDisk.this) {
				begin();
				this.file.write(position, bytes, offset, length);
				this.node.write(position, bytes, offset, length);
				end();
			}
		}

		@Override
		public void truncate(long size) throws IOException {
			synchronized (PowerCutDisk.this) {
				begin();
				this.file.truncate(size);
				this.node.truncate(size);
				end();
			}
		}

		@Override
		public long size() throws IOException {
			return this.file.size();
		}

		@Override
		public void force() throws IOException {
			synchronized (PowerCutDisk.this) {
				begin();
				this.node.force();
				end();
			}
		}

		@Override
		public void close() throws IOException {
			this.file.close();
		}

	}

}
