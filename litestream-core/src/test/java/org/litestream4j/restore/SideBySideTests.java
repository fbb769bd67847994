package org.litestream4j.restore;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import org.litestream4j.RestoreProgress;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectReader;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.StoreCapabilities;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.DelegatingStore;
import org.litestream4j.testing.MemoryStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** Tests for {@link SideBySide}: what is read, and by how many requests. */
@Timeout(180)
class SideBySideTests {

	private static final int SIZE = 700_000;

	private final List<byte[]> contents = new ArrayList<>();

	private final List<StoredObject> objects = new ArrayList<>();

	@ParameterizedTest
	@EnumSource
	void everyObjectIsReadWhole(StoreCapabilities.Reads reads) throws IOException {
		Counted store = store(reads, 7, SIZE);
		readAll(store, 5, 0);
		assertThat(store.open).hasValue(0);
		assertThat(store.requests).hasSize(7);
	}

	/** Of seven the largest, one fewer than may be open at once. */
	@ParameterizedTest
	@CsvSource({ "16, 7", "5, 4", "2, 1", "1, 0" })
	void whatIsLargeForItsMemoryTakesOneRequestAsLongAsFewAreOpen(int parallelism, int through) throws IOException {
		Counted store = store(StoreCapabilities.Reads.STREAMED, 7, SIZE);
		readAll(store, parallelism, 0);
		List<Integer> requests = this.objects.stream()
			.map((object) -> store.requests.getOrDefault(object.name(), new AtomicInteger()).get())
			.toList();
		assertThat(requests.subList(7 - through, 7)).allMatch((count) -> count == 1);
		assertThat(requests.subList(0, 7 - through)).allMatch((count) -> count > 5);
		assertThat(store.mostOpen).hasValueLessThanOrEqualTo(6 * parallelism);
	}

	@Test
	void whatHasMemoryEnoughIsFetchedInPartsAtTheSameTime() throws IOException {
		Counted store = store(StoreCapabilities.Reads.STREAMED, 1, 8 << 20);
		readAll(store, 16, 4 << 20);
		assertThat(store.requests.get("0")).hasValue(8);
	}

	@Test
	void storeThatStreamsNothingIsReadInParts() throws IOException {
		Counted store = store(StoreCapabilities.Reads.PARALLEL, 7, SIZE);
		readAll(store, 16, 0);
		assertThat(store.requests.values()).allMatch((count) -> count.get() > 5);
	}

	@ParameterizedTest
	@CsvSource({ "true", "false" })
	void objectThatEndsEarlyIsAnotherOne(boolean sized) throws IOException {
		Counted store = store(StoreCapabilities.Reads.STREAMED, 1, SIZE);
		StoredObject stored = this.objects.get(0);
		this.objects.set(0, new StoredObject(stored.name(), SIZE + 10, stored.storedAt(), null));
		try (RestoreThreads threads = new RestoreThreads(2);
				SideBySide streams = streams(store, threads, 4, 0, sized, RestoreProgress.NONE)) {
			if (sized) {
				assertThatExceptionOfType(ObjectGoneException.class).isThrownBy(() -> streams.stream(0).readAllBytes())
					.withMessageContaining("was replaced while it was read");
			}
			else {
				assertThat(streams.stream(0).readAllBytes()).isEqualTo(this.contents.get(0));
			}
		}
		assertThat(store.open).hasValue(0);
	}

