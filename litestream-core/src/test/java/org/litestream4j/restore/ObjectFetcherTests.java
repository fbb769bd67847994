package org.litestream4j.restore;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
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

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalSegment;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.replica.FileReplicaClient;
import org.litestream4j.testing.DelegatingReplicaClient;

import static org.assertj.core.api.Assertions.assertThat;

/** Tests for {@link ObjectFetcher}. */
class ObjectFetcherTests {

	@TempDir
	private Path folder;

	@ParameterizedTest
	@CsvSource({ "16, 50, 48", "16, 300, 96", "32, 50, 32", "64, 50, 64", "256, 300, 256", "2, 300, 12", "1, 300, 1" })
	void smallObjectsCountForAsLittleAsThereAreConnections(int parallelism, int connections, int small) {
		assertThat(fetcher(parallelism, new Store(connections, 0)).parallelSmall()).isEqualTo(small);
	}

	@Test
	@Timeout(30)
	void asManySmallObjectsAsAllowedAreOpenAtOnce() throws Exception {
		Store store = new Store(50, 48);
		ObjectFetcher fetcher = fetcher(16, store);
		ExecutorService threads = Executors.newFixedThreadPool(48);
		try {
			List<Future<byte[]>> fetched = new ArrayList<>();
			for (int i = 0; i < 48; i++) {
				WalSegment segment = new WalSegment(new Generation("b8e9afb5e0717645"), 0, i, 1, Instant.EPOCH);
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

	private static ObjectFetcher fetcher(int parallelism, Store store) {
		return new ObjectFetcher(store, parallelism, Duration.ofMillis(1), true);
	}

	/** Answers once enough have asked. */
	private final class Store extends DelegatingReplicaClient {

		private final int connections;

		private final CountDownLatch asked;

		Store(int connections, int together) {
			super(new FileReplicaClient(ObjectFetcherTests.this.folder, SystemDisk.ownerOnly()));
			this.connections = connections;
			this.asked = new CountDownLatch(together);
		}

		@Override
		public int concurrentReads() {
			return this.connections;
		}

		@Override
		public InputStream openWalSegment(WalSegment segment) {
			this.asked.countDown();
			try {
				assertThat(this.asked.await(20, TimeUnit.SECONDS)).isTrue();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
			return new ByteArrayInputStream(new byte[1]);
		}

	}

}
