package org.litestream4j.store.s3;

import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * How objects are stored. What is null is left to the bucket.
 *
 * @param serverSideEncryption {@code AES256} or {@code aws:kms}
 * @param kmsKeyId the key for {@code aws:kms}; null for the account's default key
 * @param bucketKeyEnabled whether {@code aws:kms} uses a bucket key, which saves KMS
 * requests
 * @param snapshotStorageClass for snapshots only; segments are small, many and
 * short-lived, so a class with a least size or duration would cost more
 * @param tags set on every object; 10 at most
 * @param partSize bytes in a part of a multipart upload, 5 MiB to 1 GiB; an object up to
 * this size is one request. This much memory is used for each object being written. Parts
 * past the 4,000th grow
 */
public record S3ReplicaOptions(@Nullable String serverSideEncryption, @Nullable String kmsKeyId,
		@Nullable Boolean bucketKeyEnabled, @Nullable String snapshotStorageClass, Map<String, String> tags,
		long partSize) {

	/** 8 MiB parts, all else as the bucket has it. */
	public static final S3ReplicaOptions DEFAULTS = new S3ReplicaOptions(null, null, null, null, Map.of(), 8 << 20);

	private static final Set<String> ENCRYPTIONS = Set.of("AES256", "aws:kms", "aws:kms:dsse");

	private static final Set<String> ARCHIVES = Set.of("GLACIER", "DEEP_ARCHIVE");

	/**
	 * Creates options.
	 * @param serverSideEncryption {@code AES256} or {@code aws:kms}
	 * @param kmsKeyId the key for {@code aws:kms}; null for the account's default key
	 * @param bucketKeyEnabled whether {@code aws:kms} uses a bucket key, which saves KMS
	 * requests
	 * @param snapshotStorageClass for snapshots only; segments are small, many and
	 * short-lived, so a class with a least size or duration would cost more
	 * @param tags set on every object; 10 at most
	 * @param partSize bytes in a part of a multipart upload, 5 MiB to 1 GiB; an object up
	 * to this size is one request. This much memory is used for each object being
	 * written. Parts past the 4,000th grow
	 * @throws IllegalArgumentException with one sentence that says what is allowed
	 */
	public S3ReplicaOptions {
		tags = Map.copyOf(tags);
		require(serverSideEncryption == null || ENCRYPTIONS.contains(serverSideEncryption),
				"server-side-encryption is '%s': AES256, aws:kms or aws:kms:dsse is expected", serverSideEncryption);
		boolean kms = serverSideEncryption != null && serverSideEncryption.startsWith("aws:kms");
		require(kmsKeyId == null || kms, "kms-key-id is given, but server-side-encryption is '%s': set it to aws:kms",
				serverSideEncryption);
		require(bucketKeyEnabled == null || kms,
				"bucket-key-enabled is given, but server-side-encryption is '%s': set it to aws:kms",
				serverSideEncryption);
		require(snapshotStorageClass == null || !ARCHIVES.contains(snapshotStorageClass),
				"snapshot-storage-class is %s, from which nothing can be restored before hours of thawing:"
						+ " use STANDARD_IA, INTELLIGENT_TIERING or GLACIER_IR",
				snapshotStorageClass);
		require(tags.size() <= 10, "tags has %s entries: 10 at most are allowed", tags.size());
		require(partSize >= 5 << 20 && partSize <= 1 << 30, "part-size is %s bytes: 5MB to 1GB is expected", partSize);
	}

	private static void require(boolean holds, String message, @Nullable Object value) {
		if (!holds) {
			throw new IllegalArgumentException(message.formatted(value));
		}
	}

}
