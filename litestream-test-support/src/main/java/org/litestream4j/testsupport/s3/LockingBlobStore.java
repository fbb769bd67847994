package org.litestream4j.testsupport.s3;

import java.io.InputStream;
import java.util.List;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.regex.Pattern;

import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Makes the file system look more like S3. One change at a time happens to a key: without
 * that, writes under the same condition can both succeed, as the store checks first and
 * moves the file later. And the temporary files of writes that go on, or were cut off,
 * are no keys.
 */
final class LockingBlobStore extends ForwardingBlobStore {

	private static final int STRIPES = 256;

	private static final Pattern TEMPORARY = Pattern
		.compile(".*-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

	private final Lock[] locks = new Lock[STRIPES];

	LockingBlobStore(BlobStore delegate) {
		super(delegate);
		for (int i = 0; i < STRIPES; i++) {
			this.locks[i] = new ReentrantLock();
		}
	}

	@Override
	public ListObjectsV2Response list(ListObjectsV2Request request) {
		ListObjectsV2Response page = super.list(request);
		List<S3Object> keys = page.contents()
			.stream()
			.filter((object) -> !TEMPORARY.matcher(object.key()).matches())
			.toList();
		return (keys.size() == page.contents().size()) ? page
				: page.toBuilder().contents(keys).keyCount(keys.size()).build();
	}

	@Override
	public PutObjectResponse putBlob(PutObjectRequest request, InputStream content) {
		return locked(request.bucket(), request.key(), () -> {
			requireMatch(request.bucket(), request.key(), request.ifMatch());
			return super.putBlob(request, content);
		});
	}

	@Override
	public CompleteMultipartUploadResponse completeMultipartUpload(MultipartUpload upload,
			CompleteMultipartUploadRequest request) {
		return locked(request.bucket(), request.key(), () -> {
			requireMatch(request.bucket(), request.key(), request.ifMatch());
			return super.completeMultipartUpload(upload, request);
		});
	}

	@Override
	public DeleteObjectResponse removeBlob(DeleteObjectRequest request) {
		return locked(request.bucket(), request.key(), () -> super.removeBlob(request));
	}

	@Override
	public CopyObjectResponse copyBlob(CopyObjectRequest request) {
		return locked(request.destinationBucket(), request.destinationKey(), () -> super.copyBlob(request));
	}

	/** The server looks at this header too, but before the lock is held. */
	private void requireMatch(String bucket, String key, @Nullable String eTag) {
		if (eTag != null) {
			HeadObjectResponse now = blobMetadataIfPresent(bucket, key);
			if (now == null || now.eTag() == null || !unquoted(now.eTag()).equals(unquoted(eTag))) {
				throw S3Exceptions.fromStatusCode(412);
			}
		}
	}

	private static String unquoted(String eTag) {
		return eTag.replace("\"", "");
	}

	private <T> T locked(String bucket, String key, Supplier<T> change) {
		Lock lock = this.locks[Math.floorMod((bucket + "/" + key).hashCode(), STRIPES)];
		lock.lock();
		try {
			return change.get();
		}
		finally {
			lock.unlock();
		}
	}

}
