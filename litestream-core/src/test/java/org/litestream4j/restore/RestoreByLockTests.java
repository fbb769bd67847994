package org.litestream4j.restore;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.lease.Answer;
import org.litestream4j.lease.LockFile;
import org.litestream4j.lease.ReplicaLock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** Which generation is restored is said by the replica's lock file, where it has one. */
class RestoreByLockTests {

	private static final String COMMIT = "INSERT INTO t (v) VALUES (randomblob(3000))";

	@TempDir
	private Path directory;

	private RestoreFixture fixture;

	private ReplicaWriter writer;

	private Generation first;

	private byte[] ofFirst;

	@BeforeEach
	void writeTwoGenerations() throws Exception {
		this.fixture = new RestoreFixture(this.directory);
		this.writer = new ReplicaWriter(this.directory);
		this.writer.noteTimes();
		this.writer.snapshot();
		this.writer.commit(COMMIT);
		this.first = this.writer.generation();
		this.ofFirst = this.writer.bytes();
		this.writer.nextGeneration();
		this.writer.commit(COMMIT);
	}

	@AfterEach
	void close() throws Exception {
		this.writer.close();
	}

	private void lock(Generation current, @Nullable Generation previous) throws Exception {
		LockFile file = new LockFile(this.writer.client().store(), Duration.ofSeconds(30), Clock.systemUTC());
		ReplicaLock lock = new ReplicaLock(1, "00000000000000a1", "host:1", current, previous, 0, null, false);
		assertThat(file.write(file.read().tag(), lock)).isInstanceOf(Answer.Stored.class);
	}

	private byte[] restored() throws Exception {
		return this.fixture.bytes(this.writer.client(), RestoreTarget.latest());
	}

	@Test
	void generationBeforeIsRestoredWhileTheCurrentOneHasNoSnapshot() throws Exception {
		lock(this.writer.generation(), this.first);
		assertThat(restored()).isEqualTo(this.ofFirst);
		this.writer.snapshot();
		assertThat(restored()).isEqualTo(this.writer.bytes());
	}

	@Test
	void currentGenerationIsRestoredThoughItsTimesAreOlder() throws Exception {
		lock(this.writer.generation(), null);
		this.writer.setTime(this.writer.time().minusSeconds(1000));
		this.writer.snapshot();
		this.writer.commit(COMMIT);
		Files.delete(this.writer.root()
			.resolve("generations/%s/wal/00000000_00000000.wal.lz4".formatted(this.writer.generation())));
		assertThatExceptionOfType(RestoreException.class).isThrownBy(this::restored)
			.as("another one's newest times do not make it pass over")
			.withMessageContaining(this.writer.generation().name());
	}

	@Test
	void newerGenerationThatTheLockDoesNotNameIsNotPassedOverSilently() throws Exception {
		lock(this.first, null);
		assertThat(restored()).as("it has no snapshot").isEqualTo(this.ofFirst);
		this.writer.snapshot();
		assertThatExceptionOfType(RestoreException.class).isThrownBy(this::restored)
			.satisfies((ex) -> assertThat(ex.kind()).isEqualTo(Kind.NO_SUCH_STATE))
			.withMessageContaining("names generation " + this.first)
			.withMessageContaining("but generation %s holds newer commits".formatted(this.writer.generation()));
		assertThat(this.fixture.bytes(this.writer.client(), RestoreTarget.latest().within(this.first)))
			.isEqualTo(this.ofFirst);
	}

	@Test
	void lockFileThatCannotBeReadDecidesNothing() throws Exception {
		this.writer.snapshot();
		Files.writeString(this.writer.root().resolve("lock.json"), "{", StandardCharsets.UTF_8);
		assertThat(restored()).isEqualTo(this.writer.bytes());
	}

}
