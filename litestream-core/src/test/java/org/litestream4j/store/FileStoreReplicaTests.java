package org.litestream4j.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.ReplicaLayout;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.testing.DelegatingDisk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

class FileStoreReplicaTests {

	private static final Generation GENERATION = new Generation("b8e9afb5e0717645");

	private static final WalPosition START = new WalPosition(GENERATION, 0, 0);

	private static final ObjectContent CONTENT = (out) -> out.write(new byte[] { 1, 2, 3 });

	@TempDir
	private Path directory;

	private Path root;

	private V03Replica client;

	@BeforeEach
	void createClient() {
		this.root = this.directory.resolve("replica");
		this.client = new V03Replica(new FileStore(this.root, SystemDisk.ownerOnly()));
	}

	@Test
	void creatingAClientDoesNoIo() {
		assertThat(this.root).doesNotExist();
		assertThat(this.client.url()).isEqualTo("file://" + this.root);
	}

	@Test
	void createdAtIsTheModificationTimeWithAllItsDigits() throws Exception {
		WalSegment segment = write();
		Instant time = Instant.ofEpochSecond(1_795_363_194L, 571_516_019L);
		Files.setLastModifiedTime(this.root.resolve(ReplicaLayout.nameOf(segment)), FileTime.from(time));
		assertThat(this.client.walSegments(GENERATION).get(0).createdAt()).isEqualTo(time);
	}

	@Test
	void objectsAndDirectoriesAreNoWiderThanTheDatabase() throws Exception {
		write();
		assertThat(permissions(this.root)).isEqualTo("rwx------");
		assertThat(permissions(this.root.resolve("generations"))).isEqualTo("rwx------");
		assertThat(permissions(this.root.resolve(ReplicaLayout.nameOf(segment(START))))).isEqualTo("rw-------");

		Path database = Files.createFile(this.directory.resolve("app.db"));
		Files.setPosixFilePermissions(database, PosixFilePermissions.fromString("rw-r-----"));
		Path other = this.directory.resolve("other");
		try (V03Replica shared = new V03Replica(new FileStore(other, SystemDisk.likeFile(database)))) {
			shared.writeWalSegment(START, Instant.now(), CONTENT);
		}
		assertThat(permissions(other)).isEqualTo("rwxr-x---");
		assertThat(permissions(other.resolve(ReplicaLayout.nameOf(segment(START))))).isEqualTo("rw-r-----");
	}

	@Test
	void directoriesOfAGenerationGoWithItsLastObject() throws Exception {
		WalSegment segment = write();
		Snapshot snapshot = this.client.writeSnapshot(GENERATION, 0, Instant.now(), CONTENT);
		this.client.deleteSnapshots(List.of(snapshot));
		assertThat(this.root.resolve("generations/b8e9afb5e0717645/wal")).exists();
		assertThat(this.root.resolve("generations/b8e9afb5e0717645/snapshots")).doesNotExist();
		this.client.deleteWalSegments(List.of(segment));
		assertThat(this.root.resolve("generations")).isEmptyDirectory();
	}

	@Test
	void directoryInTheShapeOfAnObjectIsIgnored() throws Exception {
		Files.createDirectories(this.root.resolve(ReplicaLayout.nameOf(segment(START))));
		assertThat(this.client.walSegments(GENERATION)).isEmpty();
		assertThat(this.client.generations()).isEmpty();
	}

	@Test
	void draftIsForcedBeforeItGetsItsNameAndTheNameAfter() throws Exception {
		List<String> steps = new ArrayList<>();
		try (V03Replica recorded = new V03Replica(new FileStore(this.root, new RecordingDisk(steps)))) {
			recorded.writeWalSegment(START, Instant.now(), CONTENT);
		}
		assertThat(steps).containsExactly("directories wal", "create draft", "write draft", "force draft",
				"move draft to 00000000_00000000.wal.lz4", "force wal", "close draft");
	}

