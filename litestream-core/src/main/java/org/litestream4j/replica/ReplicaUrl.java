package org.litestream4j.replica;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.litestream4j.io.InvalidPaths;

/**
 * Where a replica is, as a user writes it: {@code file:///dir}, {@code file:dir} or
 * {@code s3://bucket/prefix}. Never holds a secret.
 */
public sealed interface ReplicaUrl {

	/** {@code file} or {@code s3}. */
	String type();

	/**
	 * Reads a URL. In the path of a {@code file} URL, {@code %20} and its like stand for
	 * one byte each, unless only a directory exists whose name has them as they are.
	 * @throws IllegalArgumentException with one sentence that says what is wrong and what
	 * is allowed; what could be a secret is not repeated
	 */
	static ReplicaUrl parse(String url) {
		String text = url.strip();
		requirePrintable(text);
		int colon = text.indexOf(':');
		String scheme = (colon < 0) ? "" : text.substring(0, colon).toLowerCase(Locale.ROOT);
		return switch (scheme) {
			case "file" -> File.parse(text.substring(colon + 1));
			case "s3" -> S3.parse(text.substring(colon + 1));
			default -> throw new IllegalArgumentException(
					"A replica's url begins with '%s': file:///directory or s3://bucket/prefix is expected"
						.formatted((colon < 0) ? shorten(text) : scheme + ":"));
		};
	}

	/** What is in a url is shown in logs and on terminals. */
	private static void requirePrintable(String text) {
		if (text.chars().anyMatch(Character::isISOControl)) {
			throw new IllegalArgumentException(
					"The replica url %s is no path: it has a control character; leave that out"
						.formatted(shorten(text.replaceAll("\\p{Cc}", "?"))));
		}
	}

	private static String shorten(String text) {
		int at = text.lastIndexOf('@');
		String safe = text.substring(at + 1);
		return (safe.length() <= 60) ? safe : safe.substring(0, 60) + "...";
	}

	/**
	 * A folder of a file system.
	 *
	 * @param directory the folder; as given, perhaps relative
	 */
	record File(Path directory) implements ReplicaUrl {

		private static File parse(String rest) {
			String path = rest;
			if (rest.startsWith("//")) {
				int slash = rest.indexOf('/', 2);
				String host = (slash < 0) ? rest.substring(2) : rest.substring(2, slash);
				if (!host.isEmpty() && !host.equals("localhost")) {
					throw new IllegalArgumentException(
							("The replica url file:%s names the host '%s': file:///directory, with three slashes,"
									+ " or file:directory is expected")
								.formatted(shorten(rest), shorten(host)));
				}
				path = (slash < 0) ? "" : rest.substring(slash);
			}
			if (path.isBlank()) {
				throw new IllegalArgumentException(
						"The replica url file:%s names no directory: file:///directory is expected".formatted(rest));
			}
			try {
				String decoded = decode(path);
				requirePrintable(decoded);
				return new File(existing(Path.of(decoded), Path.of(path)));
			}
			catch (InvalidPathException ex) {
				throw new IllegalArgumentException(
						"The replica url file:%s is no path: %s".formatted(rest, InvalidPaths.reason(ex)), ex);
			}
		}

		/**
		 * Litestream v0.3.13 decodes nothing: what it wrote to {@code file:///a%20b} is
		 * in a directory of that very name.
		 */
		private static Path existing(Path decoded, Path literal) {
			return (!decoded.equals(literal) && Files.isDirectory(literal) && !Files.isDirectory(decoded)) ? literal
					: decoded;
		}

		private static String decode(String path) {
			if (path.indexOf('%') < 0) {
				return path;
			}
			byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
			ByteArrayOutputStream decoded = new ByteArrayOutputStream(bytes.length);
			for (int i = 0; i < bytes.length; i++) {
				int high = (bytes[i] == '%' && i + 2 < bytes.length) ? Character.digit(bytes[i + 1], 16) : -1;
				int low = (high >= 0) ? Character.digit(bytes[i + 2], 16) : -1;
				if (low >= 0) {
					decoded.write(high * 16 + low);
					i += 2;
				}
				else {
					decoded.write(bytes[i]);
				}
			}
			return decoded.toString(StandardCharsets.UTF_8);
		}

		@Override
		public String type() {
			return "file";
		}

		@Override
		public String toString() {
			String path = this.directory.toString().replace("%", "%25");
			return this.directory.isAbsolute() ? "file://" + path : "file:" + path;
		}

	}

	/**
	 * A prefix of an object store's bucket.
	 *
	 * @param bucket the bucket
	 * @param prefix what every key begins with, without slashes at either end; may be
	 * empty
	 */
	record S3(String bucket, String prefix) implements ReplicaUrl {

		/** The ARN of an access point to a bucket, which takes a bucket's place. */
		static final String ACCESS_POINT = "arn:aws[a-z-]*:s3:[a-z0-9-]+:[0-9]{12}:accesspoint[/:][a-z0-9-]{3,50}";

		/** Wider than AWS's rule, as other stores allow more. */
		private static final Pattern BUCKET = Pattern
			.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]|" + ACCESS_POINT);

		private static final Pattern IN_ACCESS_POINT = Pattern.compile("(%s)(?:/(.*))?".formatted(ACCESS_POINT));

		public S3 {
			if (!BUCKET.matcher(bucket).matches()) {
				throw new IllegalArgumentException(
						"'%s' is no bucket name: 3 to 63 letters, digits, '.', '_' and '-', or the ARN of an access point are expected"
							.formatted(shorten(bucket)));
			}
			prefix = prefix.replaceAll("^/+|/+$", "");
		}

		private static S3 parse(String rest) {
			if (!rest.startsWith("//")) {
				throw new IllegalArgumentException(
						"A replica's url begins with 's3:' without two slashes: s3://bucket/prefix is expected");
			}
			String path = rest.substring(2);
			Matcher accessPoint = IN_ACCESS_POINT.matcher(path);
			if (accessPoint.matches()) {
				return new S3(accessPoint.group(1), Objects.requireNonNullElse(accessPoint.group(2), ""));
			}
			if (path.startsWith("arn:")) {
				throw new IllegalArgumentException(
						"The replica url s3://%s is not the ARN of an access point: s3://arn:aws:s3:<region>:<account>:accesspoint/<name>/<prefix> is expected"
							.formatted(shorten(path)));
			}
			int slash = path.indexOf('/');
			String authority = (slash < 0) ? path : path.substring(0, slash);
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
			return new S3(authority, (slash < 0) ? "" : path.substring(slash + 1));
		}

		@Override
		public String type() {
			return "s3";
		}

		@Override
		public String toString() {
			return this.prefix.isEmpty() ? "s3://" + this.bucket : "s3://%s/%s".formatted(this.bucket, this.prefix);
		}

	}

}
