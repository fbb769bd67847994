package org.litestream4j;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import org.litestream4j.format.ltx.LtxHeader;
import org.litestream4j.format.ltx.LtxWriter;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.EnabledIfRealLitestream5;
import org.litestream4j.testing.RealLitestream5;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The same with a replica in the LTX format, which the real Litestream v0.5 restores;
 * without what is only about names of objects, or two replicas at once.
 */
@EnabledIfRealLitestream5
class LtxOneWriterDatabaseTests extends OneWriterDatabaseTests {

	@Override
	Replica.Options.Builder replicaOptions() {
		return super.replicaOptions().format(BackupFormat.LTX);
	}

	@Override
	String snapshots() {
		return "/0000000000000001-0000000000000001.ltx";
	}

	@Override
	void restore(Path replica, Path output) throws Exception {
		RealLitestream5.get().restore(replica, output);
	}

	/** The real one knows of no lock file, which still names the local generation. */
	@Test
	void whatTheRealOneWroteElsewhereIsNotPassedOver() throws Exception {
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		Path replica = this.temp.resolve("replica");
		Path elsewhere = Files.createDirectory(this.temp.resolve("elsewhere")).resolve("app.db");
		RealLitestream5.get().restore(replica, elsewhere);
		try (ChildProcess real = RealLitestream5.get().replicate(elsewhere, RealLitestream5.url(replica));
				TestDatabase application = TestDatabase.open(elsewhere)) {
			application.commits(2);
			long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
			while (restored() != 5 && System.nanoTime() < deadline) {
				Thread.onSpinWait();
			}
			assertThat(real.isAlive()).isTrue();
		}
		assertThatExceptionOfType(DivergenceException.class).isThrownBy(() -> start("a"))
			.withMessageContaining("is of another generation");
		assertThat(restored()).isEqualTo(5);
		try (LitestreamDatabase database = start(options("a").onDivergence(OnDivergence.RESTORE).build())) {
			commit(database, 1);
		}
		assertThat(restored()).isEqualTo(6);
	}

	/** The real one stores a snapshot first, and may be killed before the rest. */
	@Test
	void whatOnlyASnapshotHoldsIsNotPassedOver() throws Exception {
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
		}
		Path elsewhere = this.temp.resolve("elsewhere.db");
		restore(this.temp.resolve("replica"), elsewhere);
		try (TestDatabase application = TestDatabase.open(elsewhere)) {
			application.commits(2);
		}
		writeSnapshot(elsewhere, 100);
		assertThat(restored()).isEqualTo(5);
		assertThatExceptionOfType(DivergenceException.class).isThrownBy(() -> start("a"))
			.withMessageContaining("is of another generation");
		assertThat(restored()).isEqualTo(5);
		try (LitestreamDatabase database = start(options("a").onDivergence(OnDivergence.RESTORE).build())) {
			commit(database, 1);
		}
		assertThat(restored()).isEqualTo(6);
	}

	/** As somebody writes one who does not say where it belongs. */
	private void writeSnapshot(Path database, int txid) throws IOException {
		byte[] bytes = Files.readAllBytes(database);
		int pageSize = 4096;
		LtxHeader header = new LtxHeader(pageSize, bytes.length / pageSize, 1, txid, System.currentTimeMillis());
		Path snapshot = this.temp.resolve("replica/ltx/9/%016x-%016x.ltx".formatted(1, txid));
		Files.createDirectories(Objects.requireNonNull(snapshot.getParent()));
		try (OutputStream out = Files.newOutputStream(snapshot)) {
			LtxWriter writer = new LtxWriter(out, header);
			for (int page = 1; page <= header.pages(); page++) {
				writer.page(page, bytes, (page - 1) * pageSize);
			}
			writer.finish();
		}
	}

	/** As where level 0 is cleared by a rule of the bucket. */
	@Test
	void singleTransactionsThatAreGoneAreNobodyElses() throws Exception {
		try (LitestreamDatabase database = start("a")) {
			commit(database, 3);
			database.snapshot();
		}
		try (Stream<Path> singles = Files.list(this.temp.resolve("replica/ltx/0"))) {
			for (Path single : singles.toList()) {
				Files.delete(single);
			}
		}
		assertThat(restored()).isEqualTo(3);
		try (LitestreamDatabase database = start("a")) {
			commit(database, 1);
		}
		assertThat(restored()).isEqualTo(4);
		assertThat(this.generations).hasSize(1);
	}

	@Override
	void generationThatHasNoSnapshotYetIsNobodyElsesAtTheNextStart() {
		// A generation is not begun by a snapshot here
	}

	@Override
	void startThatIsRefusedHandsBackWhatItTookAndNamesNotItself() {
		// Not a matter of the format
	}

	@Override
	void replicaThatIsNotTheLocalDatabaseIsRestoredThoughAnotherOneIs() {
		// Not a matter of the format
	}

	@Override
	void startThatWaitsForAnotherReplicaKeepsTheOneThatItHas() {
		// Not a matter of the format
	}

	@Override
	void startThatRestoresForLongerThanALeaseKeepsItsReplica() {
		// Not a matter of the format
	}

	@Override
	void startThatIsOvertakenWhileItRestoresGivesUpBeforeAnythingIsThere() {
		// Not a matter of the format
	}

}