	@Test
	void whatACrashLeftIsDeletedAndAFreshDraftIsNot() throws Exception {
		write();
		Path wal = this.root.resolve("generations/b8e9afb5e0717645/wal");
		Path stale = draft(wal, ".00000001_00000000.wal.lz4.00000000000000aa.tmp", Duration.ofHours(1));
		Path fresh = draft(wal, ".00000001_00000000.wal.lz4.00000000000000bb.tmp", Duration.ofMinutes(5));
		Path foreign = draft(wal, "00000001_00000000.wal.lz4.tmp", Duration.ofHours(1));
		try (V03Replica next = new V03Replica(new FileStore(this.root, SystemDisk.ownerOnly()))) {
			next.generations();
			assertThat(stale).as("reading changes nothing").exists();
			next.writeWalSegment(START, Instant.now(), CONTENT);
		}
		assertThat(stale).doesNotExist();
		assertThat(fresh).exists();
		assertThat(foreign).exists();
	}

	@Test
	void staleDraftDoesNotKeepAnOldGenerationsDirectory() throws Exception {
		WalSegment segment = write();
		draft(this.root.resolve("generations/b8e9afb5e0717645/wal"), ".00000001_00000000.wal.lz4.00000000000000aa.tmp",
				Duration.ofHours(1));
		this.client.deleteWalSegments(List.of(segment));
		assertThat(this.root.resolve("generations")).isEmptyDirectory();
	}

	@Test
	void fullDiskIsNamedAndLeavesNothing() throws Exception {
		FailingDisk disk = new FailingDisk();
		disk.failure = new IOException("No space left on device");
		try (V03Replica failing = new V03Replica(new FileStore(this.root, disk))) {
			assertThatIOException().isThrownBy(() -> failing.writeWalSegment(START, Instant.now(), CONTENT))
				.withMessage("Cannot write to the replica directory %s: it is full; free space there", this.root);
			assertThat(files()).isEmpty();
			disk.failure = null;
			failing.writeWalSegment(START, Instant.now(), CONTENT);
			assertThat(files()).hasSize(1);
		}
	}

	@Test
	void readOnlyFileSystemIsNamed() {
		FailingDisk disk = new FailingDisk();
		disk.failure = new FileSystemException("/x", null, "Read-only file system");
		try (V03Replica failing = new V03Replica(new FileStore(this.root, disk))) {
			assertThatIOException().isThrownBy(() -> failing.writeWalSegment(START, Instant.now(), CONTENT))
				.withMessage(
						"Cannot write to the replica directory %s: its file system is read-only; mount it for writing",
						this.root);
		}
	}

	@Test
	void failureOfTheContentIsNotBlamedOnTheDirectory() {
		IOException failure = new IOException("No space left on device");
		assertThatIOException().isThrownBy(() -> this.client.writeWalSegment(START, Instant.now(), (out) -> {
			throw failure;
		})).isSameAs(failure);
	}

	@Test
	void directoryThatWasThereAndIsGoneHasVanishedUntilItIsBack() throws Exception {
		WalSegment segment = write();
		Path away = this.directory.resolve("away");
		Files.move(this.root, away);
		String expected = "The replica directory %s has vanished: bring it back, or create an empty directory to start"
				+ " the backup anew";
		assertThatIOException().isThrownBy(() -> this.client.generations()).withMessage(expected, this.root);
		assertThatIOException().isThrownBy(() -> this.client.snapshots(GENERATION)).withMessage(expected, this.root);
		assertThatIOException().isThrownBy(() -> this.client.openWalSegment(segment))
			.withMessage(expected, this.root)
			.isNotInstanceOf(NoSuchFileException.class);
		assertThatIOException().isThrownBy(() -> write()).withMessage(expected, this.root);
		assertThat(this.root).as("never created again silently").doesNotExist();
		Files.move(away, this.root);
		assertThat(this.client.generations()).containsExactly(GENERATION);
		write();
	}

