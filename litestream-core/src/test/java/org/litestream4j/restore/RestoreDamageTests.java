package org.litestream4j.restore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Lz4;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.ReplicaLayout;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.store.ArchivedObjectException;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.DelegatingStore;
import org.litestream4j.testing.Seeds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Two snapshots and three indexes of three segments each. Whatever happens to an object,
 * the restored bytes are right or there is an error that names it.
 */
class RestoreDamageTests {

	private static final Pattern TIMESTAMP = Pattern
		.compile("newest (?:state that can still be restored )?is that of timestamp (\\S+) ");

	private final List<WalPosition> ends = new ArrayList<>();

	@TempDir
	private Path directory;

	private RestoreFixture fixture;

	private ReplicaWriter writer;

	private Snapshot firstSnapshot;

	private Snapshot secondSnapshot;

	@BeforeEach
	void writeReplica() throws Exception {
		this.fixture = new RestoreFixture(this.directory);
		this.writer = new ReplicaWriter(this.directory);
		this.firstSnapshot = this.writer.snapshot();
		this.secondSnapshot = this.firstSnapshot;
		for (int index = 0; index < 3; index++) {
			for (int segment = 0; segment < 3; segment++) {
				this.ends.add(this.writer.commit("INSERT INTO t (v) VALUES (randomblob(3000))"));
				if (index == 1 && segment == 0) {
					this.secondSnapshot = this.writer.snapshot();
				}
			}
			this.writer.nextIndex();
		}
	}

	@AfterEach
	void closeDatabase() throws Exception {
		this.writer.close();
	}

	enum Damage {

		TRUNCATED_BY_ONE, TRUNCATED_TO_HALF, TRUNCATED_TO_FOUR, EMPTY, FLIPPED, TRAILING, NOT_LZ4, OTHER_OBJECT;

		byte[] apply(byte[] bytes, byte[] other) {
			return switch (this) {
				case TRUNCATED_BY_ONE -> Arrays.copyOf(bytes, bytes.length - 1);
				case TRUNCATED_TO_HALF -> Arrays.copyOf(bytes, bytes.length / 2);
				case TRUNCATED_TO_FOUR -> Arrays.copyOf(bytes, 4);
				case EMPTY -> new byte[0];
				case FLIPPED -> {
					byte[] flipped = bytes.clone();
					flipped[bytes.length / 2] ^= 0x10;
					yield flipped;
				}
				case TRAILING -> Arrays.copyOf(bytes, bytes.length + 1);
				case NOT_LZ4 -> "this is no LZ4 frame, for sure".getBytes(StandardCharsets.US_ASCII);
				case OTHER_OBJECT -> other;
			};
		}

	}

