package org.litestream4j.store;

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

import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.ObjectStore.Depth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

class ObservedStoreTests {

	private static final NewObject SNAPSHOT = NewObject.named("a/1.snapshot");

	private static final NewObject SEGMENT = NewObject.named("a/1.wal");

	private final List<String> heard = new ArrayList<>();

	private final LitestreamListener listener = new LitestreamListener() {

		@Override
		public void replicaOperation(String database, String replica, ReplicaOperation operation, Outcome outcome,
				Duration duration, long bytes) {
			assertThat(duration).isPositive();
			ObservedStoreTests.this.heard.add("%s %s %s %s %d".formatted(database, replica, operation, outcome, bytes));
		}

	};

	@TempDir
	private Path directory;

	private ObjectStore store;

	@BeforeEach
	void createStore() {
		this.store = ObservedStore.observe(new FileStore(this.directory, SystemDisk.ownerOnly()), "app", "file",
				ObservedStoreTests::isSnapshot, this.listener);
	}

	private static boolean isSnapshot(String name) {
		return name.endsWith(".snapshot");
	}

	@Test
	void operationsAreReportedWithTheirBytes() throws Exception {
		this.store.put(SNAPSHOT, (out) -> out.write(new byte[10]));
		this.store.put(SEGMENT, (out) -> out.write(new byte[3]));
		this.store.directories("");
		this.store.list("a", Depth.DIRECTORY, (object) -> true);
		this.store.afresh().list("", Depth.TREE, (object) -> true);
		this.store.delete(List.of(SNAPSHOT.name()));
		this.store.delete(List.of(SEGMENT.name()));
		assertThat(this.heard).containsExactly("app file WRITE_SNAPSHOT SUCCESS 10", "app file WRITE_WAL SUCCESS 3",
				"app file LIST SUCCESS 0", "app file LIST SUCCESS 0", "app file LIST SUCCESS 0",
				"app file DELETE SUCCESS 0", "app file DELETE SUCCESS 0");
	}

	@Test
	void visitingIsReportedAsOneListing() throws Exception {
		this.store.put(SEGMENT, (out) -> out.write(1));
		this.heard.clear();
		List<StoredObject> visited = new ArrayList<>();
		this.store.list("a", Depth.DIRECTORY, visited::add);
		assertThat(visited).hasSize(1);
		assertThat(this.heard).containsExactly("app file LIST SUCCESS 0");
	}

	@Test
	void readingIsReportedOnceWhenTheStreamIsClosed() throws Exception {
		StoredObject snapshot = this.store.put(SNAPSHOT, (out) -> out.write(new byte[10]));
		this.heard.clear();
		InputStream in = this.store.open(snapshot, 0, StoredObject.END);
		assertThat(in.read()).isZero();
		assertThat(in.readNBytes(4)).hasSize(4);
		assertThat(this.heard).isEmpty();
		in.close();
		in.close();
		assertThat(this.heard).containsExactly("app file READ_SNAPSHOT SUCCESS 5");
	}

	@Test
	void failuresAreReportedAndPassedOn() {
		assertThatIOException().isThrownBy(
				() -> this.store.open(new StoredObject(SEGMENT.name(), 1, Instant.EPOCH, null), 0, StoredObject.END));
		assertThatIOException().isThrownBy(() -> this.store.put(SNAPSHOT, (out) -> {
			throw new IOException("gone");
		})).withMessage("gone");
		assertThat(this.heard).containsExactly("app file READ_WAL ERROR 0", "app file WRITE_SNAPSHOT ERROR 0");
	}

	@Test
	void observingTwiceReportsOnce() throws Exception {
		ObjectStore twice = ObservedStore.observe(this.store, "app", "file", ObservedStoreTests::isSnapshot,
				this.listener);
		twice.directories("");
		assertThat(this.heard).hasSize(1);
	}

	@Test
	void listenerThatThrowsDisturbsNothing() throws Exception {
		ObjectStore observed = ObservedStore.observe(new FileStore(this.directory, SystemDisk.ownerOnly()), "app",
				"file", ObservedStoreTests::isSnapshot, new LitestreamListener() {

					@Override
					public void replicaOperation(String database, String replica, ReplicaOperation operation,
							Outcome outcome, Duration duration, long bytes) {
						throw new IllegalStateException("a listener's bug");
					}

				});
		assertThat(observed.directories("")).isEmpty();
	}

	@Test
	void requestThatHangsIsToldAndOneThatMovesIsNot() throws Exception {
		AtomicLong now = new AtomicLong();
		List<String> told = new ArrayList<>();
		ObservedStore[] observed = new ObservedStore[1];
		Consumer<Integer> pass = (seconds) -> {
			now.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
			told.add(observed[0].waiting().orElse("-"));
		};
		observed[0] = new ObservedStore(new FileStore(this.directory, SystemDisk.ownerOnly()), "app", "file",
				ObservedStoreTests::isSnapshot, this.listener, now::get);
		observed[0].put(SEGMENT, (out) -> {
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
