package org.litestream4j.boot;

import java.nio.file.Path;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * One configured replica of one database, as the properties give it: what a
 * {@link ReplicaClientFactory} makes a client from. Either {@code url} or parts are
 * given, never both; {@code {database}} is replaced already.
 *
 * @param property where it is configured, for example {@code litestream.replicas[0]}; for
 * messages
 * @param database the name of the {@code DataSource} bean
 * @param databaseFile the database; it may be missing still
 * @param name the replica's name
 * @param type the kind of store in lower case: the url's scheme, or as given
 * @param url the whole url
 * @param path the directory, or the key prefix within a bucket
 * @param bucket the bucket
 * @param region the region
 * @param endpoint the url of the store itself
 * @param forcePathStyle whether the bucket is part of the path rather than of the host
 * @param accessKeyId half of the credentials
 * @param secretAccessKey the other half
 * @param sessionToken belongs to credentials that expire
 * @param sslBundle the name of the bundle that says whom to trust
 * @param storage how objects are stored
 */
public record ReplicaDefinition(String property, String database, Path databaseFile, String name, String type,
		@Nullable String url, @Nullable String path, @Nullable String bucket, @Nullable String region,
		@Nullable String endpoint, @Nullable Boolean forcePathStyle, @Nullable String accessKeyId,
		@Nullable String secretAccessKey, @Nullable String sessionToken, @Nullable String sslBundle, Storage storage) {

	/**
	 * How a store is to keep objects. What is null is left to it.
	 *
	 * @param serverSideEncryption as S3 names it
	 * @param kmsKeyId the key
	 * @param bucketKeyEnabled whether a bucket key is used
	 * @param snapshotStorageClass of snapshots only
	 * @param tags set on every object
	 * @param partSize bytes in a part of a multipart upload
	 */
	public record Storage(@Nullable String serverSideEncryption, @Nullable String kmsKeyId,
			@Nullable Boolean bucketKeyEnabled, @Nullable String snapshotStorageClass, Map<String, String> tags,
			long partSize) {
	}

	/** Leaves out the credentials. */
	@Override
	public String toString() {
		return "ReplicaDefinition[%s, database=%s, name=%s, type=%s]".formatted(this.property, this.database, this.name,
				this.type);
	}

}
