package org.litestream4j.store.s3;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

/**
 * Signs requests without a body, as AWS Signature Version 4 has it. HMAC is made of the
 * digest by hand, which loads fewer classes than {@code javax.crypto}. Thread-safe.
 */
final class S3PlainSignature {

	/** SHA-256 of nothing. */
	private static final String EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

	private static final char[] HEX = "0123456789abcdef".toCharArray();

	/** Bytes of a block of SHA-256. */
	private static final int BLOCK = 64;

	private final S3PlainConnection connection;

	/** For the last day that was signed for. */
	private volatile @Nullable Key key;

	S3PlainSignature(S3PlainConnection connection) {
		this.connection = connection;
	}

	/**
	 * The headers of a request.
	 * @param method for example GET
	 * @param path as it is sent
	 * @param query as it is sent, in the order of its names
	 * @param more by lower-case names
	 * @param now the time of the request
	 * @return all headers, which have to be sent as they are; others may be added
	 */
	Map<String, String> sign(String method, String path, String query, Map<String, String> more, Instant now) {
		LocalDateTime time = LocalDateTime.ofEpochSecond(now.getEpochSecond(), 0, ZoneOffset.UTC);
		String day = digits(time.getYear(), 4) + digits(time.getMonthValue(), 2) + digits(time.getDayOfMonth(), 2);
		String stamp = day + 'T' + digits(time.getHour(), 2) + digits(time.getMinute(), 2) + digits(time.getSecond(), 2)
				+ 'Z';
		SortedMap<String, String> headers = new TreeMap<>(more);
		headers.put("host", this.connection.hostHeader());
		headers.put("x-amz-content-sha256", EMPTY);
		headers.put("x-amz-date", stamp);
		if (this.connection.sessionToken() != null) {
			headers.put("x-amz-security-token", this.connection.sessionToken());
		}
		String names = String.join(";", headers.keySet());
		StringBuilder canonical = new StringBuilder(method).append('\n')
			.append(path)
			.append('\n')
			.append(query)
			.append('\n');
		headers.forEach((name, value) -> canonical.append(name).append(':').append(value).append('\n'));
		canonical.append('\n').append(names).append('\n').append(EMPTY);
		String scope = day + '/' + this.connection.region() + "/s3/aws4_request";
		String toSign = "AWS4-HMAC-SHA256\n" + stamp + '\n' + scope + '\n' + hex(sha256(bytes(canonical.toString())));
		headers.put("authorization", "AWS4-HMAC-SHA256 Credential=" + this.connection.accessKeyId() + '/' + scope
				+ ", SignedHeaders=" + names + ", Signature=" + hex(hmac(key(day), bytes(toSign))));
		return headers;
	}

	private byte[] key(String day) {
		Key known = this.key;
		if (known == null || !known.day.equals(day)) {
			byte[] ofDay = hmac(bytes("AWS4" + this.connection.secretAccessKey()), bytes(day));
			byte[] ofService = hmac(hmac(ofDay, bytes(this.connection.region())), bytes("s3"));
			known = new Key(day, hmac(ofService, bytes("aws4_request")));
			this.key = known;
		}
		return known.bytes;
	}

	private static String digits(int value, int count) {
		String digits = Integer.toString(value);
		return "0".repeat(count - digits.length()) + digits;
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private static byte[] hmac(byte[] key, byte[] message) {
		byte[] shortKey = (key.length > BLOCK) ? sha256(key) : key;
		byte[] inner = new byte[BLOCK];
		byte[] outer = new byte[BLOCK];
		for (int i = 0; i < BLOCK; i++) {
			int value = (i < shortKey.length) ? shortKey[i] : 0;
			inner[i] = (byte) (value ^ 0x36);
			outer[i] = (byte) (value ^ 0x5c);
		}
		return sha256(outer, sha256(inner, message));
	}

	private static byte[] sha256(byte[]... parts) {
		try {
			MessageDigest digest = MessageDigest.getInstance("SHA-256");
			for (byte[] part : parts) {
				digest.update(part);
			}
			return digest.digest();
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("every JVM has SHA-256", ex);
		}
	}

	private static String hex(byte[] bytes) {
		char[] hex = new char[2 * bytes.length];
		for (int i = 0; i < bytes.length; i++) {
			hex[2 * i] = HEX[(bytes[i] >> 4) & 0xf];
			hex[2 * i + 1] = HEX[bytes[i] & 0xf];
		}
		return new String(hex);
	}

	/** What signs for a day. */
	private static final class Key {

		private final String day;

		private final byte[] bytes;

		Key(String day, byte[] bytes) {
			this.day = day;
			this.bytes = bytes;
		}

	}

}
