package org.litestream4j.format.v03;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Lz4;
import org.litestream4j.format.v03.ReplicaLayout;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.store.ObjectContent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

/**
 * What every {@link V03Replica} must do. A subclass names a store, which is empty at the
 * start of each test.
 */
public abstract class V03ReplicaContract {

	protected static final Generation FIRST = new Generation("b8e9afb5e0717645");

	protected static final Generation SECOND = new Generation("1aa6d5e66efb67f7");

	protected static final Instant COMMITTED_AT = Instant.parse("2026-11-22T16:00:00Z");

	/** Stores may keep times in whole seconds, and have a clock of their own. */
	private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(3);

	private final List<V03Replica> opened = new ArrayList<>();

	/** A new client for the test's store. Asked again, another one for the same store. */
	protected abstract V03Replica newReplica() throws Exception;

	/** The names of everything in the store, relative to the replica's path. */
	protected abstract Set<String> storedNames() throws Exception;

	/** Puts an object into the store, behind the client's back. */
	protected abstract void putForeign(String name, byte[] content) throws Exception;

	protected final V03Replica open() throws Exception {
		V03Replica client = newReplica();
		this.opened.add(client);
		return client;
	}

	@AfterEach
	void closeClients() {
		this.opened.forEach(V03Replica::close);
	}

	@Test
	void emptyStoreHasNothing() throws Exception {
		V03Replica client = open();
		assertThat(client.generations()).isEmpty();
		assertThat(client.snapshots(FIRST)).isEmpty();
		assertThat(client.walSegments(FIRST)).isEmpty();
	}

	@Test
	void snapshotIsListedAndReadAsWritten() throws Exception {
		V03Replica client = open();
		byte[] content = lz4("a database");
		Snapshot written = client.writeSnapshot(FIRST, 0x1f, COMMITTED_AT, (out) -> out.write(content));
		assertThat(client.snapshots(FIRST)).singleElement().satisfies((listed) -> {
			assertThat(listed.generation()).isEqualTo(FIRST);
			assertThat(listed.index()).isEqualTo(0x1f);
			assertThat(listed.size()).isEqualTo(content.length);
			assertThat(read(client.openSnapshot(listed))).isEqualTo(content);
			assertSame(written, listed);
		});
		assertThat(read(client.openSnapshot(written))).isEqualTo(content);
		assertThat(client.walSegments(FIRST)).isEmpty();
		assertThat(client.generations()).containsExactly(FIRST);
	}

	@Test
	void segmentIsListedAndReadAsWritten() throws Exception {
		V03Replica client = open();
		byte[] content = lz4("some frames");
		WalPosition start = new WalPosition(FIRST, 3, 0x80e0);
		WalSegment written = client.writeWalSegment(start, COMMITTED_AT, (out) -> out.write(content));
		assertThat(client.walSegments(FIRST)).singleElement().satisfies((listed) -> {
			assertThat(listed.start()).isEqualTo(start);
			assertThat(listed.size()).isEqualTo(content.length);
			assertThat(read(client.openWalSegment(listed))).isEqualTo(content);
			assertThat(written.start()).isEqualTo(start);
			assertThat(written.size()).isEqualTo(content.length);
			assertThat(written.createdAt()).isCloseTo(listed.createdAt(), within(CLOCK_TOLERANCE));
		});
		assertThat(read(client.openWalSegment(written))).isEqualTo(content);
		assertThat(client.snapshots(FIRST)).isEmpty();
		assertThat(client.generations()).containsExactly(FIRST);
	}