	@Test
	void closingEndsWhatIsOpenOrIsBeingOpened() throws Exception {
		Counted store = store(StoreCapabilities.Reads.STREAMED, 3, SIZE);
		store.holdsLast = true;
		try (RestoreThreads threads = new RestoreThreads(3)) {
			SideBySide streams = streams(store, threads, 4, 0, true, RestoreProgress.NONE);
			assertThat(streams.stream(0).readNBytes(300_000)).hasSize(300_000);
			assertThat(store.held.await(60, TimeUnit.SECONDS)).isTrue();
			streams.close();
			store.goOn.countDown();
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> streams.stream(2).read());
		}
		assertThat(store.open).hasValue(0);
	}

	@Test
	void cancelledRestoreWaitsForNoAnswer() throws Exception {
		Counted store = store(StoreCapabilities.Reads.STREAMED, 3, SIZE);
		store.holdsLast = true;
		try (RestoreThreads threads = new RestoreThreads(3); RestoreThreads reader = new RestoreThreads(1)) {
			SideBySide streams = streams(store, threads, 4, 0, true, new RestoreProgress() {
				@Override
				public void advanced(long done, long total) {
				}

				@Override
				public boolean isCancelled() {
					return store.held.getCount() == 0;
				}
			});
			Future<Integer> read = reader.submit(() -> streams.stream(2).read());
			assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> read.get(60, TimeUnit.SECONDS))
				.withStackTraceContaining("The restore was cancelled");
			store.goOn.countDown();
			streams.close();
		}
		assertThat(store.open).hasValue(0);
	}

	/** The later ones are larger. */
	private Counted store(StoreCapabilities.Reads reads, int count, int size) throws IOException {
		MemoryStore memory = new MemoryStore(reads);
		for (int i = 0; i < count; i++) {
			byte[] content = new byte[size + i];
			new Random(i).nextBytes(content);
			this.contents.add(content);
			this.objects.add(memory.put(NewObject.named(String.valueOf(i)), (out) -> out.write(content)));
		}
		return new Counted(memory, String.valueOf(count - 1));
	}

	private SideBySide streams(Counted store, RestoreThreads threads, int parallelism, long memory, boolean sized,
			RestoreProgress progress) {
		return new SideBySide(this.objects, memory, store.capabilities(), parallelism,
				new ObjectFetcher(store, new ObjectReader(store), parallelism, sized), threads,
				RestoreMeter.silent(progress, SIZE * 7L));
	}

	private void readAll(Counted store, int parallelism, long memory) throws IOException {
		List<byte[]> read = new ArrayList<>();
		try (RestoreThreads threads = new RestoreThreads(3);
				SideBySide streams = streams(store, threads, parallelism, memory, true, RestoreProgress.NONE)) {
			int[] at = new int[this.objects.size()];
			this.contents.forEach((content) -> read.add(new byte[content.length + 1]));
			int ended = 0;
			while (ended < at.length) {
				ended = 0;
				for (int i = 0; i < at.length; i++) {
					int count = streams.stream(i)
						.read(read.get(i), at[i], Math.min(30_000, read.get(i).length - at[i]));
					at[i] += Math.max(count, 0);
					ended += (count < 0) ? 1 : 0;
				}
			}
			for (int i = 0; i < at.length; i++) {
				assertThat(at[i]).isEqualTo(this.contents.get(i).length);
			}
		}
		for (int i = 0; i < read.size(); i++) {
			assertThat(read.get(i)).startsWith(this.contents.get(i));
		}
		assertThat(store.open).hasValue(0);
	}

	/** Counts what is asked for, and what is open. */
	private static final class Counted extends DelegatingStore {

		private final ConcurrentHashMap<String, AtomicInteger> requests = new ConcurrentHashMap<>();

		private final AtomicInteger open = new AtomicInteger();

		private final AtomicInteger mostOpen = new AtomicInteger();

		private final String last;

		private volatile boolean holdsLast;

		private final CountDownLatch held = new CountDownLatch(1);

		private final CountDownLatch goOn = new CountDownLatch(1);

		Counted(MemoryStore store, String last) {
			super(store);
			this.last = last;
		}

		@Override
		public OpenedObject open(StoredObject object, long from, long to) throws IOException {
			this.requests.computeIfAbsent(object.name(), (name) -> new AtomicInteger()).incrementAndGet();
			if (this.holdsLast && object.name().equals(this.last)) {
				this.held.countDown();
				awaitUninterruptibly();
			}
			OpenedObject opened = super.open(object, from, to);
			int now = this.open.incrementAndGet();
			this.mostOpen.accumulateAndGet(now, Math::max);
			InputStream in = new ByteArrayInputStream(opened.readAllBytes()) {

				private boolean closed;

				@Override
				public void close() {
					if (!this.closed) {
						this.closed = true;
						Counted.this.open.decrementAndGet();
					}
				}
			};
			return new OpenedObject(in, opened.object());
		}

		/** As a connection's thread does, which no interrupt reaches. */
		private void awaitUninterruptibly() {
			boolean interrupted = false;
			while (true) {
				try {
					this.goOn.await();
					break;
				}
				catch (InterruptedException ex) {
					interrupted = true;
				}
			}
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}

	}

}
