package org.litestream4j.restore;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.Collation;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.DelegatingDisk;
import org.litestream4j.testing.DelegatingStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class RestoreFailureTests {

	@TempDir
	private Path directory;

	private RestoreFixture fixture;

	private ReplicaWriter writer;

	@BeforeEach
	void writeReplica() throws Exception {
		this.fixture = new RestoreFixture(this.directory);
		this.writer = new ReplicaWriter(this.directory);
		this.writer.snapshot();
		for (int i = 0; i < 3; i++) {
			this.writer.commit("INSERT INTO t (v) VALUES (randomblob(3000))");
		}
	}

	@AfterEach
	void closeDatabase() throws Exception {
		this.writer.close();
	}

	@Test
	void existingOutputIsRefusedAndUntouched() throws Exception {
		Files.createDirectories(this.fixture.output().getParent());
		Files.writeString(this.fixture.output(), "precious");
		assertRefused(this.fixture.output() + " exists: a restore never overwrites");
		assertThat(this.fixture.output()).hasContent("precious");
		Files.writeString(this.fixture.output(), "");
		assertRefused(this.fixture.output() + " exists: a restore never overwrites");
		Files.delete(this.fixture.output());
		Files.createDirectory(this.fixture.output());
		assertRefused(this.fixture.output() + " exists: a restore never overwrites");
	}

	@Test
	void symbolicLinkAtTheOutputIsRefusedWhereverItLeads() throws Exception {
		Files.createDirectories(this.fixture.output().getParent());
		Path elsewhere = this.directory.resolve("elsewhere.db");
		Files.createSymbolicLink(this.fixture.output(), elsewhere);
		assertRefused(this.fixture.output() + " exists: a restore never overwrites");
		assertThat(elsewhere).doesNotExist();
	}

	@ParameterizedTest
	@ValueSource(strings = { "-wal", "-shm", "-journal" })
	void whatSqliteWouldReadBesideTheOutputIsRefused(String suffix) throws Exception {
		Files.createDirectories(this.fixture.output().getParent());
		Path beside = Path.of(this.fixture.output() + suffix);
		Files.writeString(beside, "stale");
		assertRefused(beside + " exists: SQLite would take it for a part of the restored database");
		assertThat(beside).hasContent("stale");
	}

	@Test
	void outputThatAppearsDuringTheRestoreIsNotOverwritten() throws Exception {
		V03Replica client = new V03Replica(new DelegatingStore(this.writer.client()) {
			@Override
			public OpenedObject open(StoredObject object, long from, long to) throws IOException {
				if (isSnapshots(object.name())) {
					Files.writeString(RestoreFailureTests.this.fixture.output(), "another process was quicker");
				}
				return super.open(object, from, to);
			}
		});
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> this.fixture.restore(client, RestoreTarget.latest()))
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.OUTPUT_EXISTS));
		assertThat(this.fixture.output()).hasContent("another process was quicker");
		assertThat(this.fixture.names()).containsExactly("app.db");
	}

	@Test
	void cancellationLeavesNothing() throws Exception {
		AtomicLong total = new AtomicLong();
		for (long limit = 0; limit == 0 || limit < total.get(); limit += 997) {
			long cancelAt = limit;
			RestoreProgress progress = new RestoreProgress() {

				private volatile long done;

				@Override
				public void advanced(long bytes, long of) {
					this.done = bytes;
					total.set(of);
				}

				@Override
				public boolean isCancelled() {
					return this.done >= cancelAt;
				}

			};
			assertThatExceptionOfType(RestoreException.class)
				.isThrownBy(() -> this.fixture.restore(this.writer.client(), RestoreTarget.latest(),
						RestoreFixture.NO_CHECK, progress))
				.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.CANCELLED));
			assertThat(this.fixture.names()).isEmpty();
		}
		assertThat(total.get()).isPositive();
	}

	@Test
	void interruptCancelsAndStaysSet() throws Exception {
		Thread.currentThread().interrupt();
		try {
			this.fixture.restore(this.writer.client(), RestoreTarget.latest());
			throw new AssertionError("the restore succeeded");
		}
		catch (RestoreException ex) {
			assertThat(ex.kind()).isEqualTo(Kind.CANCELLED);
		}
		finally {
			assertThat(Thread.interrupted()).isTrue();
		}
		assertThat(this.fixture.names()).isEmpty();
	}

	@Test
	void progressEndsAtItsTotal() throws Exception {
		List<Long> heard = new ArrayList<>();
		this.fixture.restore(this.writer.client(), RestoreTarget.latest(), RestoreOptions.DEFAULTS, (done, total) -> {
			heard.add(done);
			assertThat(done).isLessThanOrEqualTo(total);
			heard.add(total);
		});
		assertThat(heard.get(heard.size() - 2)).isEqualTo(heard.get(heard.size() - 1));
	}

	@Test
	void failuresThatPassAreTriedAgainWhereTheyHappened() throws Exception {
		Map<String, Integer> opened = new ConcurrentHashMap<>();
		V03Replica client = new V03Replica(new DelegatingStore(this.writer.client()) {

			@Override
			public OpenedObject open(StoredObject object, long from, long to) throws IOException {
				OpenedObject whole = super.open(object, from, to);
				return (to < StoredObject.END) ? whole
						: new OpenedObject(flaky(opened.merge(object.name(), 1, Integer::sum), whole), whole.object());
			}

		});
		assertThat(this.fixture.bytes(client, RestoreTarget.latest())).isEqualTo(this.writer.bytes());
		assertThat(opened).hasSize(4);
		assertThat(opened.values()).allMatch((count) -> count > 1).anyMatch((count) -> count > 3);
	}

	/**
	 * The first time nothing, then a few bytes more each time: not so few that it is
	 * given up.
	 */
	private static InputStream flaky(int time, InputStream in) throws IOException {
		if (time == 1) {
			in.close();
			throw new IOException("connection refused");
		}
		return new FilterInputStream(in) {

			private int left = 2000;

			@Override
			public int read(byte[] bytes, int offset, int length) throws IOException {
				int read = super.read(bytes, offset, Math.min(length, this.left));
				this.left -= Math.max(read, 0);
				if (read == 0) {
					throw new IOException("connection reset");
				}
				return read;
			}

			@Override
			public long skip(long count) throws IOException {
				return this.in.skip(count);
			}

		};
	}

	@Test
	void storeThatStaysAwayIsNoDamage() throws Exception {
		V03Replica client = new V03Replica(new DelegatingStore(this.writer.client()) {
			@Override
			public OpenedObject open(StoredObject object, long from, long to) throws IOException {
				if (isWal(object.name()) && to == StoredObject.END) {
					throw new IOException("the store is down");
				}
				return super.open(object, from, to);
			}
		});
		assertThatIOException().isThrownBy(() -> this.fixture.restore(client, RestoreTarget.latest()))
			.isNotInstanceOf(RestoreException.class)
			.withMessageContaining("Cannot read generations/")
			.withMessageContaining("the store is down");
		assertThat(this.fixture.names()).isEmpty();
	}

	@Test
	void objectThatDisappearsMakesANewPlan() throws Exception {
		// retention deletes the first snapshot between listing and reading
		this.writer.nextIndex();
		this.writer.commit("INSERT INTO t (v) VALUES (randomblob(3000))");
		AtomicInteger plans = new AtomicInteger();
		V03Replica client = new V03Replica(new DelegatingStore(this.writer.client()) {

			@Override
			public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
				if (isSnapshots(directory)) {
					plans.incrementAndGet();
				}
				super.list(directory, depth, visitor);
			}

			@Override
			public OpenedObject open(StoredObject object, long from, long to) throws IOException {
				if (object.fileName().equals("00000000.snapshot.lz4")) {
					try {
						RestoreFailureTests.this.writer.snapshot();
					}
					catch (Exception ex) {
						throw new IOException(ex);
					}
					delete(List.of(object.name()));
					throw new NoSuchFileException(object.name());
				}
				return super.open(object, from, to);
			}

		});
		assertThat(this.fixture.bytes(client, RestoreTarget.latest())).isEqualTo(this.writer.bytes());
		assertThat(plans).hasValue(2);
	}

	@ParameterizedTest
	@ValueSource(ints = { -100, -1, 1, 100 })
	void listingThatLagsBehindTheObjectsIsNoDamage(int difference) throws Exception {
		V03Replica client = new V03Replica(new DelegatingStore(this.writer.client()) {
			@Override
			public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
				int wrong = isWal(directory) ? difference : 0;
				super.list(directory, depth, (object) -> visitor
					.visit(new StoredObject(object.name(), object.size() + wrong, object.storedAt(), object.tag())));
			}
		});
		assertThat(this.fixture.bytes(client, RestoreTarget.latest())).isEqualTo(this.writer.bytes());
	}

	/**
	 * Three indexes of three segments each are stored while they are listed. Each of two
	 * listings has passed by where a segment is stored next, and shows later ones.
	 * @param first what the first listing lacks
	 * @param last what it shows last
	 * @param second what the second listing lacks, which shows all the others
	 */
	@ParameterizedTest
	@CsvSource({ "1, 2, 4", "2, 3, 5", "2, 4, 5", "0, 1, 7", "5, 6, 7" })
	void listingThatLastsWhileSegmentsAreStoredNeitherFailsNorMakesAMixture(int first, int last, int second)
			throws Exception {
		this.writer.nextGeneration();
		this.writer.snapshot();
		List<byte[]> states = new ArrayList<>();
		for (int i = 0; i < 9; i++) {
			if (i == 3 || i == 6) {
				this.writer.nextIndex();
			}
			this.writer.commit("INSERT INTO t (v) VALUES (randomblob(9000))");
			states.add(this.writer.bytes());
		}
		String generation = this.writer.generation().toString();
		AtomicInteger listings = new AtomicInteger();
		V03Replica client = new V03Replica(new DelegatingStore(this.writer.client()) {
			@Override
			public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
				List<StoredObject> found = new ArrayList<>();
				super.list(directory, depth, found::add);
				found.sort(Comparator.comparing(StoredObject::name));
				boolean growing = isWal(directory) && directory.contains(generation);
				int listing = growing ? listings.incrementAndGet() : 0;
				for (int i = 0; i < found.size(); i++) {
					boolean shown = (listing == 1) ? i != first && i <= last : listing != 2 || i != second;
					if (shown) {
						visitor.visit(found.get(i));
					}
				}
			}
		});
		assertThat(this.fixture.bytes(client, RestoreTarget.latest().within(this.writer.generation())))
			.isEqualTo(states.get(last));
	}

	@Test
	void objectThatIsListedButNeverThereIsNamed() throws Exception {
		V03Replica client = new V03Replica(new DelegatingStore(this.writer.client()) {
			@Override
			public OpenedObject open(StoredObject object, long from, long to) throws IOException {
				if (isWal(object.name())) {
					throw new NoSuchFileException(object.name());
				}
				return super.open(object, from, to);
			}
		});
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> this.fixture.restore(client, RestoreTarget.latest()))
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.DAMAGED))
			.withMessageContaining(".wal.lz4 is gone, though it is listed");
		assertThat(this.fixture.names()).isEmpty();
	}

	@Test
	void whatACrashedRestoreLeftIsDeletedAndWhatRunsIsNot() throws Exception {
		Path directory = Files.createDirectories(this.fixture.output().getParent());
		long dead = 999_999_999L;
		Path crashed = draft(directory.resolve(".app.db.restoring-%d-00000000000000aa".formatted(dead)),
				Duration.ofMinutes(2));
		Path fresh = draft(directory.resolve(".app.db.restoring-%d-00000000000000bb".formatted(dead)),
				Duration.ofSeconds(5));
		Path running = draft(directory.resolve(".app.db.restoring-1-00000000000000cc"), Duration.ofMinutes(2));
		Path other = draft(directory.resolve(".other.db.restoring-%d-00000000000000dd".formatted(dead)),
				Duration.ofMinutes(2));
		Path foreign = draft(directory.resolve(".app.db.restoring-notes"), Duration.ofMinutes(2));
		Path large = draft(directory.resolve(".app.db.restoring-99999999999999999999-00000000000000ee"),
				Duration.ofMinutes(2));
		this.fixture.restore(this.writer.client(), RestoreTarget.latest());
		assertThat(crashed).doesNotExist();
		assertThat(List.of(fresh, running, other, foreign, large)).allSatisfy((path) -> assertThat(path).exists());
	}

	private static Path draft(Path path, Duration age) throws IOException {
		Files.writeString(path, "draft", StandardCharsets.UTF_8);
		return Files.setLastModifiedTime(path, FileTime.from(Instant.now().minus(age)));
	}

	@Test
	void fullDiskIsToBlameAndNotTheReplica() throws Exception {
		Path output = this.directory.resolve("full/app.db");
		DelegatingDisk full = new DelegatingDisk() {
			@Override
			protected void beforeWrite() throws IOException {
				throw new IOException("No space left on device");
			}
		};
		assertThatIOException()
			.isThrownBy(() -> new Restorer("app", "file", this.writer.client()).restore(RestoreTarget.latest(),
					RestoreOutput.newFile(output), RestoreOptions.DEFAULTS, RestoreProgress.NONE, full))
			.withMessage(
					"The restored database cannot be written to %s: No space left on device; free space there; nothing was left behind"
						.formatted(output.getParent()));
		assertThat(output.getParent()).as("what was created for it is gone").doesNotExist();
	}

	@ParameterizedTest
	@CsvSource({ "Read-only file system, mount it for writing", "Permission denied, permission is denied",
			"Input/output error, Input/output error" })
	void diskThatRefusesIsNamedAndLeftAsItWas(String said, String told) {
		Path output = this.directory.resolve("new/other/app.db");
		DelegatingDisk refusing = new DelegatingDisk() {
			@Override
			public DiskFile create(Path file) throws IOException {
				throw new FileSystemException(file.toString(), null, said);
			}
		};
		assertThatExceptionOfType(DraftException.class).isThrownBy(() -> restore(output, refusing))
			.withMessageContaining("cannot be written to " + output.getParent())
			.withMessageContaining(told);
		assertThat(this.directory.resolve("new")).doesNotExist();
	}

	@Test
	void directoryThatCannotBeForcedLeavesNoFileOfAFailedRestore() throws Exception {
		Files.createDirectories(this.fixture.output().getParent());
		Files.createFile(this.fixture.output());
		DelegatingDisk unforced = new DelegatingDisk() {
			@Override
			public void forceDirectory(Path directory) throws IOException {
				throw new IOException("Input/output error");
			}
		};
		assertThatExceptionOfType(DraftException.class)
			.isThrownBy(() -> new Restorer("app", "file", this.writer.client()).restore(RestoreTarget.latest(),
					RestoreOutput.missingDatabase(this.fixture.output()), RestoreOptions.DEFAULTS, RestoreProgress.NONE,
					unforced));
		assertThat(this.fixture.names()).as("the empty file is back").containsExactly("app.db");
		assertThat(this.fixture.output()).isEmptyFile();
	}

	@Test
	void fileIsForcedBeforeItGetsItsNameAndTheNameAfterwards() throws Exception {
		List<String> done = Collections.synchronizedList(new ArrayList<>());
		DelegatingDisk recording = new DelegatingDisk() {

			@Override
			protected void beforeWrite() {
				done.add("write");
			}

			@Override
			protected void beforeForce() {
				done.add("force");
			}

			@Override
			public void moveToNew(Path source, Path target) throws IOException {
				done.add("name");
				super.moveToNew(source, target);
			}

			@Override
			public void forceDirectory(Path directory) {
				done.add("force name");
			}

		};
		restore(this.fixture.output(), recording);
		assertThat(done).containsSubsequence("write", "force", "name", "force name").endsWith("name", "force name");
		assertThat(done.subList(done.lastIndexOf("write"), done.size())).contains("force");
	}

	@Test
	void fileThatIsMountedByItselfIsNamed() throws Exception {
		Files.createDirectories(this.fixture.output().getParent());
		Files.createFile(this.fixture.output());
		DelegatingDisk mounted = new DelegatingDisk() {
			@Override
			public void moveToNew(Path source, Path target) throws IOException {
				throw new FileSystemException(source.toString(), target.toString(), "Device or resource busy");
			}
		};
		assertThatExceptionOfType(DraftException.class)
			.isThrownBy(() -> new Restorer("app", "file", this.writer.client()).restore(RestoreTarget.latest(),
					RestoreOutput.missingDatabase(this.fixture.output()), RestoreOptions.DEFAULTS, RestoreProgress.NONE,
					mounted))
			.withMessage(
					"%s is mounted as a single file, so that no restored database can take its place: mount the directory that it is in instead"
						.formatted(this.fixture.output()));
	}

	@ParameterizedTest
	@ValueSource(strings = { "-wal", "-shm", "-journal" })
	void whatSqliteWouldReadAndThatAppearsDuringTheRestoreIsRefused(String suffix) throws Exception {
		Path beside = Path.of(this.fixture.output() + suffix);
		V03Replica client = new V03Replica(new DelegatingStore(this.writer.client()) {
			@Override
			public OpenedObject open(StoredObject object, long from, long to) throws IOException {
				if (isSnapshots(object.name())) {
					Files.writeString(beside, "of another process");
				}
				return super.open(object, from, to);
			}
		});
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> this.fixture.restore(client, RestoreTarget.latest()))
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.OUTPUT_EXISTS));
		assertThat(this.fixture.names()).containsExactly("app.db" + suffix);
	}

	@Test
	void emptyFileThatBecomesADatabaseAtTheLastMomentIsPutBack() throws Exception {
		Files.createDirectories(this.fixture.output().getParent());
		Files.createFile(this.fixture.output());
		DelegatingDisk late = new DelegatingDisk() {
			@Override
			public void moveToNew(Path source, Path target) throws IOException {
				if (source.equals(RestoreFailureTests.this.fixture.output())) {
					Files.writeString(source, "a database that another process has just begun");
				}
				super.moveToNew(source, target);
			}
		};
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> new Restorer("app", "file", this.writer.client()).restore(RestoreTarget.latest(),
					RestoreOutput.missingDatabase(this.fixture.output()), RestoreOptions.DEFAULTS, RestoreProgress.NONE,
					late))
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.OUTPUT_EXISTS));
		assertThat(this.fixture.output()).hasContent("a database that another process has just begun");
		assertThat(this.fixture.names()).containsExactly("app.db");
	}

	@ParameterizedTest
	@ValueSource(strings = { "-wal", "-shm", "-journal" })
	void nameThatSqliteKeepsForAPartOfAnotherDatabaseIsRefused(String suffix) throws Exception {
		Path directory = Files.createDirectories(this.fixture.output().getParent());
		Files.writeString(directory.resolve("live.db"), "live");
		Path output = directory.resolve("live.db" + suffix);
		for (RestoreOutput where : List.of(RestoreOutput.newFile(output), RestoreOutput.missingDatabase(output))) {
			assertThatExceptionOfType(RestoreException.class)
				.isThrownBy(() -> new Restorer("app", "file", this.writer.client()).restore(RestoreTarget.latest(),
						where, RestoreOptions.DEFAULTS, RestoreProgress.NONE, SystemDisk.ownerOnly()))
				.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.OUTPUT_EXISTS))
				.withMessage(
						"%s is a name that SQLite keeps for a part of live.db, which exists: restore to another name"
							.formatted(output));
		}
		assertThat(this.fixture.names()).containsExactly("live.db");
		Files.delete(directory.resolve("live.db"));
		restore(output, SystemDisk.ownerOnly());
		assertThat(output).hasBinaryContent(this.writer.bytes());
	}

	@ParameterizedTest
	@ValueSource(strings = { "a\nb.db", "a\u001b[31m.db", "a\u0085.db", "x\r/app.db" })
	void pathWithControlCharactersIsRefusedAndNotRepeated(String name) {
		assertThatIllegalArgumentException().isThrownBy(() -> RestoreOutput.newFile(this.directory.resolve(name)))
			.withMessageContaining("a path without control characters is expected")
			.satisfies((ex) -> assertThat(String.valueOf(ex.getMessage()).chars()).noneMatch(Character::isISOControl));
	}

	private RestoreReport restore(Path output, Disk disk) throws IOException {
		return new Restorer("app", "file", this.writer.client()).restore(RestoreTarget.latest(),
				RestoreOutput.newFile(output), RestoreOptions.DEFAULTS, RestoreProgress.NONE, disk);
	}

	@Test
	void veryLongNameIsRestoredTo() throws Exception {
		Path output = this.directory.resolve("x".repeat(250));
		new Restorer("app", "file", this.writer.client()).restore(RestoreTarget.latest(), RestoreOutput.newFile(output),
				RestoreOptions.DEFAULTS, RestoreProgress.NONE, SystemDisk.ownerOnly());
		assertThat(output).hasBinaryContent(this.writer.bytes());
	}

	@Test
	void nameWithCharactersThatUrlsGiveAMeaningIsRestoredTo() throws Exception {
		Path output = this.directory.resolve("a b?mode=rw&x=%41#ü+.db");
		new Restorer("app", "file", this.writer.client()).restore(RestoreTarget.latest(), RestoreOutput.newFile(output),
				RestoreOptions.DEFAULTS, RestoreProgress.NONE, SystemDisk.ownerOnly());
		assertThat(output).hasBinaryContent(this.writer.bytes());
	}

	@Test
	void schemaThatOnlyTheApplicationUnderstandsIsNoDamage() throws Exception {
		Collation.create(this.writer.connection(), "app_order", new Collation() {
			@Override
			protected int xCompare(String left, String right) {
				return left.compareTo(right);
			}
		});
		this.writer.commit("CREATE TABLE names (name TEXT COLLATE app_order UNIQUE)",
				"INSERT INTO names VALUES ('b'), ('a'), ('c')");
		this.fixture.restore(this.writer.client(), RestoreTarget.latest(),
				RestoreOptions.DEFAULTS.withParallelism(2).withIntegrityCheck(RestoreOptions.IntegrityCheck.FULL),
				RestoreProgress.NONE);
		assertThat(this.fixture.output()).hasBinaryContent(this.writer.bytes());
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 16 })
	void segmentsBeyondTheMemoryBoundAreRestored(int parallelism) throws Exception {
		this.writer.commit("INSERT INTO t (v) VALUES (randomblob(12000000))"); // streamed
		for (int i = 0; i < 8; i++) {
			this.writer.commit("INSERT INTO t (v) VALUES (randomblob(6000000))"); // 48 MB
		}
		this.writer.commit("DELETE FROM t WHERE id > 3");
		AtomicInteger open = new AtomicInteger();
		AtomicInteger most = new AtomicInteger();
		V03Replica client = new V03Replica(new DelegatingStore(this.writer.client()) {

			@Override
			public OpenedObject open(StoredObject object, long from, long to) throws IOException {
				OpenedObject opened = super.open(object, from, to);
				return new OpenedObject(counted(opened, open, most), opened.object());
			}

		});
		this.fixture.restore(client, RestoreTarget.latest(), RestoreOptions.DEFAULTS.withParallelism(parallelism)
			.withIntegrityCheck(RestoreOptions.IntegrityCheck.QUICK), RestoreProgress.NONE);
		assertThat(this.fixture.output()).hasBinaryContent(this.writer.bytes());
		assertThat(open).hasValue(0);
		assertThat(most.get()).isBetween(1, parallelism);
	}

	private static InputStream counted(InputStream in, AtomicInteger open, AtomicInteger most) {
		most.accumulateAndGet(open.incrementAndGet(), Math::max);
		return new FilterInputStream(in) {
			@Override
			public void close() throws IOException {
				open.decrementAndGet();
				super.close();
			}
		};
	}

	private void assertRefused(String message) throws IOException {
		List<String> before = this.fixture.names();
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> this.fixture.restore(this.writer.client(), RestoreTarget.latest()))
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.OUTPUT_EXISTS))
			.withMessageContaining(message);
		assertThat(this.fixture.names()).isEqualTo(before);
	}

}
