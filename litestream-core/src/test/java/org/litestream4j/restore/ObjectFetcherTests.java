package org.litestream4j.restore;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectReader;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.StoreCapabilities;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.DelegatingStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** Tests for {@link ObjectFetcher}. */
class ObjectFetcherTests {

	@TempDir
	private Path directory;

	@ParameterizedTest
	@CsvSource({ "16, 50, 48", "16, 300, 96", "32, 50, 32", "64, 50, 64", "256, 300, 256", "2, 300, 12", "1, 300, 1" })
	void smallObjectsCountForAsLittleAsThereAreConnections(int parallelism, int connections, int small) {
		assertThat(fetcher(parallelism, new Store(connections, 0)).parallelSmall()).isEqualTo(small);
	}

	@Test
	@Timeout(180)
	void asManySmallObjectsAsAllowedAreOpenAtOnce() throws Exception {
		Store store = new Store(50, 48);
		ObjectFetcher fetcher = fetcher(16, store);
		ExecutorService threads = Executors.newFixedThreadPool(48);
		try {
			List<Future<byte[]>> fetched = new ArrayList<>();
			for (int i = 0; i < 48; i++) {
				StoredObject segment = V03Replica
					.object(new WalSegment(new Generation("b8e9afb5e0717645"), 0, i, 1, Instant.EPOCH));
				fetched.add(threads.submit(() -> fetcher.fetch(segment)));
			}
			for (Future<byte[]> one : fetched) {
				assertThat(one.get()).hasSize(1);
			}
		}
		finally {
			threads.shutdownNow();
		}
	}

	@ParameterizedTest
	@CsvSource({ "0, 14, 5", "0, 15, 1", "1, 15, 5" })
	void storeOfWhichNothingWasReadIsNotTriedForLong(int readBefore, int seconds, int tries) throws IOException {
		AtomicLong clock = new AtomicLong();
		Failing store = new Failing(readBefore);
		ObjectFetcher fetcher = new ObjectFetcher(store, new ObjectReader(store, Duration.ofMillis(1), clock::get), 1,
				true);
		StoredObject segment = V03Replica
			.object(new WalSegment(new Generation("b8e9afb5e0717645"), 0, 0, 1, Instant.EPOCH));
		for (int i = 0; i < readBefore; i++) {
			assertThat(fetcher.fetch(segment)).hasSize(1);
		}
		clock.set(Duration.ofSeconds(seconds).toNanos());
		assertThatExceptionOfType(FetchException.class).isThrownBy(() -> fetcher.fetch(segment))
			.withMessageContaining("no answer");
		assertThat(store.failed).isEqualTo(tries);
	}

	private static ObjectFetcher fetcher(int parallelism, Store store) {
		return new ObjectFetcher(store, new ObjectReader(store), parallelism, true);
	}

	/** Stops answering after some requests. */
	private final class Failing extends DelegatingStore {

		private int answers;

		private int failed;

		Failing(int answers) {
			super(new FileStore(ObjectFetcherTests.this.directory, SystemDisk.ownerOnly()));
			this.answers = answers;
		}

		@Override
		public OpenedObject open(StoredObject object, long from, long to) throws IOException {
			if (this.answers-- > 0) {
				return new OpenedObject(new ByteArrayInputStream(new byte[1]), object);
			}
			this.failed++;
			throw new IOException("no answer");
		}

	}

	/** Answers once enough have asked. */
	private final class Store extends DelegatingStore {

		private final int connections;

		private final CountDownLatch asked;

		Store(int connections, int together) {
			super(new FileStore(ObjectFetcherTests.this.directory, SystemDisk.ownerOnly()));
			this.connections = connections;
			this.asked = new CountDownLatch(together);
		}

		@Override
		public StoreCapabilities capabilities() {
			return new StoreCapabilities(this.connections, StoreCapabilities.Metadata.NONE,
					StoreCapabilities.Reads.SEQUENTIAL, StoreCapabilities.Conditions.NONE);
		}

		@Override
		public OpenedObject open(StoredObject object, long from, long to) {
			this.asked.countDown();
			try {
				assertThat(this.asked.await(2, TimeUnit.MINUTES)).isTrue();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
			return new OpenedObject(new ByteArrayInputStream(new byte[1]), object);
		}

	}

}
