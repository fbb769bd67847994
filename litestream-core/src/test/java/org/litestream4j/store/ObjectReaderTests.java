package org.litestream4j.store;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.litestream4j.testing.MemoryStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

@Timeout(180)
class ObjectReaderTests {

	private static final Duration PAUSE = Duration.ofMillis(1);

	private final AtomicLong clock = new AtomicLong();

	private final StallGuard guard = new StallGuard(this.clock::get, null);

	@Test
	void goesOnWhereAConnectionBroke() throws Exception {
		byte[] content = bytes(1 << 20);
		Breaking store = new Breaking(StoreCapabilities.Reads.SEQUENTIAL, 100_000);
		StoredObject object = put(store, content);
		try (InputStream in = reader(store).open(object)) {
			assertThat(in.readAllBytes()).isEqualTo(content);
		}
		assertThat(store.opened).hasValue(11);
	}

	@Test
	void largeObjectIsReadInRangesAtOnceAndEachGoesOnWhereItBroke() throws Exception {
		byte[] content = bytes(9 * ObjectReader.RANGE + 17);
		Breaking store = new Breaking(StoreCapabilities.Reads.PARALLEL, 300_000);
		StoredObject object = put(store, content);
		try (InputStream in = reader(store).open(object)) {
			assertThat(in.readNBytes(1000)).isEqualTo(java.util.Arrays.copyOf(content, 1000));
			in.skipNBytes(5L * ObjectReader.RANGE);
			assertThat(in.readAllBytes())
				.isEqualTo(java.util.Arrays.copyOfRange(content, 5 * ObjectReader.RANGE + 1000, content.length));
		}
	}

	@Test
	void connectionsThatBreakWithHardlyAByteAreGivenUp() throws Exception {
		Breaking store = new Breaking(StoreCapabilities.Reads.SEQUENTIAL, 1000);
		StoredObject object = put(store, bytes(100_000));
		try (InputStream in = reader(store).open(object)) {
			assertThatIOException().isThrownBy(in::readAllBytes)
				.withMessage("reading o of replica memory:test broke off after 5000 of 100000 bytes, 5 times in a row"
						+ " (the connection broke); check the network, and try again");
		}
		assertThat(store.opened).hasValue(ObjectReader.TRIES);
	}

	@Test
	void storeThatNeverAnswersIsGivenUpWithItsOwnWords() throws Exception {
		Breaking store = new Breaking(StoreCapabilities.Reads.SEQUENTIAL, 0);
		StoredObject object = put(store, bytes(10));
		try (InputStream in = reader(store).open(object)) {
			assertThatIOException().isThrownBy(in::readAllBytes).withMessage("the connection broke");
		}
		assertThat(store.opened).hasValue(ObjectReader.TRIES);
	}

	@Test
	void storeOfWhichNothingWasReadIsNotTriedForLong() throws Exception {
		Breaking store = new Breaking(StoreCapabilities.Reads.SEQUENTIAL, 0);
		StoredObject object = put(store, bytes(10));
		ObjectReader reader = reader(store);
		this.clock.addAndGet(ObjectReader.LONGEST_SILENCE.toNanos());
		assertThatIOException().isThrownBy(() -> reader.open(object).readAllBytes());
		assertThat(store.opened).hasValue(1);
	}

	@Test
	void objectThatWasReplacedMeanwhileIsNotGoneOnWith() throws Exception {
		for (boolean tagged : List.of(true, false)) {
			Breaking store = new Breaking(StoreCapabilities.Reads.SEQUENTIAL, 20_000) {
				@Override
				public OpenedObject open(StoredObject object, long from, long to) throws IOException {
					OpenedObject opened = super.open(object, from, to);
					StoredObject now = opened.object();
					return tagged ? opened
							: new OpenedObject(opened, new StoredObject(now.name(), now.size(), now.storedAt(), null));
				}
			};
			StoredObject object = put(store, bytes(100_000));
			try (InputStream in = reader(store).open(object)) {
				in.readNBytes(10_000);
				put(store, bytes(tagged ? 100_000 : 100_001));
				assertThatExceptionOfType(ObjectReplacedException.class).isThrownBy(in::readAllBytes);
			}
		}
	}

	@Test
	void objectThatIsGoneIsNotAskedForAgain() {
		Breaking store = new Breaking(StoreCapabilities.Reads.PARALLEL, 0);
		for (long size : new long[] { 10, 100L << 20 }) {
			StoredObject gone = new StoredObject("gone", size, Instant.EPOCH, null);
			store.opened.set(0);
			assertThatExceptionOfType(NoSuchFileException.class)
				.isThrownBy(() -> reader(store).open(gone).readAllBytes());
			assertThat(store.opened).hasValue(1);
		}
	}

