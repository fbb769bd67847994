package org.litestream4j.replica;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

class ObservedReplicaClientTests {

	private static final Generation GENERATION = new Generation("b8e9afb5e0717645");

	private final List<String> heard = new ArrayList<>();

	private final LitestreamListener listener = new LitestreamListener() {

		@Override
		public void replicaOperation(String database, String replica, ReplicaOperation operation, Outcome outcome,
				Duration duration, long bytes) {
			assertThat(duration).isPositive();
			ObservedReplicaClientTests.this.heard
				.add("%s %s %s %s %d".formatted(database, replica, operation, outcome, bytes));
		}

	};

	@TempDir
	private Path directory;

	private ReplicaClient client;

	@BeforeEach
	void createClient() {
		this.client = ObservedReplicaClient.observe(new FileReplicaClient(this.directory, SystemDisk.ownerOnly()),
				"app", "file", this.listener);
	}

	@Test
	void operationsAreReportedWithTheirBytes() throws Exception {
		Snapshot snapshot = this.client.writeSnapshot(GENERATION, 0, Instant.now(), (out) -> out.write(new byte[10]));
		WalSegment segment = this.client.writeWalSegment(new WalPosition(GENERATION, 0, 0), Instant.now(),
				(out) -> out.write(new byte[3]));
		this.client.generations();
		this.client.snapshots(GENERATION);
		this.client.walSegments(GENERATION);
		this.client.deleteSnapshots(List.of(snapshot));
		this.client.deleteWalSegments(List.of(segment));
		assertThat(this.heard).containsExactly("app file WRITE_SNAPSHOT SUCCESS 10", "app file WRITE_WAL SUCCESS 3",
				"app file LIST SUCCESS 0", "app file LIST SUCCESS 0", "app file LIST SUCCESS 0",
				"app file DELETE SUCCESS 0", "app file DELETE SUCCESS 0");
	}

	@Test
	void visitingIsReportedAsOneListing() throws Exception {
		this.client.writeWalSegment(new WalPosition(GENERATION, 0, 0), Instant.now(), (out) -> out.write(1));
		this.heard.clear();
		List<WalSegment> visited = new ArrayList<>();
		this.client.visitWalSegments(GENERATION, visited::add);
		assertThat(visited).hasSize(1);
		assertThat(this.heard).containsExactly("app file LIST SUCCESS 0");
	}

	@Test
	void readingIsReportedOnceWhenTheStreamIsClosed() throws Exception {
		Snapshot snapshot = this.client.writeSnapshot(GENERATION, 0, Instant.now(), (out) -> out.write(new byte[10]));
		this.heard.clear();
		InputStream in = this.client.openSnapshot(snapshot);
		assertThat(in.read()).isZero();
		assertThat(in.readNBytes(4)).hasSize(4);
		assertThat(this.heard).isEmpty();
		in.close();
		in.close();
		assertThat(this.heard).containsExactly("app file READ_SNAPSHOT SUCCESS 5");
	}

	@Test
	void failuresAreReportedAndPassedOn() {
		assertThatIOException()
			.isThrownBy(() -> this.client.openWalSegment(new WalSegment(GENERATION, 0, 0, 1, Instant.EPOCH)));
		assertThatIOException().isThrownBy(() -> this.client.writeSnapshot(GENERATION, 0, Instant.EPOCH, (out) -> {
			throw new IOException("gone");
		})).withMessage("gone");
		assertThat(this.heard).containsExactly("app file READ_WAL ERROR 0", "app file WRITE_SNAPSHOT ERROR 0");
	}

	@Test
	void observingTwiceReportsOnce() throws Exception {
		ReplicaClient twice = ObservedReplicaClient.observe(this.client, "app", "file", this.listener);
		twice.generations();
		assertThat(this.heard).hasSize(1);
	}

	@Test
	void listenerThatThrowsDisturbsNothing() throws Exception {
		ReplicaClient observed = ObservedReplicaClient.observe(
				new FileReplicaClient(this.directory, SystemDisk.ownerOnly()), "app", "file", new LitestreamListener() {

					@Override
					public void replicaOperation(String database, String replica, ReplicaOperation operation,
							Outcome outcome, Duration duration, long bytes) {
						throw new IllegalStateException("a listener's bug");
					}

				});
		assertThat(observed.generations()).isEmpty();
	}

	@Test
	void requestThatHangsIsToldAndOneThatMovesIsNot() throws Exception {
		AtomicLong now = new AtomicLong();
		List<String> told = new ArrayList<>();
		ObservedReplicaClient[] observed = new ObservedReplicaClient[1];
		Consumer<Integer> pass = (seconds) -> {
			now.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
			told.add(observed[0].waiting().orElse("-"));
		};
		observed[0] = new ObservedReplicaClient(new FileReplicaClient(this.directory, SystemDisk.ownerOnly()), "app",
				"file", this.listener, now::get);
		observed[0].writeWalSegment(new WalPosition(GENERATION, 0, 0), Instant.now(), (out) -> {
			pass.accept(9);
			pass.accept(2);
			out.write(new byte[20 << 20]);
			pass.accept(29);
			pass.accept(2);
		});
		pass.accept(60);
		assertThat(told).containsExactly("-",
				"a request to %s (write wal) has been waiting for an answer for 11 s".formatted(observed[0].url()), "-",
				"a request to %s (write wal) has been waiting for an answer for 31 s".formatted(observed[0].url()),
				"-");
	}

}
