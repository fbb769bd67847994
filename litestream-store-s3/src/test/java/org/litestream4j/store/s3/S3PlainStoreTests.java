package org.litestream4j.store.s3;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.store.ObjectStore.Depth;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testsupport.s3.ScriptedStore;
import org.litestream4j.testsupport.s3.ScriptedStore.Answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** Tests for {@link S3PlainStore}: what it does itself, and what it leaves to the SDK. */
class S3PlainStoreTests {

	private static final String OURS = "litestream-spring-boot-starter";

	private static final Map<String, String> TAG = Map.of("ETag", "\"tag\"");

	private static final StoredObject OBJECT = new StoredObject("ltx/0000/a", 5, Instant.EPOCH, "\"tag\"");

	private volatile ScriptedStore.Script script = new Answer(200, TAG, "hello");

	private final ScriptedStore server = new ScriptedStore((asked, out) -> this.script.answer(asked, out));

	private final AtomicInteger made = new AtomicInteger();

	private final S3PlainStore store = newStore(this.server.endpoint());

	private S3PlainStore newStore(URI endpoint) {
		return newStore(endpoint, S3Calls.LIMIT);
	}

	private S3PlainStore newStore(URI endpoint, Duration limit) {
		S3Connection connection = new S3Connection(endpoint, "us-east-1", true, "key", "secret");
		S3Location location = S3Location.of("bucket", "app");
		return new S3PlainStore(S3PlainConnection.of(connection, (name) -> null, (name) -> null).orElseThrow(),
				location, S3Terms.STARTER, () -> {
					this.made.incrementAndGet();
					return new S3Store(S3Clients.create(connection, null), true, location, S3ReplicaOptions.DEFAULTS);
				}, limit);
	}

	@AfterEach
	void close() {
		this.store.close();
		this.server.close();
	}

	private static String listing(String inside) {
		return "<ListBucketResult><Name>bucket</Name>%s</ListBucketResult>".formatted(inside);
	}

	private static String object(String key) {
		return "<Contents><Key>%s</Key><LastModified>2026-01-02T03:04:05Z</LastModified><ETag>x</ETag><Size>5</Size></Contents>"
			.formatted(key);
	}

	private List<String> list() throws IOException {
		List<String> names = new ArrayList<>();
		this.store.list("ltx", Depth.DIRECTORY, (object) -> names.add(object.name()));
		return names;
	}

	private String read(long from, long to) throws IOException {
		return new String(this.store.open(OBJECT, from, to).readAllBytes(), StandardCharsets.UTF_8);
	}

	private List<String> agents() {
		return this.server.asked().stream().map((asked) -> asked.headers().getOrDefault("user-agent", "")).toList();
	}

	@Test
	void readingNeedsNoSdk() throws IOException {
		assertThat(read(0, StoredObject.END)).isEqualTo("hello");
		this.script = new Answer(206, Map.of("ETag", "\"tag\"", "Content-Range", "bytes 1-3/5"), "ell");
		assertThat(read(1, 4)).isEqualTo("ell");
		this.script = Answer.of(200, listing("<IsTruncated>false</IsTruncated>" + object("app/ltx/a")
				+ object("app/ltx/.hidden") + object("app/ltx/") + object("other")));
		assertThat(list()).containsExactly("ltx/a");
		this.script = Answer.of(200,
				listing("<IsTruncated>false</IsTruncated><CommonPrefixes><Prefix>app/ltx/</Prefix></CommonPrefixes>"));
		assertThat(this.store.directories("")).containsExactly("ltx");
		assertThat(this.made).hasValue(0);
		assertThat(agents()).hasSize(4).containsOnly(OURS);
		assertThat(this.server.asked()).allMatch((asked) -> asked.connection() == 1);
		assertThat(this.server.asked().get(1).headers()).containsEntry("range", "bytes=1-3")
			.containsEntry("if-match", "\"tag\"");
	}

	@Test
	void answerInChunksIsRead() throws IOException {
		this.script = (asked, out) -> out.write(chunked(rest()));
		assertThat(list()).containsExactly("ltx/a");
		assertThat(list()).containsExactly("ltx/a");
		assertThat(this.made).hasValue(0);
		assertThat(this.server.asked()).hasSize(2).allMatch((asked) -> asked.connection() == 1);
	}

	private static byte[] chunked(String rest) {
		List<String> lines = List.of("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", "a;x=y", "<ListBucke",
				Integer.toHexString(rest.length()), rest, "0", "Trailer: x", "", "");
		return String.join("\r\n", lines).getBytes(StandardCharsets.UTF_8);
	}

	private static String rest() {
		return listing("<IsTruncated>false</IsTruncated>" + object("app/ltx/a")).substring(10);
	}

