package org.litestream4j;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;

import ch.qos.logback.classic.Level;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.litestream4j.format.ltx.LtxHeader;
import org.litestream4j.format.ltx.LtxWriter;
import org.litestream4j.format.ltx.PlainLtxRestore;
import org.litestream4j.format.spi.ReplicaFormat;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.lease.LogAccess;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.testing.CapturedLog;
import org.litestream4j.testing.FaultyStore;
import org.litestream4j.testing.PlainRestore;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

/** A replica for which no format is configured is gone on with as what lies there. */
@Timeout(120)
class UnsetFormatTests {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final String LTX_LINE = "a backup in the LTX format of Litestream v0.5";

	@TempDir
	private Path temp;

	private Fencing fencing = Fencing.AUTO;

	private LitestreamDatabase start(@Nullable BackupFormat format) throws Exception {
		return start(format, store());
	}

	private LitestreamDatabase start(@Nullable BackupFormat format, ObjectStore store) throws Exception {
		LitestreamOptions options = LitestreamOptions.builder(this.temp.resolve("app.db"))
			.monitorInterval(Duration.ofMillis(50))
			.minFreeSpace(0)
			.build();
		Replica replica = new Replica("one", store,
				Replica.Options.builder()
					.syncInterval(Duration.ofMillis(5))
					.format(format)
					.fencing(this.fencing)
					.build());
		return LitestreamDatabase.start(options, List.of(replica), LitestreamListener.NONE, java.util.Optional::empty);
	}

	private ObjectStore store() {
		return new FileStore(replica(), SystemDisk.ownerOnly());
	}

	private Path replica() {
		return this.temp.resolve("replica");
	}

	private void commit(LitestreamDatabase database, int commits) throws Exception {
		try (TestDatabase application = TestDatabase.open(database.options().database())) {
			for (int i = 0; i < commits; i++) {
				application.commits(1);
				database.sync(PATIENCE);
			}
		}
	}

	private void run(@Nullable BackupFormat format, int commits) throws Exception {
		try (LitestreamDatabase database = start(format)) {
			commit(database, commits);
		}
	}

	private void assertLtx(int entries) throws Exception {
		assertThat(PlainLtxRestore.entriesIn(replica(), this.temp)).contains(entries);
	}

	private void assertV3(int entries) throws Exception {
		assertThat(PlainRestore.entriesIn(replica(), this.temp)).contains(entries);
	}

	private Path directory(BackupFormat format) {
		return replica().resolve((format == BackupFormat.LTX) ? "ltx" : "generations");
	}

	@Test
	void whereNothingIsThereItIsV3() throws Exception {
		run(null, 2);
		assertV3(2);
		assertThat(directory(BackupFormat.LTX)).doesNotExist();
	}

	@ParameterizedTest
	@EnumSource(Fencing.class)
	void ltxIsGoneOnWith(Fencing wanted) throws Exception {
		this.fencing = wanted;
		run(BackupFormat.LTX, 3);
		try (CapturedLog log = CapturedLog.begin(); LitestreamDatabase database = start(null)) {
			commit(database, 2);
			assertThat(Objects.requireNonNull(database.status().replicas().get("one")).txid()).isNotNull();
			assertThat(database.validate("one").valid()).isTrue();
			assertThat(log.messages(Level.INFO)).filteredOn((line) -> line.contains(LTX_LINE))
				.singleElement()
				.asString()
				.contains("it is gone on with as 'ltx'");
		}
		assertLtx(5);
		assertThat(directory(BackupFormat.V3)).doesNotExist();
		run(BackupFormat.LTX, 1);
		assertLtx(6);
		try (var whole = Files.list(directory(BackupFormat.LTX).resolve("0"))) {
			long largest = whole.mapToLong((path) -> path.toFile().length()).filter((size) -> size > 2000).count();
			assertThat(largest).as("the whole database, once").isLessThanOrEqualTo(1);
		}
	}

	@Test
	void v3IsGoneOnWithForOneRequest() throws Exception {
		run(BackupFormat.V3, 2);
		FaultyStore store = new FaultyStore(store());
		try (CapturedLog log = CapturedLog.begin(); LitestreamDatabase database = start(null, store)) {
			commit(database, 2);
			assertThat(log.messages(Level.INFO)).noneMatch((line) -> line.contains("no format is configured"));
		}
		assertThat(store.attempted()).filteredOn((operation) -> operation.equals("list ")).hasSize(1);
		assertV3(4);
		assertThat(directory(BackupFormat.LTX)).doesNotExist();
	}

