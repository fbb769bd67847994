package org.litestream4j.io;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The real file system. What it creates is readable by nobody who could not read the
 * database it is made for. Thread-safe.
 */
public final class SystemDisk implements Disk {

	private static final Set<PosixFilePermission> OWNER = PosixFilePermissions.fromString("rw-------");

	private static final Set<PosixFilePermission> EXECUTE = PosixFilePermissions.fromString("--x--x--x");

	private static final Set<PosixFilePermission> GROUP = PosixFilePermissions.fromString("---rwx---");

	private final Set<PosixFilePermission> filePermissions;

	@Nullable private final GroupPrincipal group;

	private SystemDisk(Set<PosixFilePermission> filePermissions, @Nullable GroupPrincipal group) {
		this.filePermissions = filePermissions;
		this.group = group;
	}

	/** Creates files that only their owner can read. */
	public static SystemDisk ownerOnly() {
		return new SystemDisk(OWNER, null);
	}

	/**
	 * Creates files that are no more widely accessible than another file is now; as
	 * {@link #ownerOnly()} if there is no such file. The other file is not opened.
	 */
	public static SystemDisk likeFile(Path file) {
		try {
			PosixFileAttributes attributes = Files.readAttributes(file, PosixFileAttributes.class);
			Set<PosixFilePermission> permissions = EnumSet.copyOf(OWNER);
			permissions.addAll(attributes.permissions());
			permissions.removeAll(EXECUTE);
			return new SystemDisk(permissions, attributes.group());
		}
		catch (IOException | UnsupportedOperationException ex) {
			return ownerOnly();
		}
	}

	@Override
	public DiskFile create(Path file) throws IOException {
		Files.createFile(file, attributes(file, this.filePermissions));
		allowGroup(file, this.filePermissions);
		return open(file);
	}

	@Override
	public DiskFile open(Path file) throws IOException {
		StateFile.requireRegular(file); // a link would be followed, a pipe waited for
		return new SystemDiskFile(file, new RandomAccessFile(file.toFile(), "rw"));
	}

	@Override
	public void createDirectories(Path directory) throws IOException {
		if (Files.isDirectory(directory)) {
			return;
		}
		Path parent = directory.toAbsolutePath().getParent();
		if (parent != null) {
			createDirectories(parent);
		}
		try {
			Files.createDirectory(directory, attributes(directory, directoryPermissions()));
			allowGroup(directory, directoryPermissions());
		}
		catch (FileAlreadyExistsException ex) {
			if (!Files.isDirectory(directory)) {
				throw ex;
			}
		}
		if (parent != null) {
			forceDirectory(parent);
		}
	}

	private Set<PosixFilePermission> directoryPermissions() {
		Set<PosixFilePermission> permissions = EnumSet.copyOf(this.filePermissions);
		permissions.add(PosixFilePermission.OWNER_EXECUTE);
		if (permissions.contains(PosixFilePermission.GROUP_READ)) {
			permissions.add(PosixFilePermission.GROUP_EXECUTE);
		}
		if (permissions.contains(PosixFilePermission.OTHERS_READ)) {
			permissions.add(PosixFilePermission.OTHERS_EXECUTE);
		}
		return permissions;
	}

	private static FileAttribute<?>[] attributes(Path path, Set<PosixFilePermission> permissions) {
		if (!path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
			return new FileAttribute<?>[0];
		}
		Set<PosixFilePermission> withoutGroup = EnumSet.copyOf(permissions);
		withoutGroup.removeAll(GROUP);
		return new FileAttribute<?>[] { PosixFilePermissions.asFileAttribute(withoutGroup) };
	}

	/**
	 * What is created belongs to a group of this process, which need not be the
	 * database's: only the same group gets the same rights.
	 */
	private void allowGroup(Path path, Set<PosixFilePermission> permissions) {
		if (this.group == null || Collections.disjoint(permissions, GROUP)) {
			return;
		}
		try {
			PosixFileAttributes attributes = Files.readAttributes(path, PosixFileAttributes.class);
			if (this.group.equals(attributes.group())) {
				Set<PosixFilePermission> withGroup = EnumSet.copyOf(attributes.permissions());
				permissions.stream().filter(GROUP::contains).forEach(withGroup::add);
				Files.setPosixFilePermissions(path, withGroup);
			}
		}
		catch (IOException | UnsupportedOperationException ex) {
			// A mount without permissions of its own: nobody got more than wanted.
		}
	}