	@Test
	void connectionThatWasClosedMeanwhileIsMadeAnew() throws IOException {
		this.script = (asked, out) -> {
			new Answer(200, TAG, "hello").answer(asked, out);
			throw new IOException("closed");
		};
		assertThat(read(0, StoredObject.END)).isEqualTo("hello");
		assertThat(read(0, StoredObject.END)).isEqualTo("hello");
		assertThat(this.made).hasValue(0);
		assertThat(this.server.asked()).extracting(ScriptedStore.Asked::connection).containsExactly(1, 2);
	}

	@Test
	void streamThatIsClosedBeforeItsEndDropsTheConnection() throws IOException {
		this.store.open(OBJECT, 0, StoredObject.END).close();
		assertThat(read(0, StoredObject.END)).isEqualTo("hello");
		assertThat(this.server.asked()).extracting(ScriptedStore.Asked::connection).containsExactly(1, 2);
	}

	@Test
	void answerThatBreaksOffIsNotTakenForAWholeOne() {
		this.script = (asked, out) -> {
			out.write("HTTP/1.1 200 OK\r\nETag: x\r\nContent-Length: 5\r\n\r\nhel".getBytes(StandardCharsets.UTF_8));
			out.flush();
			throw new IOException("broken off");
		};
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> read(0, StoredObject.END))
			.withMessageContaining("broke off");
	}

	@ParameterizedTest
	@ValueSource(strings = { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
			"HTTP/1.1 200 OK\r\nETag: x\r\n\r\nhello", "HTTP/1.0 200 OK\r\nETag: x\r\nContent-Length: 5\r\n\r\nhello",
			"HTTP/1.1 200 OK\r\nETag: x\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
			"HTTP/1.1 206 OK\r\nETag: x\r\nContent-Length: 5\r\n\r\nhello",
			"HTTP/1.1 500 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 403 OK\r\nContent-Length: 0\r\n\r\n",
			"HTTP/1.1 307 OK\r\nLocation: x\r\nContent-Length: 0\r\n\r\n", "220 smtp\r\n" })
	void anyOtherAnswerIsLeftToTheSdkAndSoIsAllFromThenOn(String answer) throws IOException {
		this.script = (asked, out) -> {
			if (OURS.equals(asked.headers().get("user-agent"))) {
				out.write(answer.getBytes(StandardCharsets.UTF_8));
			}
			else {
				new Answer(200, TAG, "hello").answer(asked, out);
			}
		};
		assertThat(read(0, StoredObject.END)).isEqualTo("hello");
		assertThat(this.made).hasValue(1);
		int before = this.server.asked().size();
		this.script = Answer.of(200, listing("<IsTruncated>false</IsTruncated>"));
		assertThat(list()).isEmpty();
		assertThat(agents().subList(before, before + 1)).doesNotContain(OURS);
		assertThat(this.made).hasValue(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "bytes 0-3/5", "bytes 1-2/5", "bytes 1-4/5", "bytes 1-3/*", "" })
	void anyOtherRangeIsLeftToTheSdk(String range) {
		this.script = new Answer(206, Map.of("ETag", "\"tag\"", "Content-Range", range), "ell");
		try {
			read(1, 4);
		}
		catch (IOException ex) {
			// what the SDK makes of it
		}
		assertThat(this.made).hasValue(1);
	}

	@Test
	void storeThatDoesNotAnswerIsGivenUpAsTheSdkGivesItUp() {
		this.script = (asked, out) -> new CountDownLatch(1).await();
		expectSilence();
	}

	@Test
	void storeThatAnswersByteByByteIsGivenUp() {
		this.script = (asked, out) -> {
			out.write("HTTP/1.1 200 OK\r\nX: ".getBytes(StandardCharsets.UTF_8));
			while (true) {
				out.write('x');
				out.flush();
				Thread.sleep(20);
			}
		};
		expectSilence();
	}

	private void expectSilence() {
		try (S3PlainStore other = newStore(this.server.endpoint(), Duration.ofMillis(600))) {
			assertThatExceptionOfType(IOException.class)
				.isThrownBy(() -> other.list("ltx", Depth.TREE, (object) -> true))
				.withMessage(
						"cannot list ltx of replica s3://bucket/app: the endpoint does not answer in time; check the network and the store");
			assertThat(this.made).hasValue(0);
			assertThat(this.server.asked()).hasSize(2);
		}
	}

	@Test
	void goneObjectIsExplainedByTheSdk() {
		this.script = Answer.of(404, "<Error><Code>NoSuchKey</Code></Error>");
		assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> read(0, StoredObject.END));
	}

	@Test
	void listingThatFailsInTheMiddleIsContinuedByTheSdkWithoutSeeingAnythingTwice() throws IOException {
		this.script = (asked, out) -> {
			boolean second = asked.target().contains("continuation-token=more");
			if (second && OURS.equals(asked.headers().get("user-agent"))) {
				Answer.of(503, "").answer(asked, out);
			}
			else if (second) {
				Answer.of(200, listing("<IsTruncated>false</IsTruncated>" + object("app/ltx/b"))).answer(asked, out);
			}
			else {
				Answer
					.of(200, listing(
							"<IsTruncated>true</IsTruncated><NextContinuationToken>more</NextContinuationToken>"
									+ object("app/ltx/a")))
					.answer(asked, out);
			}
		};
		assertThat(list()).containsExactly("ltx/a", "ltx/b");
		assertThat(this.made).hasValue(1);
	}

	@Test
	void visitorsFailureIsItsOwn() {
		this.script = Answer.of(200, listing("<IsTruncated>false</IsTruncated>" + object("app/ltx/a")));
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> this.store.list("ltx", Depth.TREE, (object) -> {
			throw new IOException("enough");
		})).withMessage("enough");
		assertThat(this.made).hasValue(0);
	}

	@Test
	void askingAboutAnObjectNeedsNoSdk() throws IOException {
		this.script = new Answer(200, Map.of("ETag", "\"tag\"", "Last-Modified", "Fri, 02 Jan 2026 03:04:05 GMT",
				"X-Amz-Meta-Litestream-Run", "aa", "X-Other", "b"), "hello");
		assertThat(this.store.stat("a"))
			.contains(new StoredObject("a", 5, Instant.parse("2026-01-02T03:04:05Z"), "\"tag\""));
		assertThat(this.store.metadata("a")).containsOnly(Map.entry("litestream-run", "aa"));
		this.script = Answer.of(404, "");
		assertThat(this.store.stat("a")).isEmpty();
		assertThat(this.made).hasValue(0);
		assertThat(this.server.asked()).hasSize(3)
			.allMatch((asked) -> asked.method().equals("HEAD"))
			.allMatch((asked) -> asked.connection() == 1);
		assertThat(agents()).containsOnly(OURS);
	}

	@Test
	void metadataOfAnObjectThatIsGoneIsExplainedByTheSdk() {
		this.script = Answer.of(404, "");
		assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> this.store.metadata("a"));
		assertThat(this.made).hasValue(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "ETag: x", "Last-Modified: Fri, 02 Jan 2026 03:04:05 GMT",
			"ETag: x\r\nLast-Modified: yesterday", "ETag: x\r\nContent-Encoding: gzip" })
	void answerThatDoesNotSayAllOfAnObjectIsLeftToTheSdk(String headers) throws IOException {
		this.script = (asked, out) -> {
			if (OURS.equals(asked.headers().get("user-agent"))) {
				out.write("HTTP/1.1 200 OK\r\n%s\r\nContent-Length: 5\r\n\r\n".formatted(headers)
					.getBytes(StandardCharsets.UTF_8));
			}
			else {
				new Answer(200, TAG, "hello").answer(asked, out);
			}
		};
		assertThat(this.store.stat("a")).get().extracting(StoredObject::tag).isEqualTo("\"tag\"");
		assertThat(this.made).hasValue(1);
	}

	@Test
	void metadataOfAnotherAlphabetIsLeftToTheSdk() throws IOException {
		this.script = new Answer(200, Map.of("ETag", "x", "x-amz-meta-a", "\u00fc"), "");
		this.store.metadata("a");
		assertThat(this.made).hasValue(1);
	}

	@Test
	void whatIsNoReadingIsDoneByTheSdk() throws IOException {
		this.store.discardUnfinished("a", (name) -> true);
		assertThat(this.made).hasValue(1);
		assertThat(agents()).isNotEmpty().doesNotContain(OURS);
	}

	@Test
	void keysAreSentAsTheSdkSendsThem() throws IOException {
		StoredObject odd = new StoredObject("a b/ü+~*'(c)/x=1&y/$", 5, Instant.EPOCH, null);
		try (S3PlainStore other = newStore(this.server.endpoint())) {
			other.open(odd, 0, StoredObject.END).readAllBytes();
			assertThat(this.made).hasValue(0);
			other.discardUnfinished("a", (name) -> true);
			other.open(odd, 0, StoredObject.END).readAllBytes();
		}
		List<String> targets = this.server.asked()
			.stream()
			.map(ScriptedStore.Asked::target)
			.filter((target) -> target.startsWith("/bucket/app/"))
			.toList();
		assertThat(targets).hasSize(2).containsOnly("/bucket/app/a%20b/%C3%BC%2B~%2A%27%28c%29/x%3D1%26y/%24");
	}

	@Test
	void closingNeedsNoSdk() {
		newStore(URI.create("http://127.0.0.1:1")).close();
		assertThat(this.made).hasValue(0);
	}

}
