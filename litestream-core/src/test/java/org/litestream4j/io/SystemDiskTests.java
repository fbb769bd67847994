package org.litestream4j.io;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Tests for {@link SystemDisk}.
 */
class SystemDiskTests {

	@TempDir
	private Path directory;

	private final Disk disk = SystemDisk.ownerOnly();

	@AfterEach
	void clearInterrupt() {
		Thread.interrupted();
	}

	@Test
	void createWhenFileIsNewWritesAtPositionsInAnyOrder() throws IOException {
		Path file = this.directory.resolve("a");
		try (Disk.DiskFile open = this.disk.create(file)) {
			open.write(4, bytes("xxdefxx"), 2, 3);
			open.write(0, bytes("abc"), 0, 3);
			open.write(3, bytes("-"), 0, 1);
			assertThat(open.size()).isEqualTo(7);
			open.truncate(5);
			open.write(5, bytes("!"), 0, 1);
			open.force();
		}
		assertThat(file).hasContent("abc-d!");
	}

	@Test
	void writeToAFullDiskNamesTheFileAndTheFreeSpace() throws IOException {
		Path full = Path.of("/dev/full");
		assumeThat(full).exists();
		try (Disk.DiskFile open = new SystemDisk.SystemDiskFile(full, new RandomAccessFile(full.toFile(), "rw"))) {
			assertThatIOException().isThrownBy(() -> open.write(0, bytes("abc"), 0, 3))
				.withMessageMatching("/dev/full cannot be written: No space left on device, and \\d+ bytes are free"
						+ " there; free space");
		}
	}

	@Test
	void createWhenFileExistsRefusesAndKeepsIt() throws IOException {
		Path file = Files.writeString(this.directory.resolve("a"), "precious");
		assertThatExceptionOfType(FileAlreadyExistsException.class).isThrownBy(() -> this.disk.create(file).close());
		assertThat(file).hasContent("precious");
	}

	@Test
	void createWhenNameIsADanglingLinkRefusesAndDoesNotFollowIt() throws IOException {
		Path elsewhere = this.directory.resolve("elsewhere");
		Path link = Files.createSymbolicLink(this.directory.resolve("a"), elsewhere);
		assertThatExceptionOfType(FileAlreadyExistsException.class).isThrownBy(() -> this.disk.create(link).close());
		assertThat(elsewhere).doesNotExist();
	}

