package org.litestream4j;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Lz4;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.ltx.LtxHeader;
import org.litestream4j.format.ltx.LtxWriter;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.ReplicaLayout;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.DirectoryLock;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.ReplicaWriter;
import org.litestream4j.restore.RestoreLock;
import org.litestream4j.restore.RestorePlan;
import org.litestream4j.restore.Restorer;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.StoreCapabilities;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.DelegatingStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class LitestreamRestoreTests {

	private final List<String> heard = new ArrayList<>();

	private final LitestreamListener listener = new LitestreamListener() {

		@Override
		public void restored(String database, String replica, long bytes, Duration duration, Outcome outcome) {
			LitestreamRestoreTests.this.heard
				.add("%s from %s: %s, %d bytes".formatted(database, replica, outcome, bytes));
		}

	};

	@TempDir
	private Path directory;

	private ReplicaWriter writer;

	private Path copy;

	private byte[] older = new byte[0];

	private byte[] newest = new byte[0];

	private WalPosition end;

	/** A replica, and a copy of it that lacks the newest segment. */
	@BeforeEach
	void writeReplicas() throws Exception {
		this.writer = new ReplicaWriter(Files.createDirectory(this.directory.resolve("source")));
		this.writer.snapshot();
		this.writer.commit("INSERT INTO t (v) VALUES (randomblob(3000))");
		this.older = this.writer.bytes();
		this.copy = this.directory.resolve("copy");
		copy(this.writer.root(), this.copy);
		this.end = this.writer.commit("INSERT INTO t (v) VALUES (randomblob(3000))");
		this.newest = this.writer.bytes();
	}

	@AfterEach
	void closeDatabase() throws Exception {
		this.writer.close();
	}

	@Test
	void replicaWithTheNewestStateIsChosen() throws Exception {
		for (LitestreamRestore restore : List.of(restore(lagging(), complete()), restore(complete(), lagging()))) {
			RestoreReport report = restore.restore(RestoreRequest.latest(output()), RestoreProgress.NONE);
			assertThat(report.replica()).isEqualTo("complete");
			assertThat(report.position()).isEqualTo(this.end);
			assertThat(report.bytes()).isEqualTo(this.newest.length);
			assertThat(report.segments()).isEqualTo(2);
			assertThat(report.outputPath()).isEqualTo(output());
			assertThat(report.sha256()).matches("[0-9a-f]{64}");
			assertThat(output()).hasBinaryContent(this.newest);
			Files.delete(output());
		}
		assertThat(this.heard).hasSize(2)
			.allMatch("app from complete: SUCCESS, %d bytes".formatted(this.newest.length)::equals);
	}

	@Test
	void checksumThatNobodyAsksForIsNotComputed() throws Exception {
		RestoreOptions without = RestoreOptions.DEFAULTS.withParallelism(4).withoutChecksum();
		RestoreReport report = restore(complete()).restore(RestoreRequest.latest(output()).withOptions(without));
		assertThat(report.sha256()).isNull();
		assertThat(output()).hasBinaryContent(this.newest);
	}

	@Test
	void ofEqualReplicasTheFirstIsChosen() throws Exception {
		Replica twin = replica("twin", complete().store());
		assertThat(restore(twin, complete()).plan(RestoreRequest.latest(output())).replica()).isEqualTo("twin");
		assertThat(restore(complete(), twin).plan(RestoreRequest.latest(output())).replica()).isEqualTo("complete");
	}

	@Test
	void namedReplicaIsUsed() throws Exception {
		RestoreReport report = restore(complete(), lagging()).restore(request("lagging"), RestoreProgress.NONE);
		assertThat(report.replica()).isEqualTo("lagging");
		assertThat(output()).hasBinaryContent(this.older);
	}

	@Test
	void unknownReplicaIsRefused() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> restore(complete(), lagging()).restore(request("s3"), RestoreProgress.NONE))
			.withMessage("There is no replica 's3': one of [complete, lagging] is expected");
	}

	@Test
	void unreadableReplicaFailsUnlessAnotherOneIsNamed() throws Exception {
		LitestreamRestore restore = restore(complete(), down());
		assertThatIOException().isThrownBy(() -> restore.restore(RestoreRequest.latest(output()), RestoreProgress.NONE))
			.withMessage("Replica 'down' of app cannot be read: connection refused; it may hold the newest state: name"
					+ " another replica to restore without it");
		assertThatIOException().isThrownBy(() -> restore.plan(RestoreRequest.latest(output())));
		assertThatIOException()
			.isThrownBy(() -> restore.restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE));
		assertThat(output()).doesNotExist();
		restore.restore(request("complete"), RestoreProgress.NONE);
		assertThat(output()).hasBinaryContent(this.newest);
	}

	@Test
	void damagedReplicaIsPassedOverForOneWithTheSameState() throws Exception {
		Path twin = copyOfComplete();
		damageNewestSegment();
		RestoreReport report = restore(complete(), lagging(), replica("twin", open(twin)))
			.restore(RestoreRequest.latest(output()), RestoreProgress.NONE);
		assertThat(report.replica()).isEqualTo("twin");
		assertThat(output()).hasBinaryContent(this.newest);
		assertThat(this.heard.get(0)).isEqualTo("app from complete: ERROR, 0 bytes");
	}

	@Test
	void replicaThatStoresTheSameStateInFewerPiecesTakesThePlaceOfADamagedOne() throws Exception {
		Path twin = copyOfComplete();
		for (WalSegment segment : open(twin).walSegments(this.writer.generation())) {
			Files.delete(twin.resolve(ReplicaLayout.nameOf(segment)));
		}
		damageNewestSegment();
		try (ReplicaWriter whole = this.writer) {
			byte[] wal = Files.readAllBytes(this.directory.resolve("source/source.db-wal"));
			open(twin).writeWalSegment(new WalPosition(whole.generation(), 0, 0), Instant.now(), (out) -> {
				try (OutputStream compressed = Lz4.compress(out, wal.length)) {
					compressed.write(wal);
				}
			});
		}
		assertThat(restore(complete(), replica("twin", open(twin)))
			.restore(RestoreRequest.latest(output()), RestoreProgress.NONE)
			.replica()).isEqualTo("twin");
		assertThat(output()).hasBinaryContent(this.newest);
	}

	@Test
	void olderStateOfAnotherReplicaIsRestoredOnlyWhenThatOneIsNamed() throws Exception {
		damageNewestSegment();
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> restore(complete(), lagging()).restoreIfMissing(RestoreRequest.latest(output()),
					RestoreProgress.NONE))
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.DAMAGED))
			.withMessageContaining("Replica 'complete' has the newest state: The WAL segment generations/")
			.withMessageEndingWith("the replicas 'lagging' have none as new, and are restored from when one is named");
		assertThat(output()).doesNotExist();
		restore(complete(), lagging()).restore(request("lagging"), RestoreProgress.NONE);
		assertThat(output()).hasBinaryContent(this.older);
	}

	@Test
	void olderGenerationOfAnotherReplicaDoesNotReplaceADamagedOne() throws Exception {
		this.writer.nextGeneration();
		this.writer.commit("INSERT INTO t (v) VALUES (3)");
		Snapshot snapshot = this.writer.snapshot();
		Files.write(this.writer.root().resolve(ReplicaLayout.nameOf(snapshot)), new byte[100]);
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(
					() -> restore(lagging(), complete()).restore(RestoreRequest.latest(output()), RestoreProgress.NONE))
			.withMessageContaining(ReplicaLayout.nameOf(snapshot) + " is damaged");
	}

	@Test
	void copyOfAnOlderGenerationIsOlderThoughItsFilesAreYounger() throws Exception {
		this.writer.noteTimes();
		Path copied = copyOfComplete();
		Instant now = Instant.now();
		try (Stream<Path> paths = Files.walk(copied)) {
			for (Path path : (Iterable<Path>) paths::iterator) {
				Files.setLastModifiedTime(path, FileTime.from(now));
			}
		}
		this.writer.nextGeneration();
		this.writer.commit("INSERT INTO t (v) VALUES (3)");
		this.writer.snapshot();
		Replica old = replica("old", new DelegatingStore(open(copied)) {

			@Override
			public StoreCapabilities capabilities() {
				return new StoreCapabilities(50, StoreCapabilities.Metadata.KEPT, StoreCapabilities.Reads.SEQUENTIAL,
						StoreCapabilities.Conditions.NONE);
			}

			@Override
			public Map<String, String> metadata(String name) {
				return Map.of("litestream-committed-at", Instant.EPOCH.toString());
			}

		});
		assertThat(restore(old, complete()).plan(RestoreRequest.latest(output())).replica()).isEqualTo("complete");
	}

	private void damageNewestSegment() throws IOException {
		WalSegment newestSegment = this.writer.client().walSegments(this.writer.generation()).get(1);
		Path file = this.writer.root().resolve(ReplicaLayout.nameOf(newestSegment));
		Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 50));
		Files.setLastModifiedTime(file, FileTime.from(newestSegment.createdAt()));
	}

	private Path copyOfComplete() throws IOException {
		Path twin = this.directory.resolve("twin");
		copy(this.writer.root(), twin);
		return twin;
	}

	private static V03Replica open(Path root) {
		return new V03Replica(new FileStore(root, SystemDisk.ownerOnly()));
	}

	@Test
	void replicaWithAGapIsPassedOverForOneWithTheSameState() throws Exception {
		Path twin = copyOfComplete();
		WalSegment first = this.writer.client().walSegments(this.writer.generation()).get(0);
		this.writer.client().deleteWalSegments(List.of(first));
		assertThat(restore(complete(), replica("twin", open(twin))).plan(RestoreRequest.latest(output())).replica())
			.isEqualTo("twin");
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> restore(complete(), lagging()).plan(RestoreRequest.latest(output())))
			.withMessageContaining(ReplicaLayout.nameOf(first) + " is missing");
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> restore(complete()).plan(RestoreRequest.latest(output())))
			.withMessageContaining(ReplicaLayout.nameOf(first) + " is missing");
	}

	@Test
	void planWritesNothing() throws Exception {
		PlannedRestore plan = restore(complete()).plan(RestoreRequest.latest(output()));
		assertThat(plan.segments()).isEqualTo(2);
		assertThat(plan.objects()).isEqualTo(3);
		WalPosition planned = (WalPosition) plan.position();
		assertThat(planned.isAfter(this.end)).isFalse();
		assertThat(planned.generation()).isEqualTo(this.end.generation());
		assertThat(planned.index()).isEqualTo(this.end.index());
		assertThat(plan.storedBytes()).isEqualTo(storedBytes());
		assertThat(restore(complete()).plan(RestoreTarget.latest())).isEqualTo(plan);
		assertThat(output().getParent()).doesNotExist();
		assertThat(this.heard).isEmpty();
	}

	private long storedBytes() throws IOException {
		Generation generation = this.writer.generation();
		return this.writer.client().snapshots(generation).stream().mapToLong(Snapshot::size).sum()
				+ this.writer.client().walSegments(generation).stream().mapToLong(WalSegment::size).sum();
	}

	@Test
	void planThatIsChosenIsTheOneThatIsCarriedOut() throws Exception {
		AtomicInteger looks = new AtomicInteger();
		Replica counted = replica("counted", new DelegatingStore(this.writer.client()) {
			@Override
			public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
				if (isSnapshots(directory)) {
					looks.incrementAndGet();
				}
				super.list(directory, depth, visitor);
			}
		});
		restore(counted).restore(RestoreRequest.latest(output()));
		assertThat(looks).hasValue(1);
		assertThat(output()).hasBinaryContent(this.newest);
	}

	@Test
	void restoreWithoutAnyBackupSaysSo() {
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> restore(empty()).restore(RestoreRequest.latest(output()), RestoreProgress.NONE))
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.NO_BACKUP));
	}

	@Test
	void existingDatabaseIsLeftAloneWithoutAskingReplicas() throws Exception {
		Files.createDirectories(output().getParent());
		Files.writeString(output(), "a database");
		assertThat(restore(down()).restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE)).isEmpty();
		assertThat(output()).hasContent("a database");
	}

	@Test
	void missingDatabaseIsRestored() throws Exception {
		Optional<RestoreReport> report = restore(complete(), empty()).restoreIfMissing(RestoreRequest.latest(output()),
				RestoreProgress.NONE);
		assertThat(report).isPresent();
		assertThat(output()).hasBinaryContent(this.newest);
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(output()))).isEqualTo("rw-------");
	}

	/** A start that fails at the nth time that it is asked. */
	private record FailingStart(AtomicInteger asked, int cancelledAt) implements RestoreLock.Starting {

		@Override
		public boolean isCancelled() {
			return this.asked.incrementAndGet() >= this.cancelledAt;
		}

		@Override
		public void requireWanted() throws IOException {
			throw new IOException("the start has failed");
		}

	}

	@Test
	void restoreForAStartThatHasFailedLeavesNothing() throws Exception {
		RestoreRequest request = RestoreRequest.latest(output());
		AtomicInteger asked = new AtomicInteger();
		assertThatIOException()
			.isThrownBy(() -> RestoreLock.whileStarting(output(), new FailingStart(asked, Integer.MAX_VALUE),
					() -> restore(complete()).restoreIfMissing(request, RestoreProgress.NONE)))
			.withMessage("the start has failed");
		assertThat(asked).hasPositiveValue();
		assertThat(output()).doesNotExist();
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> RestoreLock.whileStarting(output(), new FailingStart(new AtomicInteger(), 1),
					() -> restore(complete()).restoreIfMissing(request, RestoreProgress.NONE)))
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.CANCELLED));
		assertThat(output()).doesNotExist();
		assertThat(restore(complete()).restoreIfMissing(request, RestoreProgress.NONE)).isPresent();
		assertThat(output()).hasBinaryContent(this.newest);
	}

	@Test
	void missingDatabaseWithoutABackupStartsFresh() throws Exception {
		assertThat(restore(empty()).restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE)).isEmpty();
		assertThat(output()).doesNotExist();
		assertThat(output().getParent()).as("SQLite needs it").isDirectory();
	}

	@Test
	void missingDatabaseWhoseBackupCannotBeRestoredFails() throws Exception {
		this.writer.client().deleteSnapshots(this.writer.client().snapshots(this.writer.generation()));
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> restore(complete(), empty()).restoreIfMissing(RestoreRequest.latest(output()),
					RestoreProgress.NONE))
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.NO_SUCH_STATE));
		assertThat(output()).doesNotExist();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "-wal", "-shm", "-journal" })
	void whatIsLeftOfAMissingDatabaseIsMovedAside(String suffix) throws Exception {
		Path leftOver = Path.of(output() + suffix);
		Files.createDirectories(output().getParent());
		Files.writeString(leftOver, suffix.isEmpty() ? "" : "left over");
		if (suffix.isEmpty()) {
			Files.setPosixFilePermissions(leftOver, PosixFilePermissions.fromString("rw-r-----"));
		}
		assertThat(restore(complete()).restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE))
			.isPresent();
		assertThat(output()).hasBinaryContent(this.newest);
		assertThat(names()).hasSize(2).first().isEqualTo("app.db");
		assertThat(names().get(1)).startsWith("app.db" + suffix + ".before-restore-2");
		assertThat(output().resolveSibling(names().get(1))).hasContent(suffix.isEmpty() ? "" : "left over");
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(output())))
			.isEqualTo(suffix.isEmpty() ? "rw-r-----" : "rw-------");
	}

	@Test
	void databaseThatWasCreatedAndNeverUsedIsMissing() throws Exception {
		Files.createDirectories(output().getParent());
		DriverManager.getConnection("jdbc:sqlite:" + output() + "?journal_mode=WAL").close();
		assertThat(output()).hasSize(4096);
		assertThat(restore(complete()).restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE))
			.isPresent();
		assertThat(output()).hasBinaryContent(this.newest);
		assertThat(names()).hasSize(2).last().asString().startsWith("app.db.before-restore-2");
	}

	@Test
	void whatIsLeftStaysInPlaceWhenTheRestoreFails() throws Exception {
		Files.createDirectories(output().getParent());
		Files.writeString(Path.of(output() + "-wal"), "left over");
		Path file = this.writer.root()
			.resolve(ReplicaLayout.nameOf(this.writer.client().walSegments(this.writer.generation()).get(0)));
		Files.write(file, new byte[10]);
		assertThatExceptionOfType(RestoreException.class).isThrownBy(
				() -> restore(complete()).restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE));
		assertThat(names()).containsExactly("app.db-wal");
	}

	@Test
	void instancesThatStartTogetherRestoreOnceAndMoveNothingAside() throws Exception {
		int count = 6;
		CyclicBarrier together = new CyclicBarrier(count);
		ExecutorService threads = Executors.newFixedThreadPool(count);
		try {
			List<Future<Optional<RestoreReport>>> restores = new ArrayList<>();
			for (int i = 0; i < count; i++) {
				restores.add(threads.submit(() -> {
					together.await();
					return restore(complete()).restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE);
				}));
			}
			int restored = 0;
			for (Future<Optional<RestoreReport>> each : restores) {
				restored += each.get().isPresent() ? 1 : 0;
			}
			assertThat(restored).isEqualTo(1);
		}
		finally {
			threads.shutdownNow();
		}
		assertThat(names()).containsExactly("app.db");
		assertThat(output()).hasBinaryContent(this.newest);
	}

	@Test
	void databaseThatAnEngineReplicatesIsNotRestoredUnderIt() throws Exception {
		Path meta = Files.createDirectories(output().resolveSibling(".app.db-litestream"));
		try (DirectoryLock engine = DirectoryLock.acquire(meta)) {
			assertThat(engine).isNotNull();
			Files.writeString(Path.of(output() + "-wal"), "live");
			assertThatIOException().isThrownBy(
					() -> restore(complete()).restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE))
				.withMessageContaining("is in use");
			assertThat(names()).containsExactly(".app.db-litestream", "app.db-wal");
		}
		assertThat(restore(complete()).restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE))
			.isPresent();
	}

	@Test
	void waitingForAnotherRestoreCanBeCancelled() throws Exception {
		Files.createDirectories(output().getParent());
		RestoreProgress cancelled = new RestoreProgress() {

			@Override
			public void advanced(long done, long total) {
			}

			@Override
			public boolean isCancelled() {
				return true;
			}

		};
		try (RestoreLock other = RestoreLock.acquire(output(), RestoreProgress.NONE)) {
			assertThat(other).isNotNull();
			assertThatExceptionOfType(RestoreException.class)
				.isThrownBy(() -> restore(complete()).restoreIfMissing(RestoreRequest.latest(output()), cancelled))
				.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.CANCELLED));
		}
		assertThat(names()).isEmpty();
	}

	@Test
	void failedRestoreLeavesNoNewDirectories() {
		assertThatIOException()
			.isThrownBy(() -> restore(down()).restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE));
		assertThat(output().getParent()).doesNotExist();
	}

	@Test
	void backupInAnotherFormatIsNotTakenForNone() throws Exception {
		Path level = Files.createDirectories(this.directory.resolve("empty/ltx/0"));
		Files.writeString(level.resolve("notes.txt"), "nothing of theirs");
		assertThat(restore(empty()).restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE)).isEmpty();
		Files.writeString(level.resolve("0000000000000001-0000000000000001.ltx"), "LTX1");
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> restore(empty()).restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE))
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.DAMAGED))
			.withMessageContaining("ltx/0/0000000000000001-0000000000000001.ltx is damaged");
		assertThat(output()).doesNotExist();
	}

	@Test
	void ofTwoFormatsTheNewerOneIsRestored() throws Exception {
		Instant end = this.writer.client().newestCommit(restorePlan());
		ltx(this.writer.root(), end.plusSeconds(60));
		assertThat(restore(complete()).plan(RestoreRequest.latest(output())).position())
			.isEqualTo(new TransactionId(1));
		RestoreReport report = restore(complete())
			.restoreIfMissing(
					RestoreRequest.latest(output())
						.withOptions(RestoreOptions.DEFAULTS.withIntegrityCheck(IntegrityCheck.NONE)),
					RestoreProgress.NONE)
			.orElseThrow();
		assertThat(report.position()).isEqualTo(new TransactionId(1));
		assertThat(report.bytes()).isEqualTo(512);
		RestoreRequest older = RestoreRequest.latest(output()).withTarget(RestoreTarget.of(this.writer.generation()));
		assertThat(restore(complete()).plan(older).position()).isInstanceOf(WalPosition.class);
		older = RestoreRequest.latest(output()).withTarget(RestoreTarget.asOf(end.plusSeconds(30)));
		assertThat(restore(complete()).plan(older).position()).isInstanceOf(WalPosition.class);
	}

	@Test
	void ofTwoReplicasTheNewerOneIsRestoredWhateverItsFormat() throws Exception {
		Instant end = this.writer.client().newestCommit(restorePlan());
		ltx(this.directory.resolve("empty"), end.plusSeconds(60));
		assertThat(restore(complete(), empty()).plan(RestoreRequest.latest(output())).replica())
			.isEqualTo(empty().name());
		ltx(this.directory.resolve("empty"), Instant.EPOCH);
		assertThat(restore(complete(), empty()).plan(RestoreRequest.latest(output())).replica())
			.isEqualTo(complete().name());
	}

	private RestorePlan restorePlan() throws IOException {
		return new Restorer("app", "file", this.writer.client()).plan(RestoreTarget.latest()).requirePlan();
	}

	@Test
	void olderBackupInAnotherFormatDoesNotKeepTheNewestStateFromBeingRestored() throws Exception {
		ltx(this.writer.root(), Instant.EPOCH);
		assertThat(restore(complete()).restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE))
			.isPresent();
	}

	/** A database of one page, committed at that time. */
	private static void ltx(Path root, Instant time) throws IOException {
		Path level = Files.createDirectories(root.resolve("ltx/0"));
		try (OutputStream out = Files.newOutputStream(level.resolve("0000000000000001-0000000000000001.ltx"))) {
			LtxWriter file = new LtxWriter(out, new LtxHeader(512, 1, 1, 1, time.toEpochMilli()));
			file.page(1, new byte[512], 0);
			file.finish();
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void encryptedBackupIsCalledEncryptedAndNotDamaged(boolean snapshot) throws Exception {
		String name = snapshot ? ReplicaLayout.nameOf(this.writer.client().snapshots(this.writer.generation()).get(0))
				: ReplicaLayout.nameOf(this.writer.client().walSegments(this.writer.generation()).get(1));
		Files.writeString(this.writer.root().resolve(name), "age-encryption.org/v1\n-> X25519 abc\n");
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(
					() -> restore(complete()).restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE))
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.NO_SUCH_STATE))
			.withMessageStartingWith(name + " is encrypted with age, which this version cannot read");
		assertThat(output()).doesNotExist();
	}

	@Test
	void linkInPlaceOfTheDatabaseStaysAndLeadsToTheRestoredFile() throws Exception {
		Path real = this.directory.resolve("volume/real.db");
		Files.createDirectories(output().getParent());
		Files.createSymbolicLink(output(), Path.of("../volume/real.db"));
		RestoreReport report = restore(complete())
			.restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE)
			.orElseThrow();
		assertThat(report.outputPath()).isEqualTo(real);
		assertThat(output()).isSymbolicLink();
		assertThat(real).isRegularFile().hasBinaryContent(this.newest);
		assertThat(restore(down()).restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE)).isEmpty();
	}

	@Test
	void linksInACircleAreNamed() throws Exception {
		Files.createDirectories(output().getParent());
		Files.createSymbolicLink(output(), Path.of("other.db"));
		Files.createSymbolicLink(output().resolveSibling("other.db"), Path.of("app.db"));
		assertThatIOException()
			.isThrownBy(
					() -> restore(complete()).restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE))
			.withMessageContaining("leads in a circle");
	}

	@Test
	void directoryInPlaceOfTheDatabaseIsNoMissingDatabase() throws Exception {
		Files.createDirectories(output());
		assertThat(restore(complete()).restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE))
			.isEmpty();
		assertThat(output()).isEmptyDirectory();
	}

	@Test
	void oneAnswerWithoutABackupIsNotBelieved() {
		Replica forgetful = replica("forgetful", new DelegatingStore(this.writer.client()) {

			@Override
			public List<String> directories(String directory) {
				return List.of();
			}

			@Override
			public ObjectStore afresh() {
				return store();
			}

		});
		assertThatIOException()
			.isThrownBy(() -> restore(empty(), forgetful).restoreIfMissing(RestoreRequest.latest(output()),
					RestoreProgress.NONE))
			.withMessageContaining("Replica 'forgetful' of app answers sometimes with a backup, sometimes without");
	}

	@Test
	void replicaBesideTheMissingDatabaseCountsAsEmptyOnTheFirstStart() throws Exception {
		Path replica = output().resolveSibling("replica");
		LitestreamRestore restore = restore(
				replica("file", new V03Replica(new FileStore(replica, SystemDisk.ownerOnly()))));
		assertThat(restore.restoreIfMissing(RestoreRequest.latest(output()), RestoreProgress.NONE)).isEmpty();
	}

	@Test
	void stateAsOfATimeIsTakenFromTheReplicaThatHasIt() throws Exception {
		Instant before = this.writer.client().walSegments(this.writer.generation()).get(0).createdAt();
		restore(complete(), lagging()).restore(RestoreRequest.latest(output()).withTarget(RestoreTarget.asOf(before)));
		assertThat(output()).hasBinaryContent(this.older);
	}

	private RestoreRequest request(String replica) {
		return RestoreRequest.latest(output()).withReplica(replica);
	}

	private LitestreamRestore restore(Replica... replicas) {
		return new LitestreamRestore("app", List.of(replicas), this.listener);
	}

	private Replica complete() {
		return replica("complete", this.writer.client());
	}

	private Replica lagging() {
		return replica("lagging", new V03Replica(new FileStore(this.copy, SystemDisk.ownerOnly())));
	}

	private Replica empty() {
		return replica("empty", new V03Replica(new FileStore(this.directory.resolve("empty"), SystemDisk.ownerOnly())));
	}

	private Replica down() {
		return replica("down", new DelegatingStore(this.writer.client()) {

			@Override
			public List<String> directories(String directory) throws IOException {
				throw new IOException("connection refused");
			}

			@Override
			public OpenedObject open(StoredObject object, long from, long to) throws IOException {
				throw new IOException("connection refused");
			}

		});
	}

	private static Replica replica(String name, V03Replica replica) {
		return replica(name, replica.store());
	}

	private static Replica replica(String name, ObjectStore store) {
		return new Replica(name, store, Replica.Options.DEFAULTS);
	}

	private Path output() {
		return this.directory.resolve("out/app.db");
	}

	private List<String> names() throws IOException {
		try (Stream<Path> paths = Files.list(this.directory.resolve("out"))) {
			return paths.map((path) -> path.getFileName().toString()).sorted().toList();
		}
	}

	private static void copy(Path source, Path target) throws IOException {
		try (Stream<Path> paths = Files.walk(source)) {
			for (Path path : (Iterable<Path>) paths::iterator) {
				Path copied = Files.copy(path, target.resolve(source.relativize(path).toString()));
				if (Files.isRegularFile(path)) {
					Files.setLastModifiedTime(copied, Files.getLastModifiedTime(path));
				}
			}
		}
	}

}
