package org.litestream4j.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testsupport.s3.ScriptedStore;
import org.litestream4j.testsupport.s3.ScriptedStore.Answer;
import org.litestream4j.testsupport.s3.ScriptedStore.Script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

@Timeout(180)
class S3ObjectStreamTests {

	private static final StoredObject OBJECT = new StoredObject("d/a", -1, Instant.EPOCH, null);

	private static final String BEGINNING = "HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: 100000\r\n\r\nhello";

	/**
	 * Of a whole object, and of a part of it, which go different ways.
	 * @param from of what is read: only the SDK asks for a part
	 */
	@ParameterizedTest
	@ValueSource(longs = { 0, 1 })
	void closingEndsAReadThatWaits(long from) throws Exception {
		CountDownLatch end = new CountDownLatch(1);
		ExecutorService executor = Executors.newSingleThreadExecutor();
		try (ScriptedStore server = new ScriptedStore(hanging(end)); ObjectStore store = Scripted.store(server)) {
			// The first one teaches the client where it may read by itself
			store.open(OBJECT, 0, StoredObject.END).close();
			for (int i = 0; i < 20; i++) {
				InputStream in = store.open(OBJECT, from, StoredObject.END);
				assertThat(in.readNBytes(5 - (int) from)).asString().endsWith("ello");
				Future<Integer> read = executor.submit(() -> in.read());
				in.close();
				assertThatExceptionOfType(ExecutionException.class).isThrownBy(read::get)
					.havingCause()
					.isInstanceOf(IOException.class)
					.withMessage("d/a of replica s3://bucket/app is not read to its end: the stream is closed");
			}
		}
		finally {
			end.countDown();
			executor.shutdownNow();
		}
	}

	private static Script hanging(CountDownLatch end) {
		return (request, out) -> {
			out.write(BEGINNING.getBytes(StandardCharsets.US_ASCII));
			out.flush();
			end.await();
		};
	}

	@Test
	void closedStreamIsNotReadOnFromWhatHadArrived() throws IOException {
		try (ScriptedStore server = new ScriptedStore(new Answer(200, Map.of("ETag", "\"x\""), "hello"));
				ObjectStore store = Scripted.store(server)) {
			InputStream in = store.open(OBJECT, 0, StoredObject.END);
			assertThat(in.read()).isEqualTo('h');
			in.close();
			assertThatIOException().isThrownBy(in::read).withMessageEndingWith("the stream is closed");
			in.close();
		}
	}

}
