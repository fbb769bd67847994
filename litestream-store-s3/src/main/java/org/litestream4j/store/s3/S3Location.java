package org.litestream4j.store.s3;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.litestream4j.store.ReplicaUrl;

/**
 * A bucket, and the keys in it that belong to one replica.
 *
 * @param bucket the bucket's name
 * @param prefix what keys begin with: empty, or ending in a slash and not beginning with
 * one
 */
public record S3Location(String bucket, String prefix) {

	/** The ARN of an access point to a bucket, which takes a bucket's place. */
	private static final String ACCESS_POINT = "arn:aws[a-z-]*:s3:[a-z0-9-]+:[0-9]{12}:accesspoint[/:][a-z0-9-]{3,50}";

	/* In a url, where what is too long or too short is a slip. */
	private static final Pattern BUCKET_IN_URL = Pattern
		.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]|" + ACCESS_POINT);

	private static final Pattern IN_ACCESS_POINT = Pattern.compile("(%s)(?:/(.*))?".formatted(ACCESS_POINT));

	/*
	 * Wider than what AWS accepts for new buckets: old ones and other stores have
	 * upper-case letters and underscores.
	 */
	private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,254}|" + ACCESS_POINT);

	/**
	 * Creates a location. The path is taken as Litestream takes it: leading, trailing and
	 * doubled slashes do not count.
	 * @param bucket the bucket's name, or the ARN of an access point
	 * @param prefix the path in it; empty for all of the bucket
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

	/**
	 * Makes a location of a bucket and a path in it.
	 * @param bucket the bucket's name, or the ARN of an access point
	 * @param path the path in it; null for all of the bucket
	 * @return the location
	 * @throws IllegalArgumentException with one sentence that says what is allowed
	 */
	public static S3Location of(String bucket, @Nullable String path) {
		return new S3Location(bucket, (path != null) ? path : "");
	}

	/**
	 * Reads a url, for example {@code s3://bucket/prefix}.
	 * @param url with the scheme {@code s3}
	 * @return the location
	 * @throws IllegalArgumentException with one sentence that says what is wrong and what
	 * is allowed; what could be a secret is not repeated
	 */
	public static S3Location parse(ReplicaUrl url) {
		String rest = url.rest();
		if (!rest.startsWith("//")) {
			throw new IllegalArgumentException(
					"A replica's url begins with 's3:' without two slashes: s3://bucket/prefix is expected");
		}
		String path = rest.substring(2);
		Matcher accessPoint = IN_ACCESS_POINT.matcher(path);
		if (accessPoint.matches()) {
			return of(accessPoint.group(1), accessPoint.group(2));
		}
		if (path.startsWith("arn:")) {
			throw new IllegalArgumentException(
					"The replica url s3://%s is not the ARN of an access point: s3://arn:aws:s3:<region>:<account>:accesspoint/<name>/<prefix> is expected"
						.formatted(ReplicaUrl.shorten(path)));
		}
		int slash = path.indexOf('/');
		String authority = (slash < 0) ? path : path.substring(0, slash);
		requireBucketAlone(authority, path);
		if (!BUCKET_IN_URL.matcher(authority).matches()) {
			throw new IllegalArgumentException(
					"'%s' is no bucket name: 3 to 63 letters, digits, '.', '_' and '-', or the ARN of an access point are expected"
						.formatted(ReplicaUrl.shorten(authority)));
		}
		return of(authority, (slash < 0) ? "" : path.substring(slash + 1));
	}

	private static void requireBucketAlone(String authority, String path) {
		if (authority.indexOf('@') >= 0) {
			throw new IllegalArgumentException("A replica's s3 url holds user information: s3://bucket/prefix is"
					+ " expected; credentials are settings of their own");
		}
		if (authority.indexOf(':') >= 0) {
			throw new IllegalArgumentException(
					"The replica url s3://%s names a port: s3://bucket/prefix is expected; a store of your own belongs to endpoint"
						.formatted(authority));
		}
		if (path.indexOf('?') >= 0 || path.indexOf('#') >= 0) {
			throw new IllegalArgumentException(
					"The replica url s3://%s/... has a query or fragment: s3://bucket/prefix is expected; region, endpoint and the like are settings of their own"
						.formatted(authority));
		}
	}

	/**
	 * {@return the key of the object in the bucket}
	 * @param name the object's name below the replica's path
	 */
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

	/**
	 * {@return the location as a user would write it: {@code s3://bucket/prefix}}
	 */
	public String url() {
		return "s3://" + this.bucket
				+ (this.prefix.isEmpty() ? "" : "/" + this.prefix.substring(0, this.prefix.length() - 1));
	}

	@Override
	public String toString() {
		return url();
	}

}