	@Test
	void visitingSeesTheSegmentsThatAreListed() throws Exception {
		V03Replica client = open();
		for (int index : new int[] { 2, 0, 1 }) {
			client.writeWalSegment(new WalPosition(FIRST, index, 0x20), COMMITTED_AT, (out) -> out.write(lz4("w")));
		}
		client.writeWalSegment(new WalPosition(SECOND, 7, 0), COMMITTED_AT, (out) -> out.write(lz4("w")));
		putForeign("generations/" + FIRST + "/wal/notes.txt", new byte[1]);
		List<WalSegment> visited = new ArrayList<>();
		client.visitWalSegments(FIRST, visited::add);
		assertThat(visited).containsExactlyInAnyOrderElementsOf(client.walSegments(FIRST)).hasSize(3);
		client.visitWalSegments(new Generation("0000000000000001"), (segment) -> {
			throw new AssertionError("there is nothing to visit in an unknown generation");
		});
	}

	@Test
	void objectsHaveTheNamesThatLitestreamReads() throws Exception {
		V03Replica client = open();
		client.writeSnapshot(FIRST, 0xab, COMMITTED_AT, (out) -> out.write(lz4("s")));
		client.writeWalSegment(new WalPosition(FIRST, 0xab, 0xcdef0123L), COMMITTED_AT, (out) -> out.write(lz4("w")));
		assertThat(storedNames()).containsExactlyInAnyOrder(
				"generations/b8e9afb5e0717645/snapshots/000000ab.snapshot.lz4",
				"generations/b8e9afb5e0717645/wal/000000ab_cdef0123.wal.lz4");
	}

	@Test
	void creationTimeIsWhenTheObjectWasStored() throws Exception {
		V03Replica client = open();
		Instant before = Instant.now();
		client.writeSnapshot(FIRST, 0, before, (out) -> out.write(lz4("s")));
		client.writeWalSegment(new WalPosition(FIRST, 0, 0), before, (out) -> out.write(lz4("w")));
		Instant after = Instant.now();
		assertThat(client.snapshots(FIRST).get(0).createdAt()).isBetween(before.minus(CLOCK_TOLERANCE),
				after.plus(CLOCK_TOLERANCE));
		assertThat(client.walSegments(FIRST).get(0).createdAt()).isBetween(before.minus(CLOCK_TOLERANCE),
				after.plus(CLOCK_TOLERANCE));
	}

	@Test
	void listingsAreInOrderWhateverTheOrderOfWriting() throws Exception {
		V03Replica client = open();
		for (int index : new int[] { 0x10, 0x9, 0x7fffffff, 0x0 }) {
			client.writeSnapshot(FIRST, index, COMMITTED_AT, (out) -> out.write(lz4("s")));
			client.writeWalSegment(new WalPosition(FIRST, index, 0xffffffffL), COMMITTED_AT,
					(out) -> out.write(lz4("w")));
			client.writeWalSegment(new WalPosition(FIRST, index, 0), COMMITTED_AT, (out) -> out.write(lz4("w")));
			client.writeWalSegment(new WalPosition(FIRST, index, 0x20), COMMITTED_AT, (out) -> out.write(lz4("w")));
		}
		assertThat(client.snapshots(FIRST)).extracting(Snapshot::index).containsExactly(0, 0x9, 0x10, 0x7fffffff);
		List<WalPosition> expected = new ArrayList<>();
		for (int index : new int[] { 0, 0x9, 0x10, 0x7fffffff }) {
			for (long offset : new long[] { 0, 0x20, 0xffffffffL }) {
				expected.add(new WalPosition(FIRST, index, offset));
			}
		}
		assertThat(client.walSegments(FIRST)).extracting(WalSegment::start).containsExactlyElementsOf(expected);
	}

