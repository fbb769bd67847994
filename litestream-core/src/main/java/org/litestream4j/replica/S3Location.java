package org.litestream4j.replica;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * A bucket, and the keys in it that belong to one replica.
 *
 * @param bucket the bucket's name
 * @param prefix what keys begin with: empty, or ending in a slash and not beginning with
 * one
 */
public record S3Location(String bucket, String prefix) {

	/*
	 * Wider than what AWS accepts for new buckets: old ones and other stores have
	 * upper-case letters and underscores.
	 */
	private static final Pattern BUCKET = Pattern
		.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,254}|" + ReplicaUrl.S3.ACCESS_POINT);

	/**
	 * Creates a location. The path is taken as Litestream takes it: leading, trailing and
	 * doubled slashes do not count.
	 * @throws IllegalArgumentException with one sentence that says what is allowed
	 */
	public S3Location {
		if (!BUCKET.matcher(bucket).matches()) {
			throw new IllegalArgumentException(
					"'%s' is no bucket name: letters, digits, '.', '-' and '_', or the ARN of an access point are expected"
						.formatted(bucket));
		}
		List<String> parts = Arrays.stream(prefix.split("/")).filter((part) -> !part.isEmpty()).toList();
		if (parts.contains(".") || parts.contains("..")) {
			throw new IllegalArgumentException(
					"path '%s' has a part '.' or '..': write the path without them".formatted(prefix));
		}
		prefix = parts.stream().map((part) -> part + "/").collect(Collectors.joining());
	}

	/** A bucket and a path in it, or all of the bucket for null. */
	public static S3Location of(String bucket, @Nullable String path) {
		return new S3Location(bucket, (path != null) ? path : "");
	}

	/** The key of an object, from its name below the replica's path. */
	public String key(String name) {
		return this.prefix + name;
	}

	/**
	 * What a policy calls it.
	 * @param objects the replica's objects, rather than the bucket
	 */
	String resource(boolean objects) {
		boolean accessPoint = this.bucket.startsWith("arn:");
		String resource = accessPoint ? this.bucket : "arn:aws:s3:::" + this.bucket;
		return objects ? "%s/%s%s*".formatted(resource, accessPoint ? "object/" : "", this.prefix) : resource;
	}

	/** As a user would write it. */
	public String url() {
		return "s3://" + this.bucket
				+ (this.prefix.isEmpty() ? "" : "/" + this.prefix.substring(0, this.prefix.length() - 1));
	}

	@Override
	public String toString() {
		return url();
	}

}
