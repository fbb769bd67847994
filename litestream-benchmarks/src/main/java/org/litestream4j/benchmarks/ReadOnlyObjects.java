package org.litestream4j.benchmarks;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * The files of a directory, held in memory, as S3 lists and reads objects. Thread-safe,
 * as it does not change.
 */
final class ReadOnlyObjects {

	private final NavigableMap<String, Stored> objects;

	private ReadOnlyObjects(NavigableMap<String, Stored> objects) {
		this.objects = objects;
	}

	static ReadOnlyObjects of(Path directory) throws IOException {
		NavigableMap<String, Stored> objects = new TreeMap<>();
		try (Stream<Path> files = Files.walk(directory)) {
			for (Path file : files.filter(Files::isRegularFile).toList()) {
				objects.put(directory.relativize(file).toString().replace('\\', '/'),
						new Stored(Files.readAllBytes(file),
								Files.getLastModifiedTime(file).toInstant().truncatedTo(ChronoUnit.MILLIS)));
			}
		}
		return new ReadOnlyObjects(objects);
	}

	/** How many there are. */
	int count() {
		return this.objects.size();
	}

	/**
	 * Reads an object.
	 * @param range the header's value, or empty
	 * @return null if there is no such object
	 */
	@Nullable Content read(String key, String range) {
		Stored stored = this.objects.get(key);
		if (stored == null) {
			return null;
		}
		int size = stored.bytes().length;
		String headers = "ETag: \"%08x\"\r\nAccept-Ranges: bytes\r\nLast-Modified: %s\r\n".formatted(key.hashCode(),
				DateTimeFormatter.RFC_1123_DATE_TIME.format(stored.modifiedAt().atOffset(ZoneOffset.UTC)));
		if (!range.startsWith("bytes=")) {
			return new Content(stored.bytes(), 0, size, true, headers);
		}
		int dash = range.indexOf('-');
		int from = Integer.parseInt(range.substring(6, dash));
		int last = (dash == range.length() - 1) ? size - 1
				: Math.min(size - 1, Integer.parseInt(range.substring(dash + 1)));
		return new Content(stored.bytes(), from, last + 1 - from, false,
				headers + "Content-Range: bytes %d-%d/%d\r\n".formatted(from, last, size));
	}

	/** A page of a listing, for either version of the request. */
	String list(String query) {
		Map<String, String> wanted = parameters(query);
		String prefix = wanted.getOrDefault("prefix", "");
		String after = wanted.getOrDefault("continuation-token", wanted.getOrDefault("marker", ""));
		int most = Integer.parseInt(wanted.getOrDefault("max-keys", "1000"));
		boolean flat = wanted.getOrDefault("delimiter", "").equals("/");
		StringBuilder contents = new StringBuilder();
		Set<String> directories = new LinkedHashSet<>();
		String last = "";
		int count = 0;
		String from = (after.compareTo(prefix) > 0) ? after : prefix;
		for (Map.Entry<String, Stored> object : this.objects.tailMap(from, !from.equals(after)).entrySet()) {
			String key = object.getKey();
			int slash = key.indexOf('/', prefix.length());
			if (!key.startsWith(prefix)) {
				break;
			}
			if (count == most) {
				return page(prefix, contents, directories, last);
			}
			last = key;
			if (flat && slash >= 0) {
				directories.add(key.substring(0, slash + 1));
				continue;
			}
			count++;
			contents.append(
					"<Contents><Key>%s</Key><LastModified>%s</LastModified><ETag>&quot;%08x&quot;</ETag><Size>%d</Size></Contents>"
						.formatted(key, object.getValue().modifiedAt(), key.hashCode(),
								object.getValue().bytes().length));
		}
		return page(prefix, contents, directories, "");
	}

	private static String page(String prefix, StringBuilder contents, Set<String> directories, String next) {
		StringBuilder page = new StringBuilder(
				"<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult><Name>bench</Name>");
		page.append("<Prefix>").append(prefix).append("</Prefix>");
		page.append("<IsTruncated>").append(!next.isEmpty()).append("</IsTruncated>");
		if (!next.isEmpty()) {
			page.append("<NextContinuationToken>").append(next).append("</NextContinuationToken><NextMarker>");
			page.append(next).append("</NextMarker>");
		}
		directories.forEach((directory) -> page.append("<CommonPrefixes><Prefix>")
			.append(directory)
			.append("</Prefix></CommonPrefixes>"));
		return page.append(contents).append("</ListBucketResult>").toString();
	}

	private static Map<String, String> parameters(String query) {
		Map<String, String> parameters = new HashMap<>();
		for (String parameter : query.split("&")) {
			String[] parts = parameter.split("=", 2);
			parameters.put(parts[0], (parts.length < 2) ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
		}
		return parameters;
	}

	@SuppressWarnings("ArrayRecordComponent") // neither compared nor changed
	private record Stored(byte[] bytes, Instant modifiedAt) {
	}

	/**
	 * Bytes of an object.
	 *
	 * @param bytes all of them
	 * @param from the first one that was asked for
	 * @param length how many were asked for
	 * @param whole whether no range was asked for
	 * @param headers those of the object, each with its line's end
	 */
	@SuppressWarnings("ArrayRecordComponent") // neither compared nor changed
	record Content(byte[] bytes, int from, int length, boolean whole, String headers) {
	}

}