	@Test
	void interruptEndsReading() throws Exception {
		Breaking store = new Breaking(StoreCapabilities.Reads.SEQUENTIAL, 0);
		StoredObject object = put(store, bytes(10));
		try (InputStream in = reader(store).open(object)) {
			Thread.currentThread().interrupt();
			assertThatExceptionOfType(InterruptedIOException.class).isThrownBy(in::readAllBytes);
			assertThat(Thread.interrupted()).isTrue();
		}
	}

	@Test
	void byteNowAndThenIsTooSlow() throws Exception {
		Breaking store = new Breaking(StoreCapabilities.Reads.SEQUENTIAL, Integer.MAX_VALUE) {
			@Override
			void beforeRead() {
				ObjectReaderTests.this.clock.addAndGet(Duration.ofSeconds(7).toNanos());
			}
		};
		StoredObject object = put(store, bytes(100));
		try (InputStream in = reader(store).open(object)) {
			assertThatIOException().isThrownBy(() -> {
				for (int i = 0; i < 100; i++) {
					in.read();
				}
			}).withMessageContaining("the store delivers hardly anything (9 bytes in 63 s)");
		}
	}

	/** What stops in the middle of an object says nothing, and blocks who reads. */
	@Test
	void downloadThatStallsIsReportedWithinTheTimeThatIsStated() throws Exception {
		Stalling store = new Stalling(50_000);
		StoredObject object = put(store, bytes(100_000));
		ExecutorService threads = Executors.newSingleThreadExecutor();
		try (InputStream in = reader(store).open(object)) {
			Future<byte[]> read = threads.submit(in::readAllBytes);
			long stalledAt = this.clock.get();
			while (!read.isDone()) {
				CountDownLatch closed = store.stalled.poll(50, TimeUnit.MILLISECONDS);
				if (closed == null) {
					continue;
				}
				this.guard.check();
				assertThat(closed.getCount()).as("not before its time").isOne();
				this.clock.addAndGet(StallGuard.LONGEST_READ.toNanos());
				this.guard.check();
				assertThat(closed.await(2, TimeUnit.MINUTES)).isTrue();
			}
			assertThatExceptionOfType(java.util.concurrent.ExecutionException.class).isThrownBy(read::get)
				.withMessageContaining("hardly anything");
			assertThat(Duration.ofNanos(this.clock.get() - stalledAt)).isLessThanOrEqualTo(Duration.ofSeconds(90));
		}
		finally {
			threads.shutdownNow();
		}
	}

	private ObjectReader reader(ObjectStore store) {
		return new ObjectReader(store, PAUSE, this.clock::get, this.guard);
	}

	private static StoredObject put(ObjectStore store, byte[] content) throws IOException {
		StoredObject stored = store.put(NewObject.named("o"), (out) -> out.write(content));
		return new StoredObject("o", stored.size(), stored.storedAt(), null);
	}

	private static byte[] bytes(int count) {
		byte[] bytes = new byte[count];
		new Random(count).nextBytes(bytes);
		return bytes;
	}

	/** Each of its connections breaks after some bytes. */
	private static class Breaking extends MemoryStore {

		private final AtomicInteger opened = new AtomicInteger();

		private final int bytes;

		Breaking(StoreCapabilities.Reads reads, int bytes) {
			super(reads);
			this.bytes = bytes;
		}

		void beforeRead() {
		}

		@Override
		public OpenedObject open(StoredObject object, long from, long to) throws IOException {
			this.opened.incrementAndGet();
			OpenedObject whole = super.open(object, from, to);
			return new OpenedObject(new FilterInputStream(whole) {

				private int left = Breaking.this.bytes;

				@Override
				public int read(byte[] target, int offset, int length) throws IOException {
					beforeRead();
					if (this.left == 0) {
						throw new IOException("the connection broke");
					}
					int read = super.read(target, offset, Math.min(length, this.left));
					this.left -= Math.max(read, 0);
					return read;
				}

			}, whole.object());
		}

	}

	/** Delivers so many bytes of an object, and then waits until it is closed. */
	private static final class Stalling extends MemoryStore {

		private final BlockingQueue<CountDownLatch> stalled = new LinkedBlockingQueue<>();

		private final long bytes;

		Stalling(long bytes) {
			this.bytes = bytes;
		}

		@Override
		public OpenedObject open(StoredObject object, long from, long to) throws IOException {
			OpenedObject whole = super.open(object, from, Math.max(from, Math.min(to, this.bytes)));
			CountDownLatch closed = new CountDownLatch(1);
			return new OpenedObject(new FilterInputStream(whole) {

				@Override
				public int read(byte[] target, int offset, int length) throws IOException {
					int read = super.read(target, offset, length);
					if (read >= 0) {
						return read;
					}
					Stalling.this.stalled.add(closed);
					try {
						closed.await();
					}
					catch (InterruptedException ex) {
						throw new IllegalStateException(ex);
					}
					throw new IOException("closed");
				}

				@Override
				public void close() {
					closed.countDown();
				}

			}, whole.object());
		}

	}

}