	@Test
	void ofBothTheNewerOneIsGoneOnWith() throws Exception {
		run(BackupFormat.V3, 2);
		run(BackupFormat.LTX, 2);
		try (CapturedLog log = CapturedLog.begin()) {
			run(null, 1);
			assertThat(log.messages(Level.INFO)).anyMatch((line) -> line.contains("holds backups in two formats")
					&& line.contains("it is gone on with as 'ltx'")
					&& line.contains("generations/ may be deleted by hand"));
		}
		assertLtx(5);
		assertV3(2);
		run(BackupFormat.V3, 2);
		try (CapturedLog log = CapturedLog.begin()) {
			run(null, 1);
			assertThat(log.messages(Level.INFO)).anyMatch((line) -> line.contains("holds backups in two formats")
					&& line.contains("it is gone on with as 'v3'") && line.contains("ltx/ may be deleted by hand"));
		}
		assertLtx(5);
		assertV3(8);
	}

	@Test
	void directoryWithoutFilesIsNoBackup() throws Exception {
		Files.createDirectories(directory(BackupFormat.LTX).resolve("0"));
		run(null, 1);
		assertV3(1);
		run(null, 1);
		assertV3(2);
	}

	@ParameterizedTest
	@EnumSource(names = { "AUTO", "OFF" })
	void storeThatDoesNotAnswerAtTheStartLeadsToNoOtherFormat(Fencing wanted) throws Exception {
		this.fencing = wanted;
		run(BackupFormat.LTX, 2);
		FaultyStore store = new FaultyStore(store());
		store.fail();
		try (LitestreamDatabase database = start(null, store)) {
			try (TestDatabase application = TestDatabase.open(database.options().database())) {
				application.commits(3);
				assertThatExceptionOfType(TimeoutException.class)
					.isThrownBy(() -> database.sync(Duration.ofSeconds(1)));
				// Writes are possible again, and what is there can still not be listed
				store.before((operation) -> {
					if (operation.equals("list ")) {
						throw new IOException("the store is away");
					}
				});
				assertThatExceptionOfType(TimeoutException.class)
					.isThrownBy(() -> database.sync(Duration.ofSeconds(1)));
				store.heal();
				application.commits(1);
				database.sync(PATIENCE);
			}
		}
		assertLtx(6);
		assertThat(directory(BackupFormat.V3)).doesNotExist();
	}

	@Test
	void whatTheOwnerBeforeBeginsWhileOneWaitsForItIsSeen() throws Exception {
		LogAccess access = ReplicaFormats.of(new Replica("one", store(), Replica.Options.DEFAULTS)).access(store());
		assertThat(access.catalog().logs()).isEmpty();
		run(BackupFormat.LTX, 1);
		assertThat(access.catalog().logs()).hasSize(1);
		assertThat(access.end(access.catalog().logs().get(0).generation())).isPresent();
	}

	@Test
	void formatThatChangesWhileThisRunsIsNotGoneOnWith() throws Exception {
		run(BackupFormat.V3, 1);
		ReplicaFormat format = ReplicaFormats.of(new Replica("one", store(), Replica.Options.DEFAULTS));
		LogAccess access = format.access(store());
		assertThat(access.catalog().logs()).hasSize(1);
		format.source(store()).catalogue(RestoreTarget.latest());
		assertThat(access.catalog().logs()).hasSize(1);
		ltx(Instant.now().plusSeconds(60));
		assertThatIOException().isThrownBy(access::catalog)
			.withMessageContaining("is in another format now (ltx) than this application writes (v3): start it again");
	}

	/** A database of one page, committed at that time. */
	private void ltx(Instant time) throws IOException {
		Path level = Files.createDirectories(replica().resolve("ltx/0"));
		try (OutputStream out = Files.newOutputStream(level.resolve("0000000000000001-0000000000000001.ltx"))) {
			LtxWriter file = new LtxWriter(out, new LtxHeader(512, 1, 1, 1, time.toEpochMilli()));
			file.page(1, new byte[512], 0);
			file.finish();
		}
	}

}
