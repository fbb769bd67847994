package org.litestream4j.store.s3;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.litestream4j.store.ObjectStore.Depth;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.StoredObject;

/**
 * Lists and opens objects of a bucket, and asks about them, without the SDK. Whatever is
 * not the answer that was wanted is an {@link IOException}, which says little: the SDK
 * asks again, and explains. Thread-safe.
 */
final class S3PlainReads implements Closeable {

	/* 1,000 keys of 1,024 characters, each written as three, and what belongs to them */
	private static final int MAX_ANSWER = 8 << 20;

	/** Of a tree, as {@link S3Listing} has it. */
	private static final int FIRST_PAGE = 100;

	/* For example "bytes 100-199/5000". */
	private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18})");

	private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,254}");

	private final S3PlainConnection connection;

	private final S3Location location;

	private final S3PlainSignature signature;

	private final S3PlainHttp http;

	S3PlainReads(S3PlainConnection connection, S3Location location) {
		this.connection = connection;
		this.location = location;
		this.signature = new S3PlainSignature(connection);
		this.http = new S3PlainHttp(connection);
	}

	/** Whether a bucket is signed for in the usual way, and is a part of the path. */
	static boolean canRead(S3Location location) {
		return BUCKET.matcher(location.bucket()).matches() && !location.bucket().endsWith("--x-s3");
	}

	/**
	 * A page of a listing.
	 * @param directory below the replica's path; empty for that itself
	 * @param token where the page before said that it goes on; null for the first one
	 * @param limit for all of it
	 * @throws SocketTimeoutException if it is not there in time
	 * @throws IOException if it is not what was wanted
	 */
	S3PlainPage list(String directory, Depth depth, @Nullable String token, Duration limit) throws IOException {
		long deadline = System.nanoTime() + limit.toNanos();
		String prefix = prefix(directory);
		StringBuilder query = new StringBuilder(); // in the order of names
		if (token != null) {
			query.append("continuation-token=").append(encode(token, "")).append('&');
		}
		if (depth == Depth.DIRECTORY) {
			query.append("delimiter=%2F&");
		}
		query.append("encoding-type=url&list-type=2");
		if (depth == Depth.TREE && token == null) {
			query.append("&max-keys=").append(FIRST_PAGE);
		}
		query.append("&prefix=").append(encode(prefix, ""));
		try (S3PlainHttp.Answer answer = get("/" + this.location.bucket(), query.toString(), Map.of(), limit)) {
			if (answer.status() != 200) {
				throw new IOException("status " + answer.status());
			}
			return S3PlainPage.parse(read(answer.body(), deadline), prefix);
		}
	}

	private static String read(InputStream body, long deadline) throws IOException {
		byte[] bytes = new byte[64 << 10];
		int length = 0;
		for (int read = body.read(bytes); read >= 0; read = body.read(bytes, length, bytes.length - length)) {
			length += read;
			if (length > MAX_ANSWER) {
				throw new IOException("a listing that is too long");
			}
			if (System.nanoTime() - deadline > 0) {
				throw new SocketTimeoutException("a listing that comes too slowly");
			}
			if (length == bytes.length) {
				bytes = Arrays.copyOf(bytes, 2 * length);
			}
		}
		return new String(bytes, 0, length, StandardCharsets.UTF_8);
	}

	/** What keys begin with. */
	String prefix(String directory) {
		return directory.isEmpty() ? this.location.prefix() : this.location.key(directory) + "/";
	}

	/** An object of a listing, as the store knows it. */
	StoredObject stored(S3PlainPage.Found found) {
		return new StoredObject(found.key().substring(this.location.prefix().length()), found.size(), found.modified(),
				found.eTag());
	}

	/**
	 * Opens an object, or a part of it.
	 * @param from the first byte
	 * @param to the byte after the last one, or {@link StoredObject#END}; more than
	 * {@code from}
	 * @param limit for the beginning of an answer
	 * @throws SocketTimeoutException if there is none in time
	 * @throws IOException if it is not what was wanted
	 */
	@SuppressWarnings("StreamResourceLeak") // the caller closes it
	OpenedObject open(StoredObject object, long from, long to, Duration limit) throws IOException {
		Map<String, String> more = new HashMap<>();
		boolean part = from > 0 || to != StoredObject.END;
		if (part) {
			more.put("range", "bytes=%d-%s".formatted(from, (to == StoredObject.END) ? "" : to - 1));
		}
		if (object.tag() != null) {
			more.put("if-match", object.tag());
		}
		S3PlainHttp.Answer answer = get(path(object.name()), "", more, limit);
		try {
			String eTag = answer.headers().getOrDefault("etag", "");
			if (answer.status() != (part ? 206 : 200) || answer.length() < 0 || eTag.isBlank()) {
				throw new IOException("status " + answer.status());
			}
			long size = part ? size(answer, from, to) : answer.length();
			return new OpenedObject(answer.body(), new StoredObject(object.name(), size, object.storedAt(), eTag));
		}
		catch (IOException | RuntimeException ex) {
			answer.close();
			throw ex;
		}
	}

	/** Of the whole object. */
	private static long size(S3PlainHttp.Answer answer, long from, long to) throws IOException {
		Matcher range = CONTENT_RANGE.matcher(answer.headers().getOrDefault("content-range", ""));
		if (!range.matches() || Long.parseLong(range.group(1)) != from) {
			throw new IOException("another range");
		}
		long size = Long.parseLong(range.group(3));
		long end = Math.min(to, size);
		if (Long.parseLong(range.group(2)) + 1 != end || answer.length() != end - from) {
			throw new IOException("another range");
		}
		return size;
	}

	/**
	 * What the store says of an object, in headers with lower-case names.
	 * @param name the object's name
	 * @param limit for the answer
	 * @return empty if there is no such object
	 * @throws SocketTimeoutException if there is no answer in time
	 * @throws IOException if it is not what was wanted
	 */
	Optional<Map<String, String>> head(String name, Duration limit) throws IOException {
		String path = path(name);
		try (S3PlainHttp.Answer answer = this.http.head(path, signed("HEAD", path, "", Map.of()), limit)) {
			return switch (answer.status()) {
				case 200 -> Optional.of(answer.headers());
				case 404 -> Optional.empty();
				default -> throw new IOException("status " + answer.status());
			};
		}
	}

	private String path(String name) {
		return "/" + this.location.bucket() + "/" + encode(this.location.key(name), "/");
	}

	private S3PlainHttp.Answer get(String path, String query, Map<String, String> more, Duration limit)
			throws IOException {
		return this.http.get(query.isEmpty() ? path : path + "?" + query, signed("GET", path, query, more), limit);
	}

	private Map<String, String> signed(String method, String path, String query, Map<String, String> more) {
		Map<String, String> all = new HashMap<>(more);
		if (S3Tigris.isHost(this.connection.endpoint().getHost())) {
			all.put("x-tigris-consistent", "true");
		}
		Map<String, String> signed = this.signature.sign(method, path, query, all, Instant.now());
		// Not signed, as what is between may change it
		signed.put("user-agent", "litestream-spring-boot-starter");
		return signed;
	}

	/** As it is signed: all but unreserved characters. */
	private static String encode(String text, String alsoPlain) {
		StringBuilder encoded = new StringBuilder(text.length() + 16);
		for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
			char c = (char) (b & 0xff);
			boolean plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
					|| c == '_' || c == '.' || c == '~' || alsoPlain.indexOf(c) >= 0;
			if (plain) {
				encoded.append(c);
			}
			else {
				encoded.append('%')
					.append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
					.append(Character.toUpperCase(Character.forDigit(c & 0xf, 16)));
			}
		}
		return encoded.toString();
	}

	/** A stream that a caller has opened stays open. */
	@Override
	public void close() throws IOException {
		this.http.close();
	}

}
