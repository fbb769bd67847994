package org.litestream4j.store.s3;

import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Map;

import org.litestream4j.store.StoredObject;

/**
 * What the headers say of an object. What is not understood, or is missing, is an
 * {@link IOException}, and for the SDK to make something of.
 */
final class S3PlainHead {

	private static final String METADATA = "x-amz-meta-";

	private S3PlainHead() {
	}

	/**
	 * The object as the store knows it.
	 * @param name the object's name
	 * @param headers by lower-case names
	 */
	static StoredObject stored(String name, Map<String, String> headers) throws IOException {
		String eTag = required(headers, "etag");
		try {
			long size = Long.parseLong(required(headers, "content-length"));
			Instant storedAt = DateTimeFormatter.RFC_1123_DATE_TIME.parse(required(headers, "last-modified"),
					Instant::from);
			return new StoredObject(name, size, storedAt, eTag);
		}
		catch (NumberFormatException | DateTimeException ex) {
			throw new IOException("an object with a size or time that is none", ex);
		}
	}

	private static String required(Map<String, String> headers, String name) throws IOException {
		String value = headers.getOrDefault(name, "");
		if (value.isBlank()) {
			throw new IOException("an object without " + name);
		}
		return value;
	}

	/**
	 * What is kept beside the object.
	 * @param headers by lower-case names
	 */
	static Map<String, String> metadata(Map<String, String> headers) throws IOException {
		Map<String, String> metadata = new HashMap<>();
		for (Map.Entry<String, String> header : headers.entrySet()) {
			if (header.getKey().startsWith(METADATA)) {
				if (!header.getValue().chars().allMatch((c) -> c >= ' ' && c <= '~')) {
					throw new IOException("metadata in another alphabet");
				}
				metadata.put(header.getKey().substring(METADATA.length()), header.getValue());
			}
		}
		return metadata;
	}

}
