package org.litestream4j.store.s3;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.store.ObjectReader;
import org.litestream4j.testsupport.s3.ScriptedStore;
import org.litestream4j.testsupport.s3.ScriptedStore.Answer;
import org.litestream4j.testsupport.s3.ScriptedStore.Script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/** What a store's answers mean. */
class S3AnswersTests {

	private static final Generation GENERATION = new Generation("b8e9afb5e0717645");

	private static final String DIRECTORY = "app/generations/b8e9afb5e0717645/";

	private static final Snapshot SNAPSHOT = new Snapshot(GENERATION, 0, 5, Instant.EPOCH);

	private static final String NO_STORE = "what answers is not an S3 store";

	private static final String HEAD = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			+ "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bucket</Name>";

	/** Every one says that something is odd. */
	static final List<Arguments> noListings = List.of(odd("empty body", Answer.of(200, "")),
			odd("only white space", Answer.of(200, " \r\n\t ")), odd("204", Answer.of(204, "")),
			odd("202 without a body", Answer.of(202, "")), odd("a web page", Answer.html(200, "Welcome to nginx!")),
			odd("a login page in XHTML", Answer.of(200, """
					<?xml version="1.0"?>
					<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://127.0.0.1:1/x.dtd">
					<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Sign in</title></head><body/></html>""")),
			odd("XHTML with what a listing needs",
					Answer.of(200, "<html><Name>b</Name><IsTruncated>false</IsTruncated></html>")),
			odd("a listing in a page",
					Answer.of(200,
							"<html><body>" + HEAD
									+ "<IsTruncated>false</IsTruncated></ListBucketResult></body></html>")),
			odd("plain text", Answer.of(200, "OK")), odd("JSON", Answer.of(200, "{\"IsTruncated\":false}")),
			odd("binary", Answer.of(200, "\u0000\u0001\u0004\"M")),
			odd("an error with 200", Answer.of(200, "<Error><Code>InternalError</Code><Message>m</Message></Error>")),
			odd("the list of buckets",
					Answer.of(200, "<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>")),
			odd("the list of versions",
					Answer.of(200,
							"<ListVersionsResult><Name>b</Name><IsTruncated>false</IsTruncated></ListVersionsResult>")),
			odd("the list of uploads", Answer.of(200,
					"<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>")),
			odd("WebDAV", Answer.of(207, "<D:multistatus xmlns:D=\"DAV:\"></D:multistatus>")),
			odd("a feed", Answer.of(200, "<rss><channel><title>x</title></channel></rss>")),
			odd("Azure's listing", Answer.of(200, "<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>")),
			odd("the root alone", Answer.of(200, "<ListBucketResult/>")),
			odd("no name", Answer.of(200, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")),
			odd("a name only deeper", Answer.of(200,
					"<ListBucketResult><x><Name>b</Name></x><IsTruncated>false</IsTruncated></ListBucketResult>")),
			odd("no IsTruncated", Answer.of(200, HEAD + "</ListBucketResult>")),
			odd("IsTruncated is empty", Answer.of(200, HEAD + "<IsTruncated/></ListBucketResult>")),
			odd("IsTruncated is a word", Answer.of(200, HEAD + "<IsTruncated>maybe</IsTruncated></ListBucketResult>")),
			odd("goes on, but not where", Answer.of(200, HEAD + "<IsTruncated>true</IsTruncated></ListBucketResult>")),
			odd("goes on with an empty token",
					Answer.of(200,
							HEAD + "<IsTruncated>true</IsTruncated><NextContinuationToken/></ListBucketResult>")),
			odd("goes on as the first version does",
					Answer.of(200,
							HEAD + "<IsTruncated>true</IsTruncated><NextMarker>x</NextMarker></ListBucketResult>")),
			odd("goes in a circle",
					listing("<IsTruncated>true</IsTruncated><NextContinuationToken>t" + "</NextContinuationToken>")),
			odd("cut in an element", Answer.of(200, HEAD + "<IsTruncated>false</IsTrunc")),
			odd("cut behind an element", Answer.of(200, HEAD + "<IsTruncated>false</IsTruncated>")),
			odd("two documents", Answer.of(200, HEAD + "<IsTruncated>false</IsTruncated></ListBucketResult><x/>")),
			odd("another prefix", listing("<Prefix>other/</Prefix><IsTruncated>false</IsTruncated>")),
			odd("an object without a key", object("<Size>1</Size><LastModified>2026-11-22T16:00:00Z</LastModified>")),
			odd("an object without a size", object("<Key>" + DIRECTORY
					+ "snapshots/00000000.snapshot.lz4</Key><LastModified>2026-11-22T16:00:00Z</LastModified>")),
			odd("an object without a time",
					object("<Key>" + DIRECTORY + "snapshots/00000000.snapshot.lz4</Key><Size>1</Size>")),
			odd("an object of a negative size", object("<Key>" + DIRECTORY
					+ "snapshots/00000000.snapshot.lz4</Key><Size>-1</Size><LastModified>2026-11-22T16:00:00Z</LastModified>")),
			odd("an object of a size that is no number", object("<Key>" + DIRECTORY
					+ "snapshots/00000000.snapshot.lz4</Key><Size>many</Size><LastModified>2026-11-22T16:00:00Z</LastModified>")),
			odd("an object of a size beyond every number", object("<Key>" + DIRECTORY
					+ "snapshots/00000000.snapshot.lz4</Key><Size>99999999999999999999</Size><LastModified>2026-11-22T16:00:00Z</LastModified>")),
			odd("an object of a time that is none", object("<Key>" + DIRECTORY
					+ "snapshots/00000000.snapshot.lz4</Key><Size>1</Size><LastModified>yesterday</LastModified>")),
			odd("nested 100,000 deep",
					listing("<IsTruncated>false</IsTruncated>" + "<a>".repeat(100_000) + "</a>".repeat(100_000))),
			odd("1,000,000 elements", listing("<IsTruncated>false</IsTruncated>" + "<a/>".repeat(1_000_000))),
			odd("10 MB", listing("<IsTruncated>false</IsTruncated>" + "<a>" + "x".repeat(10 << 20) + "</a>")),
			odd("an entity that grows", Answer.of(200, """
					<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
					<ListBucketResult><Name>&b;</Name><IsTruncated>false</IsTruncated></ListBucketResult>""")),
			odd("an entity from a file", Answer.of(200, """
					<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>
					<ListBucketResult><Name>&a;</Name><IsTruncated>false</IsTruncated></ListBucketResult>""")));

	private static Arguments odd(String name, Answer answer) {
		return Arguments.of(Named.of(name, answer));
	}

	private static Answer listing(String content) {
		return Answer.of(200, HEAD + content + "</ListBucketResult>");
	}

	private static Answer object(String content) {
		return listing("<IsTruncated>false</IsTruncated><Contents>" + content + "</Contents>");
	}

	@ParameterizedTest
	@FieldSource("noListings")
	void nothingButAListingIsAListing(Answer answer) {
		try (ScriptedStore store = new ScriptedStore(answer); V03Replica client = Scripted.replica(store)) {
			assertOdd(client, answer);
		}
	}

	/** The application's own client is asked through the SDK's interface alone. */
	@ParameterizedTest
	@FieldSource("noListings")
	void nothingButAListingIsAListingThroughTheApplicationsClient(Answer answer) {
		try (ScriptedStore store = new ScriptedStore(answer);
				S3Client application = application(store);
				V03Replica client = new V03Replica(
						new S3Store(application, false, S3Location.of("bucket", "app"), S3ReplicaOptions.DEFAULTS))) {
			assertOdd(client, answer);
		}
	}

	private static S3Client application(ScriptedStore store) {
		return S3Client.builder()
			.region(Region.EU_NORTH_1)
			.endpointOverride(store.endpoint())
			.forcePathStyle(true)
			.credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")))
			.build();
	}

	private static void assertOdd(V03Replica client, Answer answer) {
		assertThat(failure(() -> client.snapshots(GENERATION))).hasMessageContaining(NO_STORE)
			.hasMessageStartingWith("cannot list generations/b8e9afb5e0717645/snapshots of replica s3://bucket/app: ");
		if (!answer.body().contains("<Contents>")) {
			assertThat(failure(client::generationsAgain)).hasMessageContaining(NO_STORE);
		}
	}

	@Test
	void commonPrefixWithoutAPrefixIsNoListing() {
		try (ScriptedStore store = new ScriptedStore(
				listing("<IsTruncated>false</IsTruncated><CommonPrefixes></CommonPrefixes>"));
				V03Replica client = Scripted.replica(store)) {
			assertThat(failure(client::generations)).hasMessageContaining(NO_STORE);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "<Prefix>%s</Prefix><KeyCount>1</KeyCount>", "<Prefix/>", "" })
	void listingIsAListingWhateverElseTheStoreSays(String more) throws IOException {
		String directory = DIRECTORY + "snapshots/";
		Answer answer = listing(more.formatted(directory)
				+ "<IsTruncated>False</IsTruncated><Contents><Key>%s00000001.snapshot.lz4</Key>".formatted(directory)
				+ "<Size>7</Size><LastModified>2026-11-22T16:00:00.000Z</LastModified><Owner><ID>1</ID></Owner></Contents>");
		try (ScriptedStore store = new ScriptedStore(answer); V03Replica client = Scripted.replica(store)) {
			assertThat(client.snapshots(GENERATION))
				.containsExactly(new Snapshot(GENERATION, 1, 7, Instant.parse("2026-11-22T16:00:00Z")));
		}
	}

	@Test
	void fullPageOfLongKeysIsAListing() throws IOException {
		String directory = DIRECTORY + "wal/";
		String objects = IntStream.range(0, 1000)
			.mapToObj((i) -> "<Contents><Key>%s%s</Key><Size>1</Size>".formatted(directory, "%C3%BC".repeat(480) + i)
					+ "<LastModified>2026-11-22T16:00:00Z</LastModified><ETag>x</ETag><StorageClass>STANDARD</StorageClass>"
					+ "<Owner><ID>1</ID><DisplayName>d</DisplayName></Owner></Contents>")
			.collect(Collectors.joining());
		Answer answer = listing("<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>" + objects);
		try (ScriptedStore store = new ScriptedStore(answer); V03Replica client = Scripted.replica(store)) {
			assertThat(client.walSegments(GENERATION)).isEmpty();
		}
	}

	@Test
	void pagesWithoutEndAreNoListing() {
		int[] page = { 0 };
		Script endless = (request,
				out) -> listing("<IsTruncated>true</IsTruncated><NextContinuationToken>%d".formatted(page[0]++)
						+ "</NextContinuationToken>")
					.answer(request, out);
		try (ScriptedStore store = new ScriptedStore(endless); V03Replica client = Scripted.replica(store)) {
			assertThat(failure(() -> client.walSegments(GENERATION))).hasMessageContaining("have no end");
		}
	}

	@Test
	void askingAgainTakesAnotherConnection() throws IOException {
		try (ScriptedStore store = new ScriptedStore(listing("<IsTruncated>false</IsTruncated>"));
				V03Replica client = Scripted.replica(store)) {
			assertThat(client.generations()).isEmpty();
			assertThat(client.generationsAgain()).isEmpty();
			assertThat(store.asked()).extracting(ScriptedStore.Asked::connection).containsExactly(1, 1, 2);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "OK", "<html><body>Hello</body></html>", "{\"deleted\":[]}", "<DeleteResult>",
			"<Error><Code>InternalError</Code><Message>m</Message></Error>",
			"<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>" })
	void deletionThatIsAnsweredWithoutItsResultHasFailed(String body) {
		try (ScriptedStore store = new ScriptedStore(Answer.of(200, body));
				V03Replica client = Scripted.replica(store)) {
			assertThat(failure(() -> client.deleteSnapshots(List.of(new Snapshot(GENERATION, 0, 1, Instant.EPOCH)))))
				.hasMessageStartingWith("cannot delete generations/")
				.hasMessageContaining(NO_STORE);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "<DeleteResult/>",
			"<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></DeleteResult>",
			"<DeleteResult><Deleted><Key>k</Key></Deleted></DeleteResult>",
			"<DeleteResult><Error><Key>k</Key><Code>NoSuchKey</Code></Error></DeleteResult>" })
	void deletionThatIsAnsweredWithItsResultHasSucceeded(String body) throws IOException {
		try (ScriptedStore store = new ScriptedStore(Answer.of(200, body));
				V03Replica client = Scripted.replica(store)) {
			client.deleteSnapshots(List.of(new Snapshot(GENERATION, 0, 1, Instant.EPOCH)));
			assertThat(store.asked()).hasSize(1);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "<html><body>Hello</body></html>" })
	void uploadThatIsAnsweredWithoutAnETagHasFailed(String body) {
		try (ScriptedStore store = new ScriptedStore(Answer.of(200, body));
				V03Replica client = Scripted.replica(store)) {
			assertThat(failure(() -> client.writeWalSegment(new WalPosition(GENERATION, 0, 0), Instant.EPOCH,
					(out) -> out.write(1))))
				.hasMessageContaining(NO_STORE)
				.hasMessageContaining("a success without an ETag");
			assertThat(failure(
					() -> client.writeSnapshot(GENERATION, 0, Instant.EPOCH, (out) -> out.write(new byte[9 << 20]))))
				.hasMessageContaining(NO_STORE)
				.hasMessageContaining("a success without an upload id");
		}
	}

	@Test
	void completionWithoutAnETagHasFailed() {
		Script script = (request, out) -> {
			String body = request.target().endsWith("?uploads")
					? "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>" : "";
			new Answer(200, request.target().contains("partNumber") ? Map.of("ETag", "\"x\"") : Map.of(), body)
				.answer(request, out);
		};
		try (ScriptedStore store = new ScriptedStore(script); V03Replica client = Scripted.replica(store)) {
			assertThat(failure(
					() -> client.writeSnapshot(GENERATION, 0, Instant.EPOCH, (out) -> out.write(new byte[9 << 20]))))
				.hasMessageContaining("a success without an ETag");
			assertThat(store.asked()).last().extracting(ScriptedStore.Asked::method).isEqualTo("DELETE");
		}
	}

	@Test
	void completionAnsweredWithDeepXmlIsAnError() {
		Script script = (request, out) -> Answer.of(200, "<a>".repeat(200_000) + "</a>".repeat(200_000))
			.answer(request, out);
		try (ScriptedStore store = new ScriptedStore(script); V03Replica client = Scripted.replica(store)) {
			assertThat(failure(
					() -> client.writeSnapshot(GENERATION, 0, Instant.EPOCH, (out) -> out.write(new byte[9 << 20]))))
				.hasMessageContaining(NO_STORE);
		}
	}

	@Test
	void objectOfUnsaidLengthIsRead() throws IOException {
		Script script = (request, out) -> out
			.write("HTTP/1.1 200 OK\r\nETag: \"x\"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
				.getBytes(StandardCharsets.US_ASCII));
		try (ScriptedStore store = new ScriptedStore(script); V03Replica client = Scripted.replica(store)) {
			assertThat(client.openSnapshot(SNAPSHOT)).hasContent("hello");
		}
	}

	@Test
	void rangeOfAnObjectOfUnsaidLengthIsRead() throws IOException {
		try (ScriptedStore store = new ScriptedStore(ranges("bytes %d-%d/*"));
				V03Replica client = Scripted.replica(store)) {
			long size = 3L * ObjectReader.RANGE;
			assertThat(client.openSnapshot(new Snapshot(GENERATION, 0, size, Instant.EPOCH)).readAllBytes())
				.hasSize((int) size);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "bytes 7-%2$d/9999999", "none", "bytes 0-x/*", "bytes */100" })
	void otherRangeThanTheOneAskedForIsNotTaken(String contentRange) {
		try (ScriptedStore store = new ScriptedStore(ranges(contentRange));
				V03Replica client = Scripted.replica(store)) {
			long size = 3L * ObjectReader.RANGE;
			assertThat(failure(() -> client.openSnapshot(new Snapshot(GENERATION, 0, size, Instant.EPOCH))))
				.hasMessageContaining(NO_STORE);
		}
	}

	private static Script ranges(String contentRange) {
		return (request, out) -> {
			String[] range = request.headers().getOrDefault("range", "").substring("bytes=".length()).split("-");
			long from = Long.parseLong(range[0]);
			long to = Long.parseLong(range[1]);
			new Answer(206, Map.of("ETag", "\"x\"", "Content-Range", contentRange.formatted(from, to)),
					"x".repeat((int) (to - from + 1)))
				.answer(request, out);
		};
	}

	@ParameterizedTest
	@ValueSource(strings = { "<html><title>Login</title></html>", "" })
	void pageInPlaceOfAnObjectIsNotTaken(String body) {
		try (ScriptedStore store = new ScriptedStore(Answer.of(200, body));
				V03Replica client = Scripted.replica(store)) {
			WalSegment segment = new WalSegment(GENERATION, 0, 0, 5, Instant.EPOCH);
			assertThat(failure(() -> client.openWalSegment(segment))).hasMessageContaining(NO_STORE)
				.hasMessageContaining("an object without an ETag");
		}
	}

	@Test
	void pageThatSaysNotFoundIsNoMissingObject() {
		try (ScriptedStore store = new ScriptedStore(Answer.html(404, "404 Not Found"));
				V03Replica client = Scripted.replica(store)) {
			assertThat(failure(() -> client.openSnapshot(SNAPSHOT))).isNotInstanceOf(NoSuchFileException.class)
				.hasMessageContaining(NO_STORE)
				.hasMessageContaining("it says: a web page '404 Not Found'")
				.hasMessageContaining("HTTP 404");
		}
	}

	private static IOException failure(ThrowingCallable call) {
		Throwable failure = catchThrowable(call);
		assertThat(failure).isInstanceOf(IOException.class);
		assertThat(failure.getMessage()).doesNotContain("\n").hasSizeLessThan(1200);
		return (IOException) failure;
	}

	@Test
	void tableIsLong() {
		assertThat(Stream.of(noListings.toArray())).hasSizeGreaterThanOrEqualTo(30);
	}

}