	@Test
	void emptyDirectoryInPlaceOfOneThatVanishedStartsAnew() throws Exception {
		write();
		Files.move(this.root, this.directory.resolve("away"));
		Files.createDirectory(this.root);
		assertThat(this.client.generations()).isEmpty();
		write();
		assertThat(this.client.generations()).containsExactly(GENERATION);
	}

	@Test
	void directoryThatNeverExistedHoldsNoBackupEvenIfItsParentIsMissingToo() throws Exception {
		Path nested = this.directory.resolve("replicas/app");
		try (V03Replica first = new V03Replica(new FileStore(nested, SystemDisk.ownerOnly()))) {
			assertThat(first.generations()).isEmpty();
			first.writeWalSegment(START, Instant.now(), CONTENT);
			assertThat(first.generations()).containsExactly(GENERATION);
		}
	}

	@Test
	void directoryBelowAMissingMountPointIsNotTakenForAnEmptyOne() {
		for (String path : List.of("/mnt/no-such-disk/app", "/no-such-volume/app", "/media/no-such-disk/app")) {
			try (V03Replica unmounted = new V03Replica(new FileStore(Path.of(path), SystemDisk.ownerOnly()))) {
				assertThatIOException().isThrownBy(unmounted::generations)
					.withMessageContaining("does not exist; mount it, or create it to begin a backup");
				assertThatIOException().isThrownBy(() -> unmounted.writeWalSegment(START, Instant.now(), CONTENT))
					.withMessageContaining("does not exist; mount it, or create it to begin a backup");
			}
		}
	}

	@Test
	void directoryOfAFileSystemThatIsNotMountedIsNotTakenForAnEmptyOne() throws Exception {
		MountTable table = new MountTable(
				MountTable.parse(Stream.of("# a comment", "UUID=1 / ext4 defaults 0 1",
						"nas:/backup %s nfs nofail".formatted(this.directory), "/swap none swap sw")),
				Set.of(Path.of("/")));
		Files.createDirectory(this.root);
		try (V03Replica unmounted = new V03Replica(
				new FileStore(new ReplicaDirectory(this.root, () -> table), SystemDisk.ownerOnly()))) {
			assertThatIOException().isThrownBy(unmounted::generations)
				.withMessage("The replica directory %s cannot be used: nothing is mounted at %s, as /etc/fstab says it"
						+ " should; mount it", this.root, this.directory);
			assertThatIOException().isThrownBy(() -> unmounted.writeWalSegment(START, Instant.now(), CONTENT))
				.withMessageContaining("nothing is mounted at");
		}
	}

	@Test
	void mountPointsMayHoldSpaces() {
		assertThat(MountTable.parse(Stream.of("/dev/sdb1 /mnt/my\\040disk ext4 defaults 0 2")))
			.containsExactly(Path.of("/mnt/my disk"));
	}

	@Test
	void linkThatLeadsNowhereIsNotTakenForAnEmptyDirectory() throws Exception {
		Path link = Files.createSymbolicLink(this.directory.resolve("link"), this.directory.resolve("unmounted"));
		try (V03Replica linked = new V03Replica(new FileStore(link, SystemDisk.ownerOnly()))) {
			assertThatIOException().isThrownBy(linked::generations)
				.withMessage("The replica directory %s cannot be used: %s is a symbolic link that leads nowhere", link,
						link);
		}
	}

	@Test
	void fileInPlaceOfTheDirectoryIsNamed() throws Exception {
		Files.createFile(this.root);
		assertThatIOException().isThrownBy(() -> this.client.generations()).withMessageContaining("not a directory");
		assertThatIOException().isThrownBy(() -> write()).withMessageContaining("not a directory");
	}

	@Test
	void missingObjectIsMissingOnlyIfTheDirectoryIsThere() throws Exception {
		write();
		assertThatExceptionOfType(NoSuchFileException.class)
			.isThrownBy(() -> this.client.openWalSegment(segment(START.at(1))));
	}

