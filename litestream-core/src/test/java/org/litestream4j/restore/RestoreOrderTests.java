package org.litestream4j.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.WalPosition;
import org.litestream4j.testing.Seeds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Times of objects that tell another order than their positions, as after a clock that
 * was set back, or a copy that lost them.
 */
class RestoreOrderTests {

	private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

	@TempDir
	private Path directory;

	private RestoreFixture fixture;

	private ReplicaWriter writer;

	@BeforeEach
	void createDatabase() throws Exception {
		this.fixture = new RestoreFixture(this.directory);
		this.writer = new ReplicaWriter(this.directory);
	}

	@AfterEach
	void closeDatabase() throws Exception {
		this.writer.close();
	}

	/** The snapshot holds two segments, but the clock says that it is older than one. */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void snapshotDatedBeforeASegmentThatItHoldsGivesNoMixture(boolean noted) throws Exception {
		if (noted) {
			this.writer.noteTimes();
		}
		this.writer.commit("INSERT INTO t (id, v) VALUES (1, zeroblob(5000))");
		this.writer.setTime(NOON.plusSeconds(600));
		this.writer.commit("DELETE FROM t", "INSERT INTO t (id, v) VALUES (2, zeroblob(20000))");
		this.writer.setTime(NOON.plusSeconds(5));
		this.writer.snapshot();
		this.writer.commit("INSERT INTO t (id, v) VALUES (3, zeroblob(9000))");
		RestoreTarget target = RestoreTarget.asOf(NOON.plusSeconds(60));
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> this.fixture.restore(this.writer.client(), target))
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.NO_SUCH_STATE))
			.withMessageContaining("may be newer");
		assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.latest())).isEqualTo(this.writer.bytes());
	}

	@Test
	void snapshotThatLostItsLastSegmentIsNotLaidOverWithOlderPages() throws Exception {
		this.writer.noteTimes();
		WalPosition first = this.writer.commit("INSERT INTO t (v) VALUES (zeroblob(5000))");
		this.writer.commit("INSERT INTO t (v) VALUES (zeroblob(20000))");
		this.writer.snapshot();
		this.writer.client().deleteWalSegments(List.of(this.writer.client().walSegments(first.generation()).get(1)));
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> this.fixture.restore(this.writer.client(), RestoreTarget.latest()))
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.DAMAGED))
			.withMessageContaining("_%08x.wal.lz4 is missing", first.offset());
	}

	static List<Long> seeds() {
		return Seeds.some(20);
	}

	/** As {@code cp -r} leaves a directory: any time for any object. */
	@ParameterizedTest(name = "-Dtest.seed={0}")
	@MethodSource("seeds")
	void copyWithoutTimesRestoresTheNewestStateAndPointsInTime(long seed) throws Exception {
		Random random = new Random(seed);
		this.writer.noteTimes();
		List<Instant> times = new ArrayList<>();
		List<byte[]> states = new ArrayList<>();
		for (int generation = 0; generation < 3; generation++) {
			this.writer.commit("INSERT INTO t (v) VALUES (zeroblob(3000))");
			this.writer.snapshot();
			for (int i = 0; i < 4; i++) {
				times.add(this.writer.time());
				this.writer.commit("INSERT INTO t (v) VALUES (zeroblob(%d))".formatted(random.nextInt(9000)));
				states.add(this.writer.bytes());
				if (i == 1) {
					this.writer.nextIndex();
				}
			}
			this.writer.nextGeneration();
		}
		loseTimes(random);
		assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.latest())).isEqualTo(this.writer.bytes());
		int any = random.nextInt(times.size());
		assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.asOf(times.get(any))))
			.isEqualTo(states.get(any));
	}

	/** Objects of other writers say nothing of themselves. */
	@ParameterizedTest(name = "-Dtest.seed={0}")
	@MethodSource("seeds")
	void copyWhoseGenerationsHaveNoOrderIsRefusedUntilOneIsNamed(long seed) throws Exception {
		Random random = new Random(seed);
		for (int generation = 0; generation < 2; generation++) {
			if (generation > 0) {
				this.writer.nextGeneration();
			}
			this.writer.commit("INSERT INTO t (v) VALUES (zeroblob(3000))");
			this.writer.snapshot();
			for (int i = 0; i < 12; i++) {
				this.writer.commit("INSERT INTO t (v) VALUES (zeroblob(3000))");
			}
		}
		loseTimes(random);
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> this.fixture.restore(this.writer.client(), RestoreTarget.latest()))
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.NO_SUCH_STATE))
			.withMessageContaining(this.writer.generation().name())
			.withMessageEndingWith("give the generation to restore");
		RestoreTarget named = RestoreTarget.of(this.writer.generation());
		assertThat(this.fixture.bytes(this.writer.client(), named)).isEqualTo(this.writer.bytes());
	}

	@Test
	void clockThatWasSetBackOnceLeavesTheOrderOfGenerationsKnown() throws Exception {
		for (int i = 0; i < 6; i++) {
			this.writer.commit("INSERT INTO t (v) VALUES (%d)".formatted(i));
		}
		this.writer.snapshot();
		this.writer.setTime(NOON.plusSeconds(3));
		this.writer.commit("INSERT INTO t (v) VALUES (7)");
		this.writer.nextGeneration();
		this.writer.commit("INSERT INTO t (v) VALUES (8)");
		this.writer.snapshot();
		assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.latest())).isEqualTo(this.writer.bytes());
	}

	/** Whatever the times are, a restore is a state that was committed. */
	@ParameterizedTest(name = "-Dtest.seed={0}")
	@MethodSource("seeds")
	void anyTimesGiveOnlyStatesThatWere(long seed) throws Exception {
		Random random = new Random(seed);
		if (random.nextBoolean()) {
			this.writer.noteTimes();
		}
		byte[] empty = this.writer.bytes();
		for (int index = 0; index < 3; index++) {
			for (int i = 0; i < 3; i++) {
				this.writer.setTime(NOON.plusSeconds(random.nextInt(100)));
				this.writer.commit("DELETE FROM t WHERE id % 3 = " + i,
						"INSERT INTO t (v) VALUES (zeroblob(%d))".formatted(random.nextInt(20_000)));
				if (i == index || index == 0) {
					this.writer.setTime(NOON.plusSeconds(random.nextInt(100)));
					this.writer.snapshot();
				}
			}
			this.writer.nextIndex();
		}
		for (int second = 0; second < 100; second += 7) {
			try {
				byte[] restored = this.fixture.bytes(this.writer.client(),
						RestoreTarget.asOf(NOON.plusSeconds(second)));
				assertThat(isKnown(restored, empty)).as("as of second %d", second).isTrue();
			}
			catch (RestoreException ex) {
				assertThat(ex.kind()).isEqualTo(Kind.NO_SUCH_STATE);
			}
		}
		assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.latest())).isEqualTo(this.writer.bytes());
	}

	private boolean isKnown(byte[] restored, byte[] empty) {
		for (Map.Entry<WalPosition, byte[]> state : this.writer.states().entrySet()) {
			if (Arrays.equals(state.getValue(), restored)) {
				return true;
			}
		}
		return Arrays.equals(empty, restored);
	}

	private void loseTimes(Random random) throws IOException {
		List<Path> files = new ArrayList<>();
		try (Stream<Path> paths = Files.walk(this.writer.root())) {
			paths.filter(Files::isRegularFile).forEach(files::add);
		}
		Collections.shuffle(files, random);
		Instant time = Instant.parse("2026-11-25T00:00:00.123Z");
		for (Path file : files) {
			time = time.plusMillis(1);
			Files.setLastModifiedTime(file, FileTime.from(time));
		}
	}

}
