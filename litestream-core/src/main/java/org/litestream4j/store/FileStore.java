package org.litestream4j.store;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import org.litestream4j.io.Disk;

/**
 * Keeps objects as files of a directory, by their names. When one was stored is its
 * file's modification time, as precise as the file system keeps it. What is no plain
 * file, what is beyond a symbolic link and what has a name that begins with a dot is no
 * object. Thread-safe.
 * <p>
 * The directory is created when something is first written to it. A missing directory
 * reads as empty, unless there is reason to believe that it vanished: see
 * {@link ReplicaDirectory#requirePresent}.
 */
public final class FileStore implements ObjectStore {

	private static final int CONCURRENT_READS = 50;

	private final ReplicaDirectory directory;

	private final FileObjectWriter writer;

	private final Disk disk;

	/**
	 * Creates a store. Does no I/O.
	 * @param root the replica's directory; made absolute
	 * @param disk writes, with the permissions that files shall have
	 */
	public FileStore(Path root, Disk disk) {
		this(new ReplicaDirectory(root.toAbsolutePath().normalize(), MountTable::ofSystem), disk);
	}

	FileStore(ReplicaDirectory directory, Disk disk) {
		this.directory = directory;
		this.disk = disk;
		this.writer = new FileObjectWriter(directory, disk);
	}

	/**
	 * A file as an object. What replaces a file is another one, which is written while
	 * the first one is there still: they differ in their inodes. Where an inode is used
	 * again later, the times differ.
	 */
	static StoredObject stored(String name, BasicFileAttributes attributes) {
		return new StoredObject(name, attributes.size(), attributes.lastModifiedTime().toInstant(), tag(attributes));
	}

	private static @Nullable String tag(BasicFileAttributes attributes) {
		Object inode = attributes.fileKey();
		// Not formatted: every segment waits for this
		return (inode == null) ? null : inode.toString() + '-' + attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS)
				+ '-' + attributes.size();
	}

	@Override
	public String type() {
		return "file";
	}

	@Override
	public String url() {
		return new FileUrl(this.directory.root()).toString();
	}

	/** The mount that the directory is on. */
	@Override
	public String lane() {
		return StoreLanes.ofMount(this.directory.root());
	}

	/**
	 * Preconditions need hard links, and files that can be told apart: whether the file
	 * system has both is known once one was tried.
	 */
	@Override
	public StoreCapabilities capabilities() {
		return new StoreCapabilities(CONCURRENT_READS, StoreCapabilities.Metadata.NONE,
				StoreCapabilities.Reads.SEQUENTIAL, this.writer.conditions());
	}

	/** By the dates of the files that are written; the first time one is made for it. */
	@Override
	public Optional<Duration> clockOffset() {
		return this.writer.clockOffset();
	}

	@Override
	public List<String> directories(String directory) throws IOException {
		List<String> names = new ArrayList<>();
		this.directory.visit(this.directory.resolve(directory), (path) -> {
			String name = path.getFileName().toString();
			if (!isHidden(name) && Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
				names.add(name);
			}
			return true;
		});
		return names;
	}

	@Override
	public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
		try {
			visit(directory, depth, visitor);
		}
		catch (ReplicaDirectory.VisitorException ex) {
			throw ex.failure;
		}
	}

	private boolean visit(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
		return this.directory.visit(this.directory.resolve(directory), (path) -> {
			String fileName = path.getFileName().toString();
			Optional<BasicFileAttributes> found = isHidden(fileName) ? Optional.empty()
					: this.directory.attributes(path);
			if (found.isEmpty()) {
				return true;
			}
			BasicFileAttributes attributes = found.get();
			String name = directory.isEmpty() ? fileName : directory + '/' + fileName;
			if (attributes.isDirectory()) {
				return depth == Depth.DIRECTORY || visit(name, depth, visitor);
			}
			// Without a tag, which takes longer to make than all the rest
			return !attributes.isRegularFile()
					|| show(new StoredObject(name, attributes.size(), attributes.lastModifiedTime().toInstant(), null),
							visitor);
		});
	}

	private static boolean show(StoredObject object, ObjectVisitor visitor) throws IOException {
		try {
			return visitor.visit(object);
		}
		catch (IOException ex) {
			throw new ReplicaDirectory.VisitorException(ex);
		}
	}

	private static boolean isHidden(String fileName) {
		return fileName.startsWith(".");
	}

	@Override
	public StoredObject put(NewObject object, ObjectContent content) throws IOException {
		return this.writer.write(object, content);
	}

	@Override
	public OpenedObject open(StoredObject object, long from, long to) throws IOException {
		return this.directory.open(object.name(), (path, attributes) -> {
			StoredObject now = stored(object.name(), attributes);
			InputStream in = Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS);
			boolean opened = false;
			try {
				requireSame(object, path, now);
				if (from > 0) {
					in.skipNBytes(Math.min(from, now.size()));
				}
				opened = true;
				return new OpenedObject((to < now.size()) ? new Part(in, Math.max(to - from, 0)) : in, now);
			}
			finally {
				if (!opened) {
					in.close();
				}
			}
		});
	}

	/** The one that was opened may be yet another one than the one looked at before. */
	private void requireSame(StoredObject wanted, Path path, StoredObject before) throws IOException {
		if (wanted.tag() != null && !(wanted.tag().equals(before.tag()) && wanted.tag()
			.equals(tag(Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS))))) {
			throw new ObjectReplacedException("%s was replaced while it was read; try again".formatted(path), null);
		}
	}

	@Override
	public Optional<StoredObject> stat(String name) throws IOException {
		Path path = this.directory.resolve(name);
		Optional<BasicFileAttributes> attributes = this.directory.object(path);
		if (attributes.isEmpty()) {
			this.directory.requirePresent(path);
		}
		return attributes.map((found) -> stored(name, found));
	}

	@Override
	public Map<String, String> metadata(String name) throws IOException {
		if (stat(name).isEmpty()) {
			throw new NoSuchFileException(this.directory.resolve(name).toString());
		}
		return Map.of();
	}

	@Override
	public void delete(Collection<String> names) throws IOException {
		Set<Path> directories = new LinkedHashSet<>();
		try {
			for (String name : names) {
				Path path = this.directory.resolve(name);
				this.disk.deleteIfExists(path);
				directories.add(path.getParent());
			}
			for (Path path : directories) {
				this.writer.tidy(path);
			}
		}
		catch (IOException ex) {
			throw this.directory.explain("delete from", ex);
		}
	}

	@Override
	public void close() {
	}

	@Override
	public String toString() {
		return url();
	}

	/** The beginning of a stream. Not thread-safe. */
	private static final class Part extends FilterInputStream {

		private long left;

		Part(InputStream in, long left) {
			super(in);
			this.left = left;
		}

		@Override
		public int read() throws IOException {
			byte[] one = new byte[1];
			return (read(one, 0, 1) < 0) ? -1 : one[0] & 0xff;
		}

		@Override
		public int read(byte[] bytes, int offset, int length) throws IOException {
			if (this.left == 0 && length > 0) {
				return -1;
			}
			int read = super.read(bytes, offset, (int) Math.min(length, this.left));
			this.left -= Math.max(read, 0);
			return read;
		}

		@Override
		public long skip(long count) throws IOException {
			long skipped = super.skip(Math.min(count, this.left));
			this.left -= skipped;
			return skipped;
		}

		@Override
		public boolean markSupported() {
			return false;
		}

	}

}