	private WalSegment write() throws IOException {
		return this.client.writeWalSegment(START, Instant.now(), CONTENT);
	}

	private static WalSegment segment(WalPosition start) {
		return new WalSegment(start.generation(), start.index(), start.offset(), 1, Instant.EPOCH);
	}

	private static Path draft(Path directory, String name, Duration age) throws IOException {
		Path path = Files.write(directory.resolve(name), "draft".getBytes(StandardCharsets.UTF_8));
		Files.setLastModifiedTime(path, FileTime.from(Instant.now().minus(age)));
		return path;
	}

	private List<Path> files() throws IOException {
		if (!Files.exists(this.root)) {
			return List.of();
		}
		try (Stream<Path> paths = Files.walk(this.root)) {
			return paths.filter(Files::isRegularFile).toList();
		}
	}

	private static String permissions(Path path) throws IOException {
		return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
	}

	@Test
	void directoryOfAGenerationThatVanishedIsNotWrittenToAsIfItWereThere() throws Exception {
		write();
		deleteAll(this.root.resolve("generations/b8e9afb5e0717645"));
		WalPosition next = new WalPosition(GENERATION, 0, 4152);
		assertThatIOException().isThrownBy(() -> this.client.writeWalSegment(next, Instant.now(), CONTENT))
			.withMessageContaining("generations/b8e9afb5e0717645/wal")
			.withMessageContaining("has vanished");
		assertThat(this.root.resolve("generations/b8e9afb5e0717645")).doesNotExist();
		assertThat(this.client.walSegments(GENERATION)).isEmpty();
		this.client.writeWalSegment(next, Instant.now(), CONTENT); // who has looked may
	}

	@Test
	void emptyDirectoryOfAnotherFileSystemIsTakenForAMountPoint() throws Exception {
		Path shm = Path.of("/dev/shm");
		assumeTrue(Files.isDirectory(shm) && Files.isWritable(shm)
				&& !Files.getFileStore(shm).equals(Files.getFileStore(this.directory)));
		write();
		Path away = Files.move(this.root, this.directory.resolve("away"));
		Path other = Files.createTempDirectory(shm, "replica");
		try {
			Files.createSymbolicLink(this.root, other);
			assertThatIOException().isThrownBy(this::write).withMessageContaining("on another file system than before");
			assertThatIOException().isThrownBy(() -> this.client.walSegments(GENERATION))
				.withMessageContaining("on another file system than before");
			assertThat(other).isEmptyDirectory();
			Files.delete(this.root);
			Files.move(away, this.root);
			assertThat(this.client.walSegments(GENERATION)).hasSize(1);
		}
		finally {
			Files.delete(other);
		}
	}

	@Test
	void fileThatReplacedTheDirectoryIsNamedAndNotWhatWouldBeBelowIt() throws Exception {
		write();
		deleteAll(this.root);
		Files.createFile(this.root);
		assertThatIOException().isThrownBy(() -> this.client.walSegments(GENERATION))
			.withMessageContaining("%s is not a directory; move it away".formatted(this.root));
		assertThatIOException().isThrownBy(this::write)
			.withMessageContaining(this.root.toString())
			.withMessageContaining("not a directory; move it away")
			.withMessageNotContaining("generations");
	}