	@Test
	void listingIsCompleteBeyondOnePage() throws Exception {
		V03Replica client = open();
		int count = 1050;
		List<Callable<WalSegment>> writes = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			WalPosition start = new WalPosition(FIRST, i / 100, i % 100);
			writes.add(() -> client.writeWalSegment(start, COMMITTED_AT, (out) -> out.write(lz4("w"))));
		}
		inParallel(8, writes);
		List<WalSegment> listed = client.walSegments(FIRST);
		assertThat(listed).hasSize(count);
		assertThat(listed).extracting((segment) -> segment.index() * 100 + (int) segment.offset())
			.isSorted()
			.doesNotHaveDuplicates();
		client.deleteWalSegments(listed);
		assertThat(storedNames()).isEmpty();
	}

	@Test
	void writingAgainReplaces() throws Exception {
		V03Replica client = open();
		WalPosition start = new WalPosition(FIRST, 0, 0);
		client.writeSnapshot(FIRST, 0, COMMITTED_AT, (out) -> out.write(lz4("old")));
		client.writeWalSegment(start, COMMITTED_AT, (out) -> out.write(lz4("old")));
		Snapshot snapshot = client.writeSnapshot(FIRST, 0, COMMITTED_AT, (out) -> out.write(lz4("newer")));
		WalSegment segment = client.writeWalSegment(start, COMMITTED_AT, (out) -> out.write(lz4("newer")));
		assertThat(client.snapshots(FIRST)).hasSize(1);
		assertThat(client.walSegments(FIRST)).hasSize(1);
		assertThat(read(client.openSnapshot(snapshot))).isEqualTo(lz4("newer"));
		assertThat(read(client.openWalSegment(segment))).isEqualTo(lz4("newer"));
	}

	@Test
	void largeObjectComesBackWhole() throws Exception {
		V03Replica client = open();
		byte[] content = new byte[(20 << 20) + 17];
		new Random(7).nextBytes(content);
		Snapshot snapshot = client.writeSnapshot(FIRST, 0, COMMITTED_AT, (out) -> {
			for (int offset = 0; offset < content.length; offset += 100_003) {
				out.write(content, offset, Math.min(100_003, content.length - offset));
			}
		});
		assertThat(snapshot.size()).isEqualTo(content.length);
		assertThat(client.snapshots(FIRST).get(0).size()).isEqualTo(content.length);
		assertThat(read(client.openSnapshot(snapshot))).isEqualTo(content);
	}

	@Test
	void contentMayBeWrittenByteByByteAndFlushed() throws Exception {
		V03Replica client = open();
		byte[] content = lz4("byte by byte");
		WalSegment segment = client.writeWalSegment(new WalPosition(FIRST, 0, 0), COMMITTED_AT, (out) -> {
			for (byte b : content) {
				out.write(b);
				out.flush();
			}
		});
		assertThat(read(client.openWalSegment(segment))).isEqualTo(content);
	}

	@Test
	void contentThatFailsLeavesNothingBehind() throws Exception {
		V03Replica client = open();
		ObjectContent failing = (out) -> {
			out.write(new byte[7 << 20]);
			throw new IOException("the source is gone");
		};
		assertThatExceptionOfType(IOException.class)
			.isThrownBy(() -> client.writeSnapshot(FIRST, 0, COMMITTED_AT, failing))
			.withStackTraceContaining("the source is gone");
		assertThatExceptionOfType(IOException.class)
			.isThrownBy(() -> client.writeWalSegment(new WalPosition(FIRST, 0, 0), COMMITTED_AT, failing))
			.withStackTraceContaining("the source is gone");
		assertThat(client.generations()).isEmpty();
		assertThat(storedNames()).isEmpty();
	}

	@Test
	void contentThatFailsUncheckedLeavesNothingBehind() throws Exception {
		V03Replica client = open();
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> client.writeSnapshot(FIRST, 0, COMMITTED_AT, (out) -> {
				out.write(new byte[7 << 20]);
				throw new IllegalStateException("a bug");
			}));
		assertThat(storedNames()).isEmpty();
	}

	@Test
	void failedReplacementKeepsTheOldObject() throws Exception {
		V03Replica client = open();
		byte[] content = lz4("the good one");
		Snapshot snapshot = client.writeSnapshot(FIRST, 0, COMMITTED_AT, (out) -> out.write(content));
		assertThatExceptionOfType(IOException.class)
			.isThrownBy(() -> client.writeSnapshot(FIRST, 0, COMMITTED_AT, (out) -> {
				out.write(1);
				throw new IOException("the source is gone");
			}));
		assertThat(read(client.openSnapshot(snapshot))).isEqualTo(content);
		assertThat(storedNames()).hasSize(1);
	}

	@Test
	void objectIsInvisibleUntilItIsWhole() throws Exception {
		V03Replica client = open();
		CountDownLatch started = new CountDownLatch(1);
		CountDownLatch goOn = new CountDownLatch(1);
		ExecutorService executor = Executors.newSingleThreadExecutor();
		try {
			Future<Snapshot> write = executor.submit(() -> client.writeSnapshot(FIRST, 0, COMMITTED_AT, (out) -> {
				out.write(new byte[1 << 20]);
				out.flush();
				started.countDown();
				awaitUninterruptibly(goOn);
				out.write(1);
			}));
			assertThat(started.await(2, TimeUnit.MINUTES)).isTrue();
			assertThat(client.generations()).isEmpty();
			assertThat(client.snapshots(FIRST)).isEmpty();
			client.writeWalSegment(new WalPosition(FIRST, 0, 0), COMMITTED_AT, (out) -> out.write(lz4("w")));
			goOn.countDown();
			assertThat(write.get(2, TimeUnit.MINUTES).size()).isEqualTo((1 << 20) + 1);
			assertThat(client.snapshots(FIRST)).hasSize(1);
			assertThat(client.walSegments(FIRST)).hasSize(1);
		}
		finally {
			goOn.countDown();
			executor.shutdownNow();
		}
	}

	@Test
	void missingObjectsAreReportedAsMissing() throws Exception {
		V03Replica client = open();
		assertThatExceptionOfType(NoSuchFileException.class)
			.isThrownBy(() -> read(client.openSnapshot(new Snapshot(FIRST, 0, 10, COMMITTED_AT))));
		assertThatExceptionOfType(NoSuchFileException.class)
			.isThrownBy(() -> read(client.openWalSegment(new WalSegment(FIRST, 0, 0, 10, COMMITTED_AT))));
		client.writeSnapshot(FIRST, 1, COMMITTED_AT, (out) -> out.write(lz4("s")));
		client.writeWalSegment(new WalPosition(FIRST, 1, 0), COMMITTED_AT, (out) -> out.write(lz4("w")));
		assertThatExceptionOfType(NoSuchFileException.class)
			.isThrownBy(() -> read(client.openSnapshot(new Snapshot(FIRST, 0, 10, COMMITTED_AT))));
		assertThatExceptionOfType(NoSuchFileException.class)
			.isThrownBy(() -> read(client.openWalSegment(new WalSegment(FIRST, 1, 32, 10, COMMITTED_AT))));
	}

	@Test
	void streamsMayBeClosedBeforeTheirEnd() throws Exception {
		V03Replica client = open();
		byte[] content = new byte[5 << 20];
		Snapshot snapshot = client.writeSnapshot(FIRST, 0, COMMITTED_AT, (out) -> out.write(content));
		for (int i = 0; i < 60; i++) {
			try (InputStream in = client.openSnapshot(snapshot)) {
				assertThat(in.read()).isZero();
			}
		}
		assertThat(read(client.openSnapshot(snapshot))).hasSize(content.length);
	}

	@Test
	void generationsWithAnyObjectAreListed() throws Exception {
		V03Replica client = open();
		client.writeSnapshot(FIRST, 0, COMMITTED_AT, (out) -> out.write(lz4("s")));
		client.writeWalSegment(new WalPosition(SECOND, 0, 0), COMMITTED_AT, (out) -> out.write(lz4("w")));
		assertThat(client.generations()).containsExactlyInAnyOrder(FIRST, SECOND);
		assertThat(client.snapshots(SECOND)).isEmpty();
		assertThat(client.walSegments(FIRST)).isEmpty();
	}

	@Test
	void deletingRemovesWhatWasNamedAndNothingElse() throws Exception {
		V03Replica client = open();
		Snapshot old = client.writeSnapshot(FIRST, 0, COMMITTED_AT, (out) -> out.write(lz4("s")));
		Snapshot kept = client.writeSnapshot(FIRST, 1, COMMITTED_AT, (out) -> out.write(lz4("s")));
		WalSegment oldSegment = client.writeWalSegment(new WalPosition(FIRST, 0, 0), COMMITTED_AT,
				(out) -> out.write(lz4("w")));
		WalSegment keptSegment = client.writeWalSegment(new WalPosition(FIRST, 1, 0), COMMITTED_AT,
				(out) -> out.write(lz4("w")));
		client.deleteSnapshots(List.of(old));
		client.deleteWalSegments(List.of(oldSegment));
		assertThat(storedNames()).containsExactlyInAnyOrder(ReplicaLayout.nameOf(kept),
				ReplicaLayout.nameOf(keptSegment));
		client.deleteSnapshots(List.of(old));
		client.deleteWalSegments(List.of(oldSegment));
		client.deleteSnapshots(List.of());
		client.deleteWalSegments(List.of());
		assertThat(storedNames()).hasSize(2);
	}

	@Test
	void generationWhoseObjectsAreAllDeletedIsGone() throws Exception {
		V03Replica client = open();
		Snapshot snapshot = client.writeSnapshot(FIRST, 0, COMMITTED_AT, (out) -> out.write(lz4("s")));
		WalSegment segment = client.writeWalSegment(new WalPosition(FIRST, 0, 0), COMMITTED_AT,
				(out) -> out.write(lz4("w")));
		client.writeSnapshot(SECOND, 0, COMMITTED_AT, (out) -> out.write(lz4("s")));
		client.deleteSnapshots(List.of(snapshot));
		client.deleteWalSegments(List.of(segment));
		assertThat(client.generations()).containsExactly(SECOND);
		client.writeWalSegment(new WalPosition(FIRST, 0, 0), COMMITTED_AT, (out) -> out.write(lz4("w")));
		assertThat(client.generations()).containsExactlyInAnyOrder(FIRST, SECOND);
	}

	@Test
	void backupOfLitestreamFiveIsNamed() throws Exception {
		V03Replica client = open();
		assertThat(client.foreignBackup()).isEmpty();
		putForeign("ltx/0/README", new byte[1]);
		client.writeSnapshot(FIRST, 0, COMMITTED_AT, (out) -> out.write(lz4("s")));
		assertThat(client.foreignBackup()).isEmpty();
		putForeign("ltx/0/0000000000000001-0000000000000001.ltx", new byte[1]);
		assertThat(client.foreignBackup()).hasValueSatisfying((foreign) -> {
			assertThat(foreign.format()).contains("v0.5");
			assertThat(foreign.newest()).isEqualTo("ltx/0/0000000000000001-0000000000000001.ltx");
			assertThat(foreign.storedAt()).isAfter(Instant.EPOCH);
		});
		assertThat(client.generations()).containsExactly(FIRST);
	}

	@Test
	void foreignObjectsAreNeitherListedNorDeleted() throws Exception {
		V03Replica client = open();
		List<String> foreign = List.of("README", "generations/notes.txt", "generations/B8E9AFB5E0717645/x",
				"generations/%s/readme".formatted(FIRST), "%s/x.tmp".formatted(ReplicaLayout.snapshotsDirectory(FIRST)),
				"%s/0000001.snapshot.lz4".formatted(ReplicaLayout.snapshotsDirectory(FIRST)),
				"%s/00000001.snapshot.lz4.tmp".formatted(ReplicaLayout.snapshotsDirectory(FIRST)),
				"%s/00000000.wal.lz4".formatted(ReplicaLayout.walDirectory(FIRST)),
				"%s/00000000_0000000G.wal.lz4".formatted(ReplicaLayout.walDirectory(FIRST)),
				"%s/sub/00000000_00000000.wal.lz4".formatted(ReplicaLayout.walDirectory(FIRST)),
				"generations/%s/00000000.snapshot.lz4".formatted(FIRST));
		for (String name : foreign) {
			putForeign(name, "foreign".getBytes(StandardCharsets.UTF_8));
		}
		assertThat(client.generations()).isEmpty();
		assertThat(client.snapshots(FIRST)).isEmpty();
		assertThat(client.walSegments(FIRST)).isEmpty();
		Snapshot snapshot = client.writeSnapshot(FIRST, 0, COMMITTED_AT, (out) -> out.write(lz4("s")));
		WalSegment segment = client.writeWalSegment(new WalPosition(FIRST, 0, 0), COMMITTED_AT,
				(out) -> out.write(lz4("w")));
		assertThat(client.generations()).containsExactly(FIRST);
		client.deleteSnapshots(List.of(snapshot));
		client.deleteWalSegments(List.of(segment));
		assertThat(storedNames()).containsExactlyInAnyOrderElementsOf(foreign);
		assertThat(client.generations()).isEmpty();
	}

	@Test
	void anotherClientSeesTheSame() throws Exception {
		V03Replica writing = open();
		V03Replica reading = open();
		assertThat(reading.generations()).isEmpty();
		Snapshot snapshot = writing.writeSnapshot(FIRST, 0, COMMITTED_AT, (out) -> out.write(lz4("s")));
		assertThat(reading.generations()).containsExactly(FIRST);
		assertThat(read(reading.openSnapshot(snapshot))).isEqualTo(lz4("s"));
		writing.close();
		assertThat(reading.snapshots(FIRST)).hasSize(1);
	}

	@Test
	void manyThreadsMayUseOneClient() throws Exception {
		V03Replica client = open();
		List<Callable<byte[]>> tasks = new ArrayList<>();
		for (int i = 0; i < 40; i++) {
			int index = i;
			byte[] content = lz4("content " + i);
			tasks.add(() -> {
				WalSegment segment = client.writeWalSegment(new WalPosition(FIRST, index, 0), COMMITTED_AT,
						(out) -> out.write(content));
				Snapshot snapshot = client.writeSnapshot(FIRST, index, COMMITTED_AT, (out) -> out.write(content));
				assertThat(read(client.openSnapshot(snapshot))).isEqualTo(content);
				assertThat(client.walSegments(FIRST)).extracting(WalSegment::index).contains(index);
				return read(client.openWalSegment(segment));
			});
		}
		List<byte[]> read = inParallel(8, tasks);
		for (int i = 0; i < read.size(); i++) {
			assertThat(read.get(i)).isEqualTo(lz4("content " + i));
		}
		assertThat(client.snapshots(FIRST)).hasSize(40);
	}

	@Test
	void typeAndUrlNameTheStore() throws Exception {
		V03Replica client = open();
		assertThat(client.store().type()).isNotBlank();
		assertThat(client.url()).startsWith(client.store().type() + ":");
	}

	private static void assertSame(Snapshot written, Snapshot listed) {
		assertThat(written.generation()).isEqualTo(listed.generation());
		assertThat(written.index()).isEqualTo(listed.index());
		assertThat(written.size()).isEqualTo(listed.size());
		assertThat(written.createdAt()).isCloseTo(listed.createdAt(), within(CLOCK_TOLERANCE));
	}

	private static <T> List<T> inParallel(int threads, List<Callable<T>> tasks) throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(threads);
		try {
			List<T> results = new ArrayList<>();
			for (Future<T> future : executor.invokeAll(tasks)) {
				results.add(future.get());
			}
			return results;
		}
		finally {
			executor.shutdownNow();
		}
	}

	private static void awaitUninterruptibly(CountDownLatch latch) throws IOException {
		try {
			if (!latch.await(60, TimeUnit.SECONDS)) {
				throw new IOException("the test did not go on");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException(ex);
		}
	}

	protected static byte[] read(InputStream in) throws IOException {
		try (in) {
			return in.readAllBytes();
		}
	}

	protected static byte[] lz4(String content) throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (OutputStream out = Lz4.compress(bytes, content.length())) {
			out.write(content.getBytes(StandardCharsets.UTF_8));
		}
		return bytes.toByteArray();
	}

}
