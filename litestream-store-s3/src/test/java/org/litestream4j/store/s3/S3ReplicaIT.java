package org.litestream4j.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.ReplicaLayout;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.store.ObjectReader;
import org.litestream4j.testsupport.s3.Fault;
import org.litestream4j.testsupport.s3.Faults;
import org.litestream4j.testsupport.s3.S3Operation;
import org.litestream4j.testsupport.s3.S3Request;
import org.litestream4j.testsupport.s3.S3TestServer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class S3ReplicaIT extends S3ServerTest {

	@Test
	void segmentIsOneRequest() throws IOException {
		try (V03Replica client = open()) {
			client.writeWalSegment(segment(0), COMMITTED_AT, (out) -> out.write(random(5_000_000)));
			assertThat(server.requests().counts()).isEqualTo(Map.of(S3Operation.PUT, 1, S3Operation.LIST_UPLOADS, 1));
		}
	}

	@Test
	void objectAsLargeAsOnePartIsOneRequest() throws IOException {
		try (V03Replica client = this.fixture.open(partsOf(5 << 20))) {
			client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(random(5 << 20)));
			assertThat(server.requests().counts()).isEqualTo(Map.of(S3Operation.PUT, 1, S3Operation.LIST_UPLOADS, 1));
		}
	}

	@Test
	void largerObjectIsUploadedInParts() throws IOException {
		byte[] content = random((10 << 20) + 1);
		try (V03Replica client = this.fixture.open(partsOf(5 << 20))) {
			Snapshot snapshot = client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(content));
			assertThat(server.requests().counts()).isEqualTo(Map.of(S3Operation.CREATE_UPLOAD, 1,
					S3Operation.UPLOAD_PART, 3, S3Operation.COMPLETE_UPLOAD, 1, S3Operation.LIST_UPLOADS, 1));
			assertThat(read(client.openSnapshot(snapshot))).isEqualTo(content);
		}
	}

	@Test
	void largeSnapshotIsFetchedInRangesSeveralAtOnce() throws IOException {
		byte[] content = random((20 << 20) + 5);
		try (V03Replica client = open()) {
			Snapshot snapshot = client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(content));
			server.requests().clear();
			Fault.Meeting meeting = new Fault.Meeting(3);
			// The first one opens the stream, and the others follow it
			server.faults().next(1, Faults.of(S3Operation.GET), new Fault.Delay(Duration.ZERO));
			server.faults().next(3, Faults.of(S3Operation.GET), meeting);
			assertThat(read(client.openSnapshot(snapshot))).isEqualTo(content);
			assertThat(meeting.hasTakenPlace()).as("requests that were under way together").isTrue();
			int ranges = (20 << 20) / ObjectReader.RANGE + 1;
			assertThat(server.requests().counts()).isEqualTo(Map.of(S3Operation.GET, ranges));
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 100, 300_000, 5_000_000, 19_000_000, (20 << 20) - 10 })
	void bytesThatAreSkippedAreNotFetched(int skipped) throws IOException {
		byte[] content = random((20 << 20) + 5);
		try (V03Replica client = open()) {
			Snapshot snapshot = client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(content));
			WalSegment segment = client.writeWalSegment(segment(0), COMMITTED_AT, (out) -> out.write(content));
			byte[] rest = Arrays.copyOfRange(content, skipped + 10, content.length);
			for (InputStream in : List.of(client.openSnapshot(snapshot), client.openWalSegment(segment))) {
				try (in) {
					in.readNBytes(10);
					in.skipNBytes(skipped);
					assertThat(in.readAllBytes()).isEqualTo(rest);
				}
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "app", "a b/ü+~*'(c)/x=1&y" })
	void segmentIsReadWithoutMostOfTheSdk(String path) throws IOException {
		S3Location location = S3Location.of(this.fixture.bucket(), path);
		try (V03Replica client = new V03Replica(
				new S3Store(this.fixture.client(), true, location, S3ReplicaOptions.DEFAULTS))) {
			client.writeWalSegment(segment(0), COMMITTED_AT, (out) -> out.write(random(5000)));
			WalSegment segment = client.walSegments(GENERATION).get(0);
			server.requests().clear();
			assertThat(read(client.openWalSegment(segment))).isEqualTo(random(5000));
			assertThat(server.requests().requests()).singleElement()
				.satisfies((request) -> assertThat(request.headers()).containsEntry("user-agent",
						"litestream-spring-boot-starter"));
		}
	}

	@Test
	void clientOfAReplicasOwnReadsMoreAtOnce() {
		try (V03Replica own = open();
				S3Client application = S3Client.builder().region(Region.EU_NORTH_1).build();
				V03Replica shared = this.fixture.open(application, S3ReplicaOptions.DEFAULTS)) {
			assertThat(own.store().capabilities().concurrentReads()).isEqualTo(300);
			assertThat(shared.store().capabilities().concurrentReads()).isEqualTo(50);
		}
	}

	@Test
	void commitTimeIsKeptWithTheObject() throws IOException {
		try (V03Replica client = this.fixture.open(partsOf(5 << 20)); S3Client admin = this.fixture.client()) {
			WalSegment segment = client.writeWalSegment(segment(0), COMMITTED_AT, (out) -> out.write(1));
			Snapshot snapshot = client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(random(6 << 20)));
			for (String name : List.of(ReplicaLayout.nameOf(segment), ReplicaLayout.nameOf(snapshot))) {
				HeadObjectResponse head = admin
					.headObject((request) -> request.bucket(this.fixture.bucket()).key("app/" + name));
				assertThat(head.metadata()).containsEntry("litestream-committed-at", "2026-11-22T16:00:00.123456Z");
			}
		}
	}

	@Test
	void settingsGoWithEveryObjectAndStorageClassWithSnapshots() throws IOException {
		S3ReplicaOptions options = new S3ReplicaOptions("aws:kms", "alias/backup", true, "STANDARD_IA",
				Map.of("team", "a b"), 5 << 20);
		try (V03Replica client = this.fixture.open(options)) {
			// It knows no KMS
			server.faults().always((request) -> true, new Fault.Answer(200, ""));
			client.writeWalSegment(segment(0), COMMITTED_AT, (out) -> out.write(1));
			client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(1));
			List<S3Request> uploads = server.requests().requests().stream().filter(Faults.of(S3Operation.PUT)).toList();
			assertThat(uploads).hasSize(2).allSatisfy((request) -> {
				assertThat(request.headers()).containsEntry("x-amz-server-side-encryption", "aws:kms");
				assertThat(request.headers()).containsEntry("x-amz-server-side-encryption-aws-kms-key-id",
						"alias/backup");
				assertThat(request.headers()).containsEntry("x-amz-server-side-encryption-bucket-key-enabled", "true");
				assertThat(request.headers().get("x-amz-tagging")).isIn("team=a%20b", "team=a+b");
			});
			assertThat(uploads).extracting((request) -> request.headers().get("x-amz-storage-class"))
				.containsExactly(null, "STANDARD_IA");
		}
	}

	@Test
	void settingsGoWithMultipartUploads() throws IOException {
		S3ReplicaOptions options = new S3ReplicaOptions("AES256", null, null, "STANDARD_IA", Map.of("team", "a"),
				5 << 20);
		try (V03Replica client = this.fixture.open(options)) {
			server.faults().deny(S3Operation.UPLOAD_PART);
			assertThatExceptionOfType(IOException.class).isThrownBy(
					() -> client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(random(6 << 20))));
			S3Request create = server.requests().requests().get(0);
			assertThat(create.operation()).isEqualTo(S3Operation.CREATE_UPLOAD);
			assertThat(create.headers()).containsEntry("x-amz-server-side-encryption", "AES256")
				.containsEntry("x-amz-storage-class", "STANDARD_IA")
				.containsEntry("x-amz-tagging", "team=a");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "/", "a", "/a/", "a/b/", "//a//b" })
	void prefixMayHaveSlashesOrNone(String path) throws IOException {
		S3Fixture other = new S3Fixture(server, "prefix-" + Integer.toHexString(path.hashCode() & 0xffff), path);
		try (V03Replica client = other.open(S3ReplicaOptions.DEFAULTS)) {
			client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(1));
			String prefix = path.contains("b") ? "a/b/" : path.contains("a") ? "a/" : "";
			assertThat(server.keys(other.bucket()))
				.containsExactly(prefix + "generations/" + GENERATION + "/snapshots/00000000.snapshot.lz4");
			assertThat(client.generations()).containsExactly(GENERATION);
			assertThat(client.snapshots(GENERATION)).hasSize(1);
		}
	}

	@Test
	void replicasWhosePathsShareABeginningDoNotMix() throws IOException {
		S3Location longer = S3Location.of(this.fixture.bucket(), "app2");
		try (V03Replica client = open();
				V03Replica other = new V03Replica(
						new S3Store(this.fixture.client(), true, longer, S3ReplicaOptions.DEFAULTS))) {
			other.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(1));
			assertThat(client.generations()).isEmpty();
			assertThat(client.snapshots(GENERATION)).isEmpty();
		}
	}

	@Test
	void deletingIsOneRequestForAThousand() throws IOException {
		try (V03Replica client = open()) {
			List<WalSegment> segments = new ArrayList<>();
			IntStream.range(0, 2001)
				.forEach((index) -> segments.add(new WalSegment(GENERATION, index, 0, 1, COMMITTED_AT)));
			WalSegment last = client.writeWalSegment(segment(2000), COMMITTED_AT, (out) -> out.write(1));
			server.requests().clear();
			client.deleteWalSegments(segments);
			assertThat(server.requests().counts()).isEqualTo(Map.of(S3Operation.DELETE_BATCH, 3));
			assertThat(server.keys(this.fixture.bucket())).doesNotContain("app/" + ReplicaLayout.nameOf(last));
		}
	}

	@Test
	void deletingGoesOneByOneWhereBatchesAreUnknown() throws IOException {
		try (V03Replica client = open()) {
			WalSegment segment = client.writeWalSegment(segment(0), COMMITTED_AT, (out) -> out.write(1));
			server.faults()
				.always(Faults.of(S3Operation.DELETE_BATCH), Fault.Answer.error(501, "NotImplemented", "no batches"));
			client.deleteWalSegments(List.of(segment));
			assertThat(server.requests().count(S3Operation.DELETE)).isEqualTo(1);
			assertThat(server.keys(this.fixture.bucket())).isEmpty();
		}
	}

	@Test
	void deletingReportsWhatTheStoreRefused() {
		try (V03Replica client = open()) {
			answerDeletesWith("AccessDenied", "Access Denied");
			assertThatExceptionOfType(IOException.class)
				.isThrownBy(() -> client.deleteSnapshots(List.of(new Snapshot(GENERATION, 0, 1, COMMITTED_AT))))
				.withMessageContaining("cannot delete 1 of 1 objects of replica s3://" + this.fixture.bucket() + "/app")
				.withMessageContaining("allow s3:DeleteObject on arn:aws:s3:::" + this.fixture.bucket() + "/app/*");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "ObjectLockedByBucketPolicy:The object is locked",
			"AccessDenied:Access Denied because object protected by object lock.",
			"InvalidRequest:Object is WORM protected and cannot be overwritten" })
	void objectsThatTheStoreKeepsByARuleAreNoFailure(String answer) throws IOException {
		try (V03Replica client = open()) {
			answerDeletesWith(answer.split(":")[0], answer.split(":")[1]);
			client.deleteSnapshots(List.of(new Snapshot(GENERATION, 0, 1, COMMITTED_AT)));
			assertThat(server.requests().count(S3Operation.DELETE_BATCH)).isEqualTo(1);
		}
	}

	private static void answerDeletesWith(String code, String message) {
		server.faults()
			.always(Faults.of(S3Operation.DELETE_BATCH), new Fault.Answer(200, """
					<?xml version="1.0" encoding="UTF-8"?>
					<DeleteResult><Error><Key>k</Key><Code>%s</Code><Message>%s</Message></Error></DeleteResult>"""
				.formatted(code, message)));
	}

	@Test
	void listingWhosePagesGoInACircleEnds() {
		try (V03Replica client = open()) {
			server.faults().always(Faults.of(S3Operation.LIST), new Fault.Answer(200, """
					<?xml version="1.0" encoding="UTF-8"?>
					<ListBucketResult><Name>b</Name><IsTruncated>true</IsTruncated>\
					<NextContinuationToken>same</NextContinuationToken></ListBucketResult>"""));
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> client.walSegments(GENERATION))
				.withMessageContaining("go in a circle");
		}
	}

	@Test
	void uploadsToOtherStoresHaveNeitherTrailersNorChunks() throws IOException {
		try (V03Replica client = open()) {
			client.writeWalSegment(segment(0), COMMITTED_AT, (out) -> out.write(random(3_000_000)));
			client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(random(9 << 20)));
			client.deleteWalSegments(client.walSegments(GENERATION));
			assertThat(server.requests().requests()).allSatisfy((request) -> assertThat(request.headers())
				.doesNotContainKeys("x-amz-trailer", "x-amz-decoded-content-length"));
			assertThat(server.requests().requests())
				.filteredOn(Faults.of(S3Operation.PUT, S3Operation.UPLOAD_PART, S3Operation.DELETE_BATCH))
				.hasSize(4)
				.allSatisfy((request) -> assertThat(request.headers()).containsKey("content-md5"));
		}
	}

	@Test
	void uploadsOfAnApplicationsClientForAnotherStoreHaveNoTrailers() throws IOException {
		try (S3Client own = plainClient(server.endpoint());
				V03Replica client = this.fixture.open(own, S3ReplicaOptions.DEFAULTS)) {
			client.writeWalSegment(segment(0), COMMITTED_AT, (out) -> out.write(random(3_000_000)));
			client.writeSnapshot(GENERATION, 0, COMMITTED_AT, (out) -> out.write(random(9 << 20)));
			assertThat(server.requests().requests()).allSatisfy((request) -> assertThat(request.headers())
				.doesNotContainKeys("x-amz-trailer", "x-amz-sdk-checksum-algorithm"));
		}
	}

	@Test
	void clientOfTheApplicationStaysOpen() throws IOException {
		try (S3Client own = plainClient(server.endpoint())) {
			new V03Replica(
					new S3Store(own, false, S3Location.of(this.fixture.bucket(), null), S3ReplicaOptions.DEFAULTS))
				.close();
			assertThat(own.listObjectsV2((request) -> request.bucket(this.fixture.bucket())).contents()).isEmpty();
		}
	}

	private static S3Client plainClient(URI endpoint) {
		return S3Client.builder()
			.endpointOverride(endpoint)
			.region(Region.of(S3TestServer.REGION))
			.forcePathStyle(true)
			.credentialsProvider(StaticCredentialsProvider
				.create(AwsBasicCredentials.create(S3TestServer.ACCESS_KEY_ID, S3TestServer.SECRET_ACCESS_KEY)))
			.build();
	}

	private static S3ReplicaOptions partsOf(long partSize) {
		return new S3ReplicaOptions(null, null, null, null, Map.of(), partSize);
	}

}