	@Test
	void plantedLinksAreNeitherListedNorReadNorWrittenThrough() throws Exception {
		WalSegment segment = write();
		Path wal = this.root.resolve("generations/b8e9afb5e0717645/wal");
		Path elsewhere = Files.move(wal, this.directory.resolve("elsewhere"));
		Files.createSymbolicLink(wal, elsewhere);
		assertThat(this.client.walSegments(GENERATION)).isEmpty();
		assertThatIOException().isThrownBy(() -> this.client.openWalSegment(segment));
		assertThatIOException().isThrownBy(this::write).withMessageContaining(wal + " is a symbolic link");
		Files.delete(wal);
		Files.createDirectory(wal);
		Path link = Files.createSymbolicLink(this.root.resolve(ReplicaLayout.nameOf(segment)),
				elsewhere.resolve("00000000_00000000.wal.lz4"));
		assertThat(this.client.walSegments(GENERATION)).isEmpty();
		assertThatIOException().isThrownBy(() -> this.client.openWalSegment(segment));
		Files.delete(link);
		Path generation = this.root.resolve("generations/0123456789abcdef");
		Files.createDirectories(this.directory.resolve("planted"));
		Files.move(elsewhere, this.directory.resolve("planted/wal"));
		Files.createSymbolicLink(generation, this.directory.resolve("planted"));
		assertThat(this.client.generations()).isEmpty();
		assertThat(this.client.walSegments(new Generation("0123456789abcdef"))).isEmpty();
	}

	@Test
	@Timeout(180)
	void pipeInPlaceOfAnObjectBlocksNobody() throws Exception {
		WalSegment segment = write();
		Path object = this.root.resolve(ReplicaLayout.nameOf(segment));
		Files.delete(object);
		makePipe(object);
		makePipe(this.root.resolve("generations/0123456789abcdef"));
		assertThat(this.client.walSegments(GENERATION)).isEmpty();
		assertThat(this.client.generations()).isEmpty();
		assertThatIOException().isThrownBy(() -> this.client.openWalSegment(segment))
			.withMessageContaining("is not a plain file");
		write();
		assertThat(this.client.walSegments(GENERATION)).hasSize(1);
	}

	private static void makePipe(Path path) throws Exception {
		assumeTrue(new ProcessBuilder("mkfifo", path.toString()).start().waitFor() == 0);
	}

	@Test
	void clockOfTheFileSystemIsReadFromWhatIsWritten() throws Exception {
		for (Duration ahead : List.of(Duration.ofHours(26), Duration.ofHours(-1), Duration.ZERO)) {
			Disk server = datedBy(ahead);
			try (V03Replica served = new V03Replica(new FileStore(this.root, server))) {
				served.writeWalSegment(START, Instant.now(), CONTENT);
				assertThat(served.clockOffset().orElseThrow()).isCloseTo(ahead, Duration.ofSeconds(30));
			}
			try (V03Replica served = new V03Replica(new FileStore(this.root, server))) {
				assertThat(served.clockOffset().orElseThrow()).isCloseTo(ahead, Duration.ofSeconds(30));
			}
		}
		assertThat(this.root.resolve("generations"))
			.isDirectoryNotContaining((path) -> path.toString().endsWith(".tmp"));
		try (V03Replica none = new V03Replica(new FileStore(this.directory.resolve("none"), SystemDisk.ownerOnly()))) {
			assertThat(none.clockOffset()).isEmpty();
		}
	}

	/** As a file server dates files whose clock is ahead of ours. */
	private static Disk datedBy(Duration ahead) {
		return new DelegatingDisk() {
			@Override
			public DiskFile create(Path path) throws IOException {
				DiskFile file = super.create(path);
				return new DiskFile() {
					@Override
					public void write(long position, byte[] bytes, int offset, int length) throws IOException {
						file.write(position, bytes, offset, length);
					}

					@Override
					public void truncate(long size) throws IOException {
						file.truncate(size);
					}

					@Override
					public long size() throws IOException {
						return file.size();
					}

					@Override
					public void force() throws IOException {
						file.force();
						Files.setLastModifiedTime(path, FileTime.from(Instant.now().plus(ahead)));
					}

					@Override
					public void close() throws IOException {
						file.close();
					}
				};
			}
		};
	}

	private static void deleteAll(Path path) throws IOException {
		try (var files = Files.walk(path)) {
			for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
				Files.delete(file);
			}
		}
	}

}