	@Test
	void openWhenFileIsMissingDoesNotCreateIt() {
		Path file = this.directory.resolve("a");
		assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> this.disk.open(file).close());
		assertThat(file).doesNotExist();
	}

	@Test
	void openWhenFileExistsKeepsItsContent() throws IOException {
		Path file = Files.writeString(this.directory.resolve("a"), "0123456789");
		try (Disk.DiskFile open = this.disk.open(file)) {
			open.write(3, bytes("abc"), 0, 3);
			open.truncate(12);
		}
		assertThat(file).hasContent("012abc6789\0\0");
	}

	@Test
	void moveWhenTargetExistsReplacesIt() throws IOException {
		Path source = Files.writeString(this.directory.resolve("a"), "new");
		Path target = Files.writeString(this.directory.resolve("b"), "old");
		this.disk.move(source, target);
		assertThat(target).hasContent("new");
		assertThat(source).doesNotExist();
	}

	@Test
	void deleteIfExistsWhenDirectoryHasFilesRefuses() throws IOException {
		Path file = Files.writeString(Files.createDirectory(this.directory.resolve("x")).resolve("a"), "precious");
		assertThatExceptionOfType(DirectoryNotEmptyException.class)
			.isThrownBy(() -> this.disk.deleteIfExists(this.directory.resolve("x")));
		this.disk.deleteIfExists(file);
		this.disk.deleteIfExists(file);
		this.disk.deleteIfExists(this.directory.resolve("x"));
		assertThat(this.directory).isEmptyDirectory();
	}

	@Test
	void createDirectoriesWhenNameIsAFileSaysSo() throws IOException {
		Path file = Files.writeString(this.directory.resolve("a"), "text");
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> this.disk.createDirectories(file.resolve("b")));
		assertThatExceptionOfType(FileAlreadyExistsException.class).isThrownBy(() -> this.disk.createDirectories(file));
	}

	@Test
	void createDirectoriesWhenTheyExistDoesNothing() throws IOException {
		this.disk.createDirectories(this.directory.resolve("x/y"));
		this.disk.createDirectories(this.directory.resolve("x/y"));
		assertThat(this.directory.resolve("x/y")).isEmptyDirectory();
	}

	@Test
	void ownerOnlyMakesFilesAndDirectoriesThatOnlyTheOwnerCanUse() throws IOException {
		assumePosix();
		assertThat(permissionsOfNew(this.disk)).isEqualTo("rw------- rwx------");
	}

	@ParameterizedTest
	@CsvSource({ "rw-r--r--, rw-r--r-- rwxr-xr-x", "rw-r-----, rw-r----- rwxr-x---", "rw-rw----, rw-rw---- rwxrwx---",
			"rw-------, rw------- rwx------", "r-xr-x---, rw-r----- rwxr-x---" })
	void likeFileMakesFilesThatAreNoMoreWidelyAccessible(String permissions, String expected) throws IOException {
		assumePosix();
		Path probe = Files.createFile(this.directory.resolve("probe"),
				PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));
		assumeThat(Files.getPosixFilePermissions(probe)).as("the umask takes no reading rights away").hasSize(4);
		Path file = Files.createFile(this.directory.resolve("app.db"));
		Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
		String actual = permissionsOfNew(SystemDisk.likeFile(file));
		assertThat(actual).isEqualTo(expected);
	}

	@Test
	void likeFileWhenFileIsOfAnotherGroupGivesTheGroupNothing() throws IOException {
		assumePosix();
		Path file = Files.createFile(this.directory.resolve("app.db"));
		Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
		try {
			Files.setAttribute(file, "unix:gid", 65534);
		}
		catch (IOException ex) {
			assumeThat(ex).as("only root can give a file to any group").isNull();
		}
		assertThat(permissionsOfNew(SystemDisk.likeFile(file))).isEqualTo("rw------- rwx------");
	}

	@Test
	void likeFileWhenFileIsMissingMakesFilesForTheOwnerOnly() throws IOException {
		assumePosix();
		Disk like = SystemDisk.likeFile(this.directory.resolve("missing.db"));
		assertThat(permissionsOfNew(like)).isEqualTo("rw------- rwx------");
	}

	@Test
	void operationsWhenThreadIsInterruptedWorkAndKeepTheInterrupt() throws IOException {
		Thread.currentThread().interrupt();
		this.disk.createDirectories(this.directory.resolve("x/y"));
		Path file = this.directory.resolve("x/y/a");
		try (Disk.DiskFile open = this.disk.create(file)) {
			open.write(0, bytes("text"), 0, 4);
			open.force();
		}
		this.disk.move(file, file.resolveSibling("b"));
		this.disk.forceDirectory(this.directory.resolve("x/y"));
		assertThat(Thread.interrupted()).isTrue();
		assertThat(this.directory.resolve("x/y/b")).hasContent("text");
	}

	@Test
	void forceDirectoryWhenInterruptsKeepComingWorks() throws Exception {
		AtomicBoolean done = new AtomicBoolean();
		Thread worker = Thread.currentThread();
		Thread interrupter = new Thread(() -> {
			while (!done.get()) {
				worker.interrupt();
				LockSupport.parkNanos(100_000);
			}
		});
		interrupter.start();
		try {
			for (int i = 0; i < 100; i++) {
				this.disk.forceDirectory(this.directory);
			}
		}
		finally {
			done.set(true);
			Thread.interrupted();
			interrupter.join();
		}
	}

	private String permissionsOfNew(Disk maker) throws IOException {
		Path directory = this.directory.resolve("made");
		Path file = directory.resolve("file");
		maker.createDirectories(directory);
		maker.create(file).close();
		return PosixFilePermissions.toString(Files.getPosixFilePermissions(file)) + " "
				+ PosixFilePermissions.toString(Files.getPosixFilePermissions(directory));
	}

	private void assumePosix() {
		assumeThat(this.directory.getFileSystem().supportedFileAttributeViews())
			.as("permissions are those of a POSIX file system")
			.contains("posix");
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

}