	@Override
	public void move(Path source, Path target) throws IOException {
		Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
	}

	/**
	 * A hard link takes a name only if it is free, in one step. Where there are no hard
	 * links an empty file takes the name first, and is then replaced.
	 */
	@Override
	public void moveToNew(Path source, Path target) throws IOException {
		try {
			Files.createLink(target, source);
		}
		catch (FileAlreadyExistsException | NoSuchFileException ex) {
			throw ex;
		}
		catch (FileSystemException | UnsupportedOperationException ex) {
			Files.createFile(target, attributes(target, OWNER));
			replaceEmpty(source, target);
			return;
		}
		Files.delete(source);
	}

	private void replaceEmpty(Path source, Path target) throws IOException {
		try {
			move(source, target);
		}
		catch (IOException ex) {
			Files.delete(target); // the empty file is ours
			throw ex;
		}
	}

	@Override
	public void link(Path file, Path name) throws IOException {
		try {
			Files.createLink(name, file);
		}
		catch (FileAlreadyExistsException ex) {
			if (!Files.isSameFile(name, file)) {
				throw ex;
			}
			// a file server lost its first answer, and refused when asked again
		}
		catch (AccessDeniedException | NoSuchFileException ex) {
			throw ex;
		}
		catch (FileSystemException ex) {
			String reason = String.valueOf(ex.getReason());
			if (reason.contains("Operation not permitted") || reason.contains("not supported")
					|| reason.contains("not implemented") || reason.contains("Too many links")) {
				throw new UnsupportedOperationException("no hard links: " + reason, ex);
			}
			throw ex;
		}
	}

	@Override
	public void deleteIfExists(Path path) throws IOException {
		Files.deleteIfExists(path);
	}

	@Override
	public void forceDirectory(Path directory) throws IOException {
		if (isWindows()) {
			return; // directories cannot be opened there; the tested platform is Linux
		}
		boolean interrupted = false;
		try {
			while (true) {
				// An interrupt would close the channel
				interrupted |= Thread.interrupted();
				try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
					channel.force(true);
					return;
				}
				catch (ClosedByInterruptException ex) {
					interrupted = true;
				}
			}
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	private static boolean isWindows() {
		return System.getProperty("os.name", "").startsWith("Windows");
	}

	/** {@link RandomAccessFile}, as an interrupt closes a {@link FileChannel}. */
	static final class SystemDiskFile implements DiskFile {

		private final Path path;

		private final RandomAccessFile file;

		@Nullable private Long position;

		SystemDiskFile(Path path, RandomAccessFile file) {
			this.path = path;
			this.file = file;
		}

		@Override
		public void write(long position, byte[] bytes, int offset, int length) throws IOException {
			if (this.position == null || this.position != position) {
				this.file.seek(position);
			}
			this.position = null; // unknown until the write has succeeded
			try {
				this.file.write(bytes, offset, length);
			}
			catch (IOException ex) {
				throw explain(ex);
			}
			this.position = position + length;
		}

		@Override
		public void truncate(long size) throws IOException {
			this.position = null;
			this.file.setLength(size);
		}

		@Override
		public long size() throws IOException {
			return this.file.length();
		}

		@Override
		public void force() throws IOException {
			try {
				this.file.getFD().sync();
			}
			catch (IOException ex) {
				throw explain(ex);
			}
		}

		/** What the system says of a full disk names neither the file nor the disk. */
		private IOException explain(IOException cause) {
			String said = String.valueOf(cause.getMessage());
			if (!said.contains("No space left") && !said.contains("quota exceeded")) {
				return cause;
			}
			return new IOException("%s cannot be written: %s, and %d bytes are free there; free space"
				.formatted(this.path, said, this.path.toFile().getUsableSpace()), cause);
		}

		@Override
		public void close() throws IOException {
			this.file.close();
		}

	}

}
