package org.litestream4j.replica;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.services.s3.S3ServiceClientConfiguration;
import software.amazon.awssdk.services.s3.model.AbortMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.Tagging;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/**
 * The requests that store an object. Thread-safe.
 */
final class S3Requests {

	/**
	 * Metadata that says when the newest commit in an object was made: unlike
	 * LastModified it survives copying the bucket.
	 */
	static final String COMMITTED_AT = "litestream-committed-at";

	private final S3Location location;

	private final S3ReplicaOptions options;

	private final @Nullable AwsRequestOverrideConfiguration override;

	/**
	 * Creates requests.
	 * @param endpoint what the client was given; null for AWS
	 */
	S3Requests(S3Location location, S3ReplicaOptions options, @Nullable URI endpoint) {
		this.location = location;
		this.options = options;
		this.override = S3Clients.isAws(endpoint) ? null : withoutTrailers();
	}

	/**
	 * The application's own client may have been made for another store, but with the
	 * defaults for AWS: its uploads would then end in a checksum trailer, which other
	 * stores reject or, worse, store.
	 */
	private static AwsRequestOverrideConfiguration withoutTrailers() {
		return AwsRequestOverrideConfiguration.builder().addPlugin((config) -> {
			if (config instanceof S3ServiceClientConfiguration.Builder s3) {
				s3.requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED);
			}
		}).build();
	}

	PutObjectRequest put(String name, Instant committedAt, @Nullable String storageClass, String md5) {
		return PutObjectRequest.builder()
			.bucket(this.location.bucket())
			.key(this.location.key(name))
			.metadata(metadata(committedAt))
			.contentType("application/octet-stream")
			.contentMD5(md5)
			.serverSideEncryption(this.options.serverSideEncryption())
			.ssekmsKeyId(this.options.kmsKeyId())
			.bucketKeyEnabled(this.options.bucketKeyEnabled())
			.storageClass(storageClass)
			.tagging(tagging())
			.overrideConfiguration(this.override)
			.build();
	}

	CreateMultipartUploadRequest createUpload(String name, Instant committedAt, @Nullable String storageClass) {
		return CreateMultipartUploadRequest.builder()
			.bucket(this.location.bucket())
			.key(this.location.key(name))
			.metadata(metadata(committedAt))
			.contentType("application/octet-stream")
			.serverSideEncryption(this.options.serverSideEncryption())
			.ssekmsKeyId(this.options.kmsKeyId())
			.bucketKeyEnabled(this.options.bucketKeyEnabled())
			.storageClass(storageClass)
			.tagging(tagging())
			.overrideConfiguration(this.override)
			.build();
	}

	UploadPartRequest part(String name, String uploadId, int number, String md5) {
		return UploadPartRequest.builder()
			.bucket(this.location.bucket())
			.key(this.location.key(name))
			.uploadId(uploadId)
			.partNumber(number)
			.contentMD5(md5)
			.overrideConfiguration(this.override)
			.build();
	}

	CompleteMultipartUploadRequest completeUpload(String name, String uploadId, List<CompletedPart> parts) {
		return CompleteMultipartUploadRequest.builder()
			.bucket(this.location.bucket())
			.key(this.location.key(name))
			.uploadId(uploadId)
			.multipartUpload((upload) -> upload.parts(parts))
			.build();
	}

	AbortMultipartUploadRequest abortUpload(String name, String uploadId) {
		return AbortMultipartUploadRequest.builder()
			.bucket(this.location.bucket())
			.key(this.location.key(name))
			.uploadId(uploadId)
			.build();
	}

	private static Map<String, String> metadata(Instant committedAt) {
		return Map.of(COMMITTED_AT, committedAt.toString());
	}

	private @Nullable Tagging tagging() {
		if (this.options.tags().isEmpty()) {
			return null;
		}
		List<Tag> tags = this.options.tags()
			.entrySet()
			.stream()
			.map((tag) -> Tag.builder().key(tag.getKey()).value(tag.getValue()).build())
			.toList();
		return Tagging.builder().tagSet(tags).build();
	}

}