	@ParameterizedTest
	@EnumSource
	void damagedSegmentIsNamedWithWhatCanStillBeRestored(Damage damage) throws Exception {
		List<WalSegment> segments = this.writer.client().walSegments(this.writer.generation());
		for (int i = 4; i < segments.size(); i++) {
			WalSegment segment = segments.get(i);
			byte[] good = damage(ReplicaLayout.nameOf(segment), damage, ReplicaLayout.nameOf(segments.get(1)));
			RestoreException failure = failure(RestoreTarget.latest());
			assertThat(failure.kind()).isEqualTo(Kind.DAMAGED);
			assertThat(failure).hasMessageContaining(ReplicaLayout.nameOf(segment) + " is damaged");
			assertThat(this.fixture.bytes(this.writer.client(), namedIn(failure)))
				.isEqualTo(this.writer.state(this.ends.get(i - 1)));
			put(ReplicaLayout.nameOf(segment), good, segment.createdAt());
		}
		assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.latest())).isEqualTo(this.writer.bytes());
	}

	@ParameterizedTest
	@EnumSource
	void damagedSnapshotIsReplacedByAnOlderOneAndMoreWal(Damage damage) throws Exception {
		String wal = ReplicaLayout.nameOf(this.writer.client().walSegments(this.writer.generation()).get(0));
		damage(ReplicaLayout.nameOf(this.secondSnapshot), damage, wal);
		assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.latest())).isEqualTo(this.writer.bytes());
		RestoreException strict = failure(RestoreFixture.at(this.ends.get(7)));
		assertThat(strict.kind()).as("a validation wants to know").isEqualTo(Kind.DAMAGED);
		assertThat(strict).hasMessageContaining(ReplicaLayout.nameOf(this.secondSnapshot));
	}

	@ParameterizedTest
	@EnumSource
	void damagedOnlySnapshotIsNamed(Damage damage) throws Exception {
		String wal = ReplicaLayout.nameOf(this.writer.client().walSegments(this.writer.generation()).get(0));
		damage(ReplicaLayout.nameOf(this.firstSnapshot), damage, wal);
		RestoreException failure = failure(RestoreTarget.of(this.writer.generation(), 0));
		assertThat(failure.kind()).isEqualTo(Kind.DAMAGED);
		assertThat(failure).hasMessageContaining(ReplicaLayout.nameOf(this.firstSnapshot) + " is damaged");
		assertThat(this.fixture.bytes(this.writer.client(), namedIn(failure))).isEqualTo(this.writer.bytes());
	}

	@ParameterizedTest
	@EnumSource
	void damagedSnapshotOfTheNewestGenerationIsNeverReplacedByAnOlderGeneration(Damage damage) throws Exception {
		byte[] older = this.writer.bytes();
		Generation olderGeneration = this.writer.generation();
		String wal = ReplicaLayout.nameOf(this.writer.client().walSegments(olderGeneration).get(0));
		this.writer.nextGeneration();
		this.writer.commit("INSERT INTO t (v) VALUES (1)");
		Snapshot snapshot = this.writer.snapshot();
		this.writer.commit("INSERT INTO t (v) VALUES (2)");
		damage(ReplicaLayout.nameOf(snapshot), damage, wal);
		RestoreException failure = failure(RestoreTarget.latest());
		assertThat(failure.kind()).isEqualTo(Kind.DAMAGED);
		assertThat(failure).hasMessageContaining(ReplicaLayout.nameOf(snapshot) + " is damaged")
			.hasMessageContaining("generation " + olderGeneration);
		assertThat(this.fixture.bytes(this.writer.client(), namedIn(failure, olderGeneration)))
			.as("what the message names is restored when it is asked for")
			.isEqualTo(older);
	}

	@Test
	void archivedSnapshotIsReplacedByAnOlderOneAndMoreWal() throws Exception {
		AtomicInteger asked = new AtomicInteger();
		V03Replica client = new V03Replica(new DelegatingStore(this.writer.client()) {
			@Override
			public OpenedObject open(StoredObject object, long from, long to) throws IOException {
				if (object.name().equals(ReplicaLayout.nameOf(RestoreDamageTests.this.secondSnapshot))) {
					asked.incrementAndGet();
					throw new ArchivedObjectException("thaw it first", new IOException());
				}
				return super.open(object, from, to);
			}
		});
		assertThat(this.fixture.bytes(client, RestoreTarget.latest())).isEqualTo(this.writer.bytes());
		assertThat(asked).as("trying again is of no use").hasValue(1);
	}

	@Test
	void archivedSegmentIsNamed() throws Exception {
		WalSegment last = this.writer.client().walSegments(this.writer.generation()).get(8);
		V03Replica client = new V03Replica(new DelegatingStore(this.writer.client()) {
			@Override
			public OpenedObject open(StoredObject object, long from, long to) throws IOException {
				if (object.name().equals(ReplicaLayout.nameOf(last)) && to == StoredObject.END) {
					throw new ArchivedObjectException("thaw it first", new IOException());
				}
				return super.open(object, from, to);
			}
		});
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> this.fixture.restore(client, RestoreTarget.latest()))
			.withMessageContaining(ReplicaLayout.nameOf(last) + " cannot be read (thaw it first)");
	}

	private byte[] content(WalSegment segment) throws IOException {
		try (InputStream in = Lz4.decompress(this.writer.client().openWalSegment(segment))) {
			return in.readAllBytes();
		}
	}

	@Test
	void segmentThatEndsWithinAFrameIsDamagedAlsoAfterACommit() throws Exception {
		List<WalSegment> segments = this.writer.client().walSegments(this.writer.generation());
		for (int i : new int[] { 4, 8 }) {
			WalSegment segment = segments.get(i);
			byte[] good = Files.readAllBytes(path(ReplicaLayout.nameOf(segment)));
			byte[] bytes = content(segment);
			put(ReplicaLayout.nameOf(segment), ReplicaWriter.compress(Arrays.copyOf(bytes, bytes.length + 100)),
					segment.createdAt());
			assertThat(failure(RestoreTarget.latest()))
				.hasMessageContaining(ReplicaLayout.nameOf(segment) + " is damaged")
				.hasMessageContaining("ends within the frame at offset");
			put(ReplicaLayout.nameOf(segment), good, segment.createdAt());
		}
	}

	@Test
	void segmentWhoseLastFrameDoesNotCommitIsDamaged() throws Exception {
		WalSegment last = this.writer.client().walSegments(this.writer.generation()).get(8);
		byte[] bytes = content(last);
		put(ReplicaLayout.nameOf(last), ReplicaWriter.compress(Arrays.copyOf(bytes, bytes.length - 4096 - 24)),
				last.createdAt());
		assertThat(failure(RestoreTarget.latest())).hasMessageContaining(ReplicaLayout.nameOf(last) + " is damaged")
			.hasMessageContaining("ends within a transaction");
	}

	@Test
	void missingSegmentInTheMiddleIsNamedWithWhatCanStillBeRestored() throws Exception {
		List<WalSegment> segments = this.writer.client().walSegments(this.writer.generation());
		for (int i : new int[] { 4, 6, 7 }) {
			WalSegment segment = segments.get(i);
			byte[] good = Files.readAllBytes(path(ReplicaLayout.nameOf(segment)));
			Files.delete(path(ReplicaLayout.nameOf(segment)));
			RestoreException failure = failure(RestoreTarget.latest());
			assertThat(failure.kind()).isEqualTo(Kind.DAMAGED);
			assertThat(failure).hasMessageContaining(ReplicaLayout.nameOf(segment) + " is missing");
			assertThat(this.fixture.bytes(this.writer.client(), namedIn(failure)))
				.isEqualTo(this.writer.state(this.ends.get(i - 1)));
			put(ReplicaLayout.nameOf(segment), good, segment.createdAt());
		}
	}

	@Test
	void missingSnapshotIsReplacedByAnOlderOne() throws Exception {
		Files.delete(path(ReplicaLayout.nameOf(this.secondSnapshot)));
		assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.latest())).isEqualTo(this.writer.bytes());
	}

	@Test
	void gapThatTheSnapshotMayReachIntoMakesItUseless() throws Exception {
		// the second snapshot was stored between the first and second segment of its
		// index
		List<WalSegment> segments = this.writer.client().walSegments(this.writer.generation());
		Files.delete(path(ReplicaLayout.nameOf(segments.get(3))));
		RestoreException failure = failure(RestoreTarget.latest());
		assertThat(failure).hasMessageContaining(ReplicaLayout.nameOf(segments.get(3)) + " is missing");
		assertThat(this.fixture.bytes(this.writer.client(), namedIn(failure)))
			.isEqualTo(this.writer.state(this.ends.get(2)));
	}

	static List<Long> seeds() {
		return Seeds.some(1);
	}

	@ParameterizedTest(name = "-Dtest.seed={0}")
	@MethodSource("seeds")
	void noFlippedBitGivesOtherBytes(long seed) throws Exception {
		Random random = new Random(seed);
		byte[] right = this.writer.bytes();
		List<WalSegment> segments = this.writer.client().walSegments(this.writer.generation());
		for (int i = 0; i < 60; i++) {
			String name = (i % 2 == 0) ? ReplicaLayout.nameOf(this.secondSnapshot)
					: ReplicaLayout.nameOf(segments.get(3 + random.nextInt(6)));
			Instant createdAt = Files.getLastModifiedTime(path(name)).toInstant();
			byte[] good = Files.readAllBytes(path(name));
			byte[] flipped = good.clone();
			flipped[(i < 30) ? i / 2 : random.nextInt(good.length)] ^= (byte) (1 << random.nextInt(8));
			put(name, flipped, createdAt);
			try {
				assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.latest()))
					.as("seed %d, step %d", seed, i)
					.isEqualTo(right);
			}
			catch (RestoreException ex) {
				assertThat(ex).as("seed %d, step %d", seed, i).hasMessageContaining(name);
			}
			assertThat(this.fixture.names()).isEmpty();
			put(name, good, createdAt);
		}
	}

	@Test
	void databaseThatDoesNotPassItsCheckIsNotPublished() throws Exception {
		byte[] broken = this.writer.bytes();
		Arrays.fill(broken, 4096, 4096 + 200, (byte) 0x55);
		this.writer.nextGeneration();
		this.writer.snapshot(broken);
		RestoreTarget target = RestoreTarget.of(this.writer.generation());
		for (IntegrityCheck check : new IntegrityCheck[] { IntegrityCheck.QUICK, IntegrityCheck.FULL }) {
			assertThatExceptionOfType(RestoreException.class)
				.isThrownBy(() -> this.fixture.restore(this.writer.client(), target,
						RestoreOptions.DEFAULTS.withParallelism(1).withIntegrityCheck(check), RestoreProgress.NONE))
				.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.CHECK_FAILED))
				.withMessageContaining("did not pass");
			assertThat(this.fixture.names()).isEmpty();
		}
		assertThat(this.fixture.bytes(this.writer.client(), target)).isEqualTo(broken);
	}

	private RestoreTarget namedIn(RestoreException failure) {
		return namedIn(failure, this.writer.generation());
	}

	private static RestoreTarget namedIn(RestoreException failure, Generation generation) {
		Matcher matcher = TIMESTAMP.matcher(String.valueOf(failure.getMessage()));
		assertThat(matcher.find()).as("%s", failure.getMessage()).isTrue();
		return RestoreTarget.asOf(Instant.parse(matcher.group(1))).within(generation);
	}

	private RestoreException failure(RestoreTarget target) throws IOException {
		try {
			this.fixture.restore(this.writer.client(), target);
		}
		catch (RestoreException ex) {
			assertThat(this.fixture.names()).as("nothing is left behind").isEmpty();
			return ex;
		}
		throw new AssertionError("the restore succeeded");
	}

	private byte[] damage(String name, Damage damage, String other) throws IOException {
		byte[] good = Files.readAllBytes(path(name));
		put(name, damage.apply(good, Files.readAllBytes(path(other))),
				Files.getLastModifiedTime(path(name)).toInstant());
		return good;
	}

	private void put(String name, byte[] bytes, Instant createdAt) throws IOException {
		Files.write(path(name), bytes);
		Files.setLastModifiedTime(path(name), FileTime.from(createdAt));
	}

	private Path path(String name) {
		return this.writer.root().resolve(name);
	}

}
