package org.litestream4j.restore;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.WalPosition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class RestorePositionTests {

	@TempDir
	private Path directory;

	private RestoreFixture fixture;

	@BeforeEach
	void createFixture() {
		this.fixture = new RestoreFixture(this.directory);
	}

	@ParameterizedTest(name = "page_size={0} auto_vacuum={1} seed={2}")
	@CsvSource({ "512,full,1", "1024,incremental,2", "4096,none,3", "16384,full,4", "65536,none,5" })
	void everyCommitIsRestoredToTheByte(int pageSize, String autoVacuum, long seed) throws Exception {
		Random random = new Random(seed);
		try (ReplicaWriter writer = new ReplicaWriter(this.directory, "page_size=" + pageSize,
				"auto_vacuum=" + autoVacuum, "cache_size=10")) {
			writer.snapshot();
			for (int index = 0; index < 4; index++) {
				for (int commit = 0; commit < 5; commit++) {
					String[] transaction = { "BEGIN", change(random), change(random), "COMMIT" };
					if (random.nextInt(3) == 0) {
						writer.commitOnly(transaction);
					}
					else {
						writer.commit(transaction);
					}
				}
				writer.commit((index == 2) ? "VACUUM" : change(random));
				writer.nextIndex();
				if (index == 1) {
					writer.commit(change(random));
					writer.snapshot();
				}
			}
			for (Map.Entry<WalPosition, byte[]> state : writer.states().entrySet()) {
				assertThat(this.fixture.bytes(writer.client(), RestoreFixture.at(state.getKey())))
					.as("%s", state.getKey())
					.isEqualTo(state.getValue());
			}
			assertThat(this.fixture.bytes(writer.client(), RestoreTarget.latest())).isEqualTo(writer.bytes());
		}
	}

	private static String change(Random random) {
		return switch (random.nextInt(4)) {
			case 0 -> "DELETE FROM t WHERE id % 3 = " + random.nextInt(3);
			case 1 -> "UPDATE t SET v = zeroblob(%d) WHERE id %% 5 = 0".formatted(random.nextInt(5000));
			default -> String.format(Locale.ROOT,
					"INSERT INTO t (v) WITH RECURSIVE s(x) AS (SELECT 1 UNION ALL SELECT"
							+ " x + 1 FROM s WHERE x < %d) SELECT randomblob(%d) FROM s",
					1 + random.nextInt(40), random.nextInt(9000));
		};
	}

	@Test
	void positionWithinASegmentIsRestored() throws Exception {
		try (ReplicaWriter writer = new ReplicaWriter(this.directory)) {
			writer.snapshot();
			WalPosition first = writer.commitOnly("INSERT INTO t (v) VALUES (1)");
			writer.commitOnly("INSERT INTO t (v) VALUES (2)");
			writer.commit("INSERT INTO t (v) VALUES (3)");
			RestoreReport restored = this.fixture.restore(writer.client(), RestoreFixture.at(first));
			assertThat(restored.position()).isEqualTo(first);
			assertThat(restored.segments()).isEqualTo(1);
			assertThat(this.fixture.output()).hasBinaryContent(writer.state(first));
		}
	}

	@Test
	void startOfAnIndexIsTheEndOfTheOneBefore() throws Exception {
		try (ReplicaWriter writer = new ReplicaWriter(this.directory)) {
			writer.snapshot();
			WalPosition end = writer.commit("INSERT INTO t (v) VALUES (1)");
			writer.nextIndex();
			WalPosition next = writer.commit("INSERT INTO t (v) VALUES (2)");
			assertThat(this.fixture.bytes(writer.client(), RestoreFixture.at(next.at(0)))).isEqualTo(writer.state(end));
		}
	}

	@Test
	void offsetThatIsNoCommitIsRefused() throws Exception {
		try (ReplicaWriter writer = new ReplicaWriter(this.directory)) {
			writer.snapshot();
			WalPosition end = writer.commit("INSERT INTO t (v) VALUES (zeroblob(9000))");
			for (long offset : new long[] { 32 + 4120, 1, end.offset() - 1, end.offset() + 4120 }) {
				assertThatExceptionOfType(RestoreException.class)
					.isThrownBy(() -> this.fixture.restore(writer.client(), RestoreFixture.at(end.at(offset))))
					.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.NO_SUCH_STATE))
					.withMessageContaining("ffset " + offset);
			}
			assertThat(this.fixture.names()).isEmpty();
		}
	}

	@Test
	void snapshotThatMayHoldMoreThanTheOffsetIsPassedOver() throws Exception {
		try (ReplicaWriter writer = new ReplicaWriter(this.directory)) {
			writer.snapshot();
			writer.commit("INSERT INTO t (v) VALUES (1)");
			writer.nextIndex();
			WalPosition within = writer.commitOnly("INSERT INTO t (v) VALUES (zeroblob(9000))");
			writer.commit("DELETE FROM t", "VACUUM");
			writer.snapshot();
			writer.commit("INSERT INTO t (v) VALUES (3)");
			assertThat(this.fixture.bytes(writer.client(), RestoreFixture.at(within))).isEqualTo(writer.state(within));
		}
	}

	@Test
	void snapshotThatMayHoldMoreThanTheOffsetIsNoUseAlone() throws Exception {
		try (ReplicaWriter writer = new ReplicaWriter(this.directory)) {
			WalPosition within = writer.commitOnly("INSERT INTO t (v) VALUES (zeroblob(9000))");
			writer.commit("DELETE FROM t", "VACUUM");
			writer.snapshot();
			assertThatExceptionOfType(RestoreException.class)
				.isThrownBy(() -> this.fixture.restore(writer.client(), RestoreFixture.at(within)))
				.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.NO_SUCH_STATE))
				.withMessageContaining("may be newer");
		}
	}

}
