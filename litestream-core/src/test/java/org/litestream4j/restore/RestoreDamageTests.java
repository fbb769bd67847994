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

import org.litestream4j.format.Generation;
import org.litestream4j.format.Lz4;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.replica.ArchivedObjectException;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.restore.RestoreException.Kind;
import org.litestream4j.restore.RestoreOptions.IntegrityCheck;
import org.litestream4j.testing.DelegatingReplicaClient;

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
			byte[] good = damage(segment.objectName(), damage, segments.get(1).objectName());
			RestoreException failure = failure(RestoreTarget.LATEST);
			assertThat(failure.kind()).isEqualTo(Kind.DAMAGED);
			assertThat(failure).hasMessageContaining(segment.objectName() + " is damaged");
			assertThat(this.fixture.bytes(this.writer.client(), namedIn(failure)))
				.isEqualTo(this.writer.state(this.ends.get(i - 1)));
			put(segment.objectName(), good, segment.createdAt());
		}
		assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.LATEST)).isEqualTo(this.writer.bytes());
	}

	@ParameterizedTest
	@EnumSource
	void damagedSnapshotIsReplacedByAnOlderOneAndMoreWal(Damage damage) throws Exception {
		String wal = this.writer.client().walSegments(this.writer.generation()).get(0).objectName();
		damage(this.secondSnapshot.objectName(), damage, wal);
		assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.LATEST)).isEqualTo(this.writer.bytes());
		RestoreException strict = failure(RestoreFixture.at(this.ends.get(7)));
		assertThat(strict.kind()).as("a validation wants to know").isEqualTo(Kind.DAMAGED);
		assertThat(strict).hasMessageContaining(this.secondSnapshot.objectName());
	}

	@ParameterizedTest
	@EnumSource
	void damagedOnlySnapshotIsNamed(Damage damage) throws Exception {
		String wal = this.writer.client().walSegments(this.writer.generation()).get(0).objectName();
		damage(this.firstSnapshot.objectName(), damage, wal);
		RestoreException failure = failure(new RestoreTarget(this.writer.generation(), 0, null, null));
		assertThat(failure.kind()).isEqualTo(Kind.DAMAGED);
		assertThat(failure).hasMessageContaining(this.firstSnapshot.objectName() + " is damaged");
		assertThat(this.fixture.bytes(this.writer.client(), namedIn(failure))).isEqualTo(this.writer.bytes());
	}

	@ParameterizedTest
	@EnumSource
	void damagedSnapshotOfTheNewestGenerationIsNeverReplacedByAnOlderGeneration(Damage damage) throws Exception {
		byte[] older = this.writer.bytes();
		Generation olderGeneration = this.writer.generation();
		String wal = this.writer.client().walSegments(olderGeneration).get(0).objectName();
		this.writer.nextGeneration();
		this.writer.commit("INSERT INTO t (v) VALUES (1)");
		Snapshot snapshot = this.writer.snapshot();
		this.writer.commit("INSERT INTO t (v) VALUES (2)");
		damage(snapshot.objectName(), damage, wal);
		RestoreException failure = failure(RestoreTarget.LATEST);
		assertThat(failure.kind()).isEqualTo(Kind.DAMAGED);
		assertThat(failure).hasMessageContaining(snapshot.objectName() + " is damaged")
			.hasMessageContaining("generation " + olderGeneration);
		assertThat(this.fixture.bytes(this.writer.client(), namedIn(failure, olderGeneration)))
			.as("what the message names is restored when it is asked for")
			.isEqualTo(older);
	}

	@Test
	void archivedSnapshotIsReplacedByAnOlderOneAndMoreWal() throws Exception {
		AtomicInteger asked = new AtomicInteger();
		ReplicaClient client = new DelegatingReplicaClient(this.writer.client()) {
			@Override
			public InputStream openSnapshot(Snapshot snapshot) throws IOException {
				if (snapshot.index() == RestoreDamageTests.this.secondSnapshot.index()) {
					asked.incrementAndGet();
					throw new ArchivedObjectException("thaw it first", new IOException());
				}
				return super.openSnapshot(snapshot);
			}
		};
		assertThat(this.fixture.bytes(client, RestoreTarget.LATEST)).isEqualTo(this.writer.bytes());
		assertThat(asked).as("trying again is of no use").hasValue(1);
	}

	@Test
	void archivedSegmentIsNamed() throws Exception {
		WalSegment last = this.writer.client().walSegments(this.writer.generation()).get(8);
		ReplicaClient client = new DelegatingReplicaClient(this.writer.client()) {
			@Override
			public InputStream openWalSegment(WalSegment segment) throws IOException {
				if (segment.equals(last)) {
					throw new ArchivedObjectException("thaw it first", new IOException());
				}
				return super.openWalSegment(segment);
			}
		};
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> this.fixture.restore(client, RestoreTarget.LATEST))
			.withMessageContaining(last.objectName() + " cannot be read (thaw it first)");
	}

	@Test
	void segmentWhoseLastFrameDoesNotCommitIsDamaged() throws Exception {
		WalSegment last = this.writer.client().walSegments(this.writer.generation()).get(8);
		byte[] bytes;
		try (InputStream in = Lz4.decompress(this.writer.client().openWalSegment(last))) {
			bytes = in.readAllBytes();
		}
		put(last.objectName(), ReplicaWriter.compress(Arrays.copyOf(bytes, bytes.length - 4096 - 24)),
				last.createdAt());
		assertThat(failure(RestoreTarget.LATEST)).hasMessageContaining(last.objectName() + " is damaged")
			.hasMessageContaining("ends within a transaction");
	}

	@Test
	void missingSegmentInTheMiddleIsNamedWithWhatCanStillBeRestored() throws Exception {
		List<WalSegment> segments = this.writer.client().walSegments(this.writer.generation());
		for (int i : new int[] { 4, 6, 7 }) {
			WalSegment segment = segments.get(i);
			byte[] good = Files.readAllBytes(path(segment.objectName()));
			Files.delete(path(segment.objectName()));
			RestoreException failure = failure(RestoreTarget.LATEST);
			assertThat(failure.kind()).isEqualTo(Kind.DAMAGED);
			assertThat(failure).hasMessageContaining(segment.objectName() + " is missing");
			assertThat(this.fixture.bytes(this.writer.client(), namedIn(failure)))
				.isEqualTo(this.writer.state(this.ends.get(i - 1)));
			put(segment.objectName(), good, segment.createdAt());
		}
	}

	@Test
	void missingSnapshotIsReplacedByAnOlderOne() throws Exception {
		Files.delete(path(this.secondSnapshot.objectName()));
		assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.LATEST)).isEqualTo(this.writer.bytes());
	}

	@Test
	void gapThatTheSnapshotMayReachIntoMakesItUseless() throws Exception {
		// the second snapshot was stored between the first and second segment of its
		// index
		List<WalSegment> segments = this.writer.client().walSegments(this.writer.generation());
		Files.delete(path(segments.get(3).objectName()));
		RestoreException failure = failure(RestoreTarget.LATEST);
		assertThat(failure).hasMessageContaining(segments.get(3).objectName() + " is missing");
		assertThat(this.fixture.bytes(this.writer.client(), namedIn(failure)))
			.isEqualTo(this.writer.state(this.ends.get(2)));
	}

	@Test
	void noFlippedBitGivesOtherBytes() throws Exception {
		long seed = new Random().nextLong();
		Random random = new Random(seed);
		byte[] right = this.writer.bytes();
		List<WalSegment> segments = this.writer.client().walSegments(this.writer.generation());
		for (int i = 0; i < 60; i++) {
			String name = (i % 2 == 0) ? this.secondSnapshot.objectName()
					: segments.get(3 + random.nextInt(6)).objectName();
			Instant createdAt = Files.getLastModifiedTime(path(name)).toInstant();
			byte[] good = Files.readAllBytes(path(name));
			byte[] flipped = good.clone();
			flipped[(i < 30) ? i / 2 : random.nextInt(good.length)] ^= (byte) (1 << random.nextInt(8));
			put(name, flipped, createdAt);
			try {
				assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.LATEST))
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
		RestoreTarget target = new RestoreTarget(this.writer.generation(), null, null, null);
		for (IntegrityCheck check : new IntegrityCheck[] { IntegrityCheck.QUICK, IntegrityCheck.FULL }) {
			assertThatExceptionOfType(RestoreException.class)
				.isThrownBy(() -> this.fixture.restore(this.writer.client(), target, new RestoreOptions(1, check),
						RestoreProgress.NONE))
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
		return new RestoreTarget(generation, null, null, Instant.parse(matcher.group(1)));
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
