package org.litestream4j.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.testsupport.s3.Fault;
import org.litestream4j.testsupport.s3.Faults;
import org.litestream4j.testsupport.s3.S3Operation;
import org.litestream4j.testsupport.s3.S3TestServer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/** Each way in which a store can fail, and what a user reads then. */
class S3FaultIT extends S3ServerTest {

	private static final String SECRET = "another/planted/secret";

	private static final S3ReplicaOptions SMALL_PARTS = new S3ReplicaOptions(null, null, null, null, Map.of(), 5 << 20);

	private static final Snapshot SNAPSHOT = new Snapshot(GENERATION, 0, 1, COMMITTED_AT);

	@Test
	void wrongSecretSaysSo() {
		S3Connection wrong = new S3Connection(server.endpoint(), null, null, S3TestServer.ACCESS_KEY_ID, SECRET);
		assertFailure(wrong, "the secret access key does not belong to the access key id; correct the credentials");
	}

	@Test
	void unknownAccessKeySaysSo() {
		S3Connection wrong = new S3Connection(server.endpoint(), null, null, "AKIAUNKNOWNUNKNOWN12", SECRET);
		assertFailure(wrong, "the store does not know the access key id; correct the credentials");
	}

	private void assertFailure(S3Connection connection, String sentence) {
		try (V03Replica client = this.fixture.open(S3Clients.create(connection, null), S3ReplicaOptions.DEFAULTS)) {
			IOException list = failure(() -> client.generations());
			assertThat(list).hasMessageContaining(sentence)
				.hasMessageContaining("cannot list generations of replica s3://" + this.fixture.bucket() + "/app");
			assertThat(failure(() -> client.openSnapshot(SNAPSHOT))).hasMessageContaining(sentence);
			assertThat(failure(() -> client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(1))))
				.hasMessageContaining(sentence);
			assertThat(failure(() -> client.deleteSnapshots(List.of(SNAPSHOT)))).hasMessageContaining(sentence);
			assertThat(stackTrace(list)).doesNotContain(SECRET, "AKIAUNKNOWNUNKNOWN12", S3TestServer.ACCESS_KEY_ID);
		}
	}

	@Test
	void missingBucketSaysSo() {
		S3Location nowhere = S3Location.of("no-such-bucket", "app");
		try (V03Replica client = new V03Replica(
				new S3Store(this.fixture.client(), true, nowhere, S3ReplicaOptions.DEFAULTS))) {
			String sentence = "bucket 'no-such-bucket' does not exist there; create it, or correct the replica's url";
			assertThat(failure(() -> client.generations())).hasMessageContaining(sentence);
			assertThat(failure(() -> client.openSnapshot(SNAPSHOT))).hasMessageContaining(sentence)
				.isNotInstanceOf(NoSuchFileException.class);
			assertThat(failure(() -> client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(1))))
				.hasMessageContaining(sentence);
		}
	}

	@ParameterizedTest
	@CsvSource({ "LIST, s3:ListBucket, ''", "GET, s3:GetObject, /app/*", "PUT, s3:PutObject, /app/*",
			"DELETE_BATCH, s3:DeleteObject, /app/*", "CREATE_UPLOAD, s3:PutObject, /app/*",
			"UPLOAD_PART, s3:PutObject, /app/*", "COMPLETE_UPLOAD, s3:PutObject, /app/*" })
	void deniedOperationNamesThePermission(S3Operation denied, String permission, String resource) throws IOException {
		try (V03Replica client = this.fixture.open(SMALL_PARTS)) {
			Snapshot snapshot = client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(1));
			server.faults().deny(denied);
			ThrowingCallable call = switch (denied) {
				case LIST -> () -> client.snapshots(GENERATION);
				case GET -> () -> client.openSnapshot(snapshot);
				case PUT -> () -> client.writeWalSegment(segment(0), COMMITTED_AT, (out) -> out.write(1));
				case DELETE_BATCH -> () -> client.deleteSnapshots(List.of(snapshot));
				default -> () -> client.writeSnapshot(GENERATION, 1, COMMITTED_AT, (out) -> out.write(random(6 << 20)));
			};
			assertThat(failure(call))
				.hasMessageContaining("access denied; allow %s on arn:aws:s3:::%s%s to the credentials"
					.formatted(permission, this.fixture.bucket(), resource));
			server.faults().clear();
			assertThat(client.snapshots(GENERATION)).containsExactly(client.snapshots(GENERATION).get(0));
		}
	}

	@Test
	void clockThatIsWrongSaysSo() {
		server.faults().always((request) -> true, Fault.CLOCK_SKEW);
		try (V03Replica client = open()) {
			assertThat(failure(() -> client.generations())).hasMessageContaining("this machine's clock differs");
		}
	}

	@Test
	void throttlingThatPassesIsNotNoticed() throws IOException {
		try (V03Replica client = open()) {
			server.faults().next(2, Faults.of(S3Operation.PUT), Fault.SLOW_DOWN);
			client.writeWalSegment(segment(0), COMMITTED_AT, (out) -> out.write(1));
			assertThat(client.walSegments(GENERATION)).hasSize(1);
		}
	}

	@Test
	void throttlingThatGoesOnSaysSo() {
		try (V03Replica client = open()) {
			server.faults().always((request) -> true, Fault.SLOW_DOWN);
			assertThat(failure(() -> client.writeWalSegment(segment(0), COMMITTED_AT, (out) -> out.write(1))))
				.hasMessageContaining("the store asks for fewer requests")
				.hasMessageContaining("503 SlowDown");
		}
	}

	@Test
	void storeThatFailsSaysSo() {
		try (V03Replica client = open()) {
			server.faults().always((request) -> true, Fault.INTERNAL_ERROR);
			assertThat(failure(() -> client.generations())).hasMessageContaining("the store has failed");
		}
	}

	@ParameterizedTest
	@ValueSource(longs = { 0, 100_000 })
	void uploadThatIsResetIsRepeated(long afterBytes) throws IOException {
		byte[] content = random(1_000_000);
		try (V03Replica client = open()) {
			server.faults().next(1, Faults.of(S3Operation.PUT), new Fault.ResetUpload(afterBytes));
			WalSegment segment = client.writeWalSegment(segment(0), COMMITTED_AT, (out) -> out.write(content));
			assertThat(read(client.openWalSegment(segment))).isEqualTo(content);
			assertThat(server.requests().count(S3Operation.PUT)).isEqualTo(2);
			assertThat(server.keys(this.fixture.bucket())).hasSize(1);
		}
	}

	@Test
	void uploadThatIsResetAlwaysFailsAndLeavesNothing() throws IOException {
		try (V03Replica client = open()) {
			server.faults().always(Faults.of(S3Operation.PUT), new Fault.ResetUpload(1000));
			assertThat(failure(
					() -> client.writeWalSegment(segment(0), COMMITTED_AT, (out) -> out.write(random(100_000)))))
				.hasMessageContaining("the connection broke");
			server.faults().clear();
			assertThat(client.generations()).isEmpty();
			assertThat(server.keys(this.fixture.bucket())).isEmpty();
		}
	}

	@Test
	void partThatIsResetIsRepeated() throws IOException {
		byte[] content = random(11 << 20);
		try (V03Replica client = this.fixture.open(SMALL_PARTS)) {
			server.faults().next(1, Faults.of(S3Operation.UPLOAD_PART), new Fault.ResetUpload(1 << 20));
			Snapshot snapshot = client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(content));
			assertThat(read(client.openSnapshot(snapshot))).isEqualTo(content);
		}
	}

	@Test
	void partThatFailsAlwaysLeavesNoParts() {
		try (V03Replica client = this.fixture.open(SMALL_PARTS)) {
			server.faults().always(Faults.of(S3Operation.UPLOAD_PART), new Fault.ResetUpload(1 << 20));
			failure(() -> client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(random(6 << 20))));
			assertThat(server.requests().count(S3Operation.ABORT_UPLOAD)).isEqualTo(1);
			assertThat(server.keys(this.fixture.bucket())).isEmpty();
		}
	}

	@Test
	void completionWhoseAnswerIsLostIsRecognized() throws IOException {
		byte[] content = random(6 << 20);
		try (V03Replica client = this.fixture.open(SMALL_PARTS)) {
			server.faults().next(1, Faults.of(S3Operation.COMPLETE_UPLOAD), new Fault.LoseAnswer());
			Snapshot snapshot = client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(content));
			assertThat(read(client.openSnapshot(snapshot))).isEqualTo(content);
			assertThat(server.requests().count(S3Operation.UPLOAD_PART)).isEqualTo(2);
		}
	}

	@Test
	void interruptedUploadIsAbortedAndStaysInterrupted() {
		try (V03Replica client = this.fixture.open(SMALL_PARTS)) {
			assertThatExceptionOfType(InterruptedIOException.class)
				.isThrownBy(() -> client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> {
					out.write(random(6 << 20));
					Thread.currentThread().interrupt();
					out.write(random(6 << 20));
				}));
			assertThat(Thread.interrupted()).isTrue();
			assertThat(server.requests().count(S3Operation.ABORT_UPLOAD)).isEqualTo(1);
		}
	}

	@Test
	void downloadGoesOnWhereItsConnectionBroke() throws IOException {
		byte[] content = random(3_000_000);
		try (V03Replica client = open()) {
			Snapshot snapshot = client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(content));
			server.faults().next(3, Faults.of(S3Operation.GET), new Fault.ResetDownload(700_000));
			server.faults().next(1, Faults.of(S3Operation.GET), new Fault.TruncateDownload(100_000));
			server.requests().clear();
			assertThat(read(client.openSnapshot(snapshot))).isEqualTo(content);
			assertThat(server.requests().requests()).hasSize(5);
			assertThat(server.requests().requests().subList(1, 5))
				.allSatisfy((request) -> assertThat(request.headers()).containsKeys("range", "if-match")
					.doesNotContainEntry("range", "bytes=0-"));
		}
	}

	@Test
	void largeDownloadGoesOnWhereverItsConnectionsBreak() throws IOException {
		byte[] content = random(30_000_000);
		try (V03Replica client = open()) {
			Snapshot snapshot = client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(content));
			server.faults().next(6, Faults.of(S3Operation.GET), new Fault.ResetDownload(1_000_000));
			server.faults().next(2, Faults.of(S3Operation.GET), new Fault.TruncateDownload(100_000));
			server.faults().next(2, Faults.of(S3Operation.GET), Fault.SLOW_DOWN);
			assertThat(read(client.openSnapshot(snapshot))).isEqualTo(content);
		}
	}

	@Test
	void largeDownloadOfAnObjectThatIsReplacedMeanwhileFails() throws IOException {
		try (V03Replica client = open()) {
			Snapshot snapshot = client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(random(60 << 20)));
			try (InputStream in = client.openSnapshot(snapshot)) {
				in.readNBytes(100);
				client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(random(59 << 20)));
				assertThat(failure(() -> in.readAllBytes())).hasMessageContaining("was replaced while it was read");
			}
		}
	}

	@Test
	void downloadThatNeverGetsOnFails() throws IOException {
		try (V03Replica client = open()) {
			Snapshot snapshot = client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(random(100_000)));
			server.faults().next(1, Faults.of(S3Operation.GET), new Fault.TruncateDownload(1000));
			server.faults().always(Faults.of(S3Operation.GET), new Fault.TruncateDownload(0));
			assertThat(failure(() -> read(client.openSnapshot(snapshot))))
				.hasMessageContaining("broke off after 1000 of 100000 bytes, 5 times in a row");
		}
	}

	@Test
	void downloadOfAnObjectThatIsReplacedMeanwhileFails() throws IOException {
		try (V03Replica client = open()) {
			Snapshot snapshot = client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(random(100_000)));
			server.faults().next(1, Faults.of(S3Operation.GET), new Fault.TruncateDownload(1000));
			try (InputStream in = client.openSnapshot(snapshot)) {
				client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(random(100_001)));
				assertThat(failure(() -> in.readAllBytes())).hasMessageContaining("was replaced while it was read");
			}
		}
	}

	@Test
	void downloadOfAnObjectThatIsDeletedMeanwhileSaysItIsMissing() throws IOException {
		try (V03Replica client = open()) {
			Snapshot snapshot = client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(random(100_000)));
			server.faults().next(1, Faults.of(S3Operation.GET), new Fault.TruncateDownload(1000));
			try (InputStream in = client.openSnapshot(snapshot)) {
				client.deleteSnapshots(List.of(snapshot));
				assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(in::readAllBytes);
			}
		}
	}

	@Test
	void endpointThatIsDownSaysSoAndWorksAgainWhenItIsBack() throws IOException {
		try (V03Replica client = open()) {
			client.writeWalSegment(segment(0), COMMITTED_AT, (out) -> out.write(1));
			server.down();
			assertThat(failure(() -> client.writeWalSegment(segment(1), COMMITTED_AT, (out) -> out.write(1))))
				.hasMessageContaining("the endpoint refuses connections; check that it is up");
			server.up();
			client.writeWalSegment(segment(1), COMMITTED_AT, (out) -> out.write(1));
			assertThat(client.walSegments(GENERATION)).hasSize(2);
		}
	}

	@Test
	void hostThatDoesNotExistSaysSo() {
		S3Connection nowhere = new S3Connection(URI.create("http://s3.example.invalid"), null, null, "AKIAX", SECRET);
		try (V03Replica client = this.fixture.open(S3Clients.create(nowhere, null), S3ReplicaOptions.DEFAULTS)) {
			assertThat(failure(() -> client.generations())).hasMessageContaining("host name cannot be resolved");
		}
	}

	@Test
	void answerThatIsLateIsWaitedFor() throws IOException {
		try (V03Replica client = open()) {
			server.faults().always((request) -> true, new Fault.Delay(Duration.ofMillis(300)));
			client.writeWalSegment(segment(0), COMMITTED_AT, (out) -> out.write(1));
			assertThat(client.walSegments(GENERATION)).hasSize(1);
		}
	}

	private static IOException failure(ThrowingCallable call) {
		IOException failure = catchThrowableOfType(IOException.class, call);
		assertThat(failure).isNotNull();
		assertThat(failure.getMessage()).doesNotContain("\n");
		assertThat(stackTrace(failure)).doesNotContain(S3TestServer.SECRET_ACCESS_KEY);
		return failure;
	}

	private static String stackTrace(Throwable failure) {
		StringWriter text = new StringWriter();
		failure.printStackTrace(new PrintWriter(text));
		return text.toString();
	}

}
