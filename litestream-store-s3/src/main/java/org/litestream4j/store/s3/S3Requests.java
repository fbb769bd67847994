package org.litestream4j.store.s3;

import java.util.List;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.AbortMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectsRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsRequest;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.Tagging;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.Precondition;

/**
 * The requests about one object, or some. Thread-safe.
 */
final class S3Requests {

	private final S3Location location;

	private final S3ReplicaOptions options;

	private final S3Calls calls;

	S3Requests(S3Location location, S3ReplicaOptions options, S3Calls calls) {
		this.location = location;
		this.options = options;
		this.calls = calls;
	}

	PutObjectRequest put(NewObject object, String md5, long size) {
		return PutObjectRequest.builder()
			.bucket(this.location.bucket())
			.key(this.location.key(object.name()))
			.ifNoneMatch(ifNoneMatch(object))
			.ifMatch(ifMatch(object))
			.metadata(object.metadata())
			.contentType("application/octet-stream")
			.contentMD5(md5)
			.serverSideEncryption(this.options.serverSideEncryption())
			.ssekmsKeyId(this.options.kmsKeyId())
			.bucketKeyEnabled(this.options.bucketKeyEnabled())
			.storageClass(storageClass(object))
			.tagging(tagging())
			.overrideConfiguration(this.calls.upload(size))
			.build();
	}

	CreateMultipartUploadRequest createUpload(NewObject object) {
		return CreateMultipartUploadRequest.builder()
			.bucket(this.location.bucket())
			.key(this.location.key(object.name()))
			.metadata(object.metadata())
			.contentType("application/octet-stream")
			.serverSideEncryption(this.options.serverSideEncryption())
			.ssekmsKeyId(this.options.kmsKeyId())
			.bucketKeyEnabled(this.options.bucketKeyEnabled())
			.storageClass(storageClass(object))
			.tagging(tagging())
			.overrideConfiguration(this.calls.quick())
			.build();
	}

	UploadPartRequest part(String name, String uploadId, int number, String md5, long size) {
		return UploadPartRequest.builder()
			.bucket(this.location.bucket())
			.key(this.location.key(name))
			.uploadId(uploadId)
			.partNumber(number)
			.contentMD5(md5)
			.overrideConfiguration(this.calls.upload(size))
			.build();
	}

	CompleteMultipartUploadRequest completeUpload(NewObject object, String uploadId, List<CompletedPart> parts) {
		return CompleteMultipartUploadRequest.builder()
			.bucket(this.location.bucket())
			.key(this.location.key(object.name()))
			.ifNoneMatch(ifNoneMatch(object))
			.ifMatch(ifMatch(object))
			.uploadId(uploadId)
			.multipartUpload((upload) -> upload.parts(parts))
			.overrideConfiguration(this.calls.longer())
			.build();
	}

	/**
	 * The uploads that are not complete.
	 * @param directory of the objects, below the replica's path
	 * @param key where a page begins, or null
	 * @param uploadId the same
	 */
	ListMultipartUploadsRequest uploads(String directory, @Nullable String key, @Nullable String uploadId) {
		return ListMultipartUploadsRequest.builder()
			.bucket(this.location.bucket())
			.prefix(this.location.key(directory.isEmpty() ? "" : directory + "/"))
			.keyMarker(key)
			.uploadIdMarker(uploadId)
			.overrideConfiguration(this.calls.quick())
			.build();
	}

	HeadObjectRequest head(String name) {
		return HeadObjectRequest.builder()
			.bucket(this.location.bucket())
			.key(this.location.key(name))
			.overrideConfiguration(this.calls.quick())
			.build();
	}

	/**
	 * Reads an object.
	 * @param range null for all of it
	 * @param eTag the version that is wanted, or null for any
	 */
	GetObjectRequest get(String name, @Nullable String range, @Nullable String eTag) {
		return GetObjectRequest.builder()
			.bucket(this.location.bucket())
			.key(this.location.key(name))
			.range(range)
			.ifMatch(eTag)
			.overrideConfiguration(this.calls.quick())
			.build();
	}

	DeleteObjectRequest delete(String name) {
		return DeleteObjectRequest.builder()
			.bucket(this.location.bucket())
			.key(this.location.key(name))
			.overrideConfiguration(this.calls.quick())
			.build();
	}

	DeleteObjectsRequest delete(List<String> names) {
		List<ObjectIdentifier> keys = names.stream()
			.map((name) -> ObjectIdentifier.builder().key(this.location.key(name)).build())
			.toList();
		return DeleteObjectsRequest.builder()
			.bucket(this.location.bucket())
			.delete((delete) -> delete.objects(keys).quiet(true))
			.overrideConfiguration(this.calls.longer())
			.build();
	}

	AbortMultipartUploadRequest abortUpload(String name, String uploadId) {
		return AbortMultipartUploadRequest.builder()
			.bucket(this.location.bucket())
			.key(this.location.key(name))
			.uploadId(uploadId)
			.overrideConfiguration(this.calls.quick())
			.build();
	}

	/** Large objects alone may go to a class with a least size or duration. */
	private @Nullable String storageClass(NewObject object) {
		return (object.weight() == NewObject.Weight.HEAVY) ? this.options.snapshotStorageClass() : null;
	}

	private static @Nullable String ifNoneMatch(NewObject object) {
		return (object.precondition() instanceof Precondition.Absent) ? "*" : null;
	}

	private static @Nullable String ifMatch(NewObject object) {
		return (object.precondition() instanceof Precondition.Unchanged unchanged) ? unchanged.tag() : null;
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
