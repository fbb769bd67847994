package org.litestream4j.store;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

import org.litestream4j.io.InvalidPaths;

/**
 * A directory as a url: {@code file:///dir} or {@code file:dir}.
 *
 * @param directory the directory; as given, perhaps relative
 */
public record FileUrl(Path directory) {

	/**
	 * Reads a url. In its path, {@code %20} and its like stand for one byte each, unless
	 * only a directory exists whose name has them as they are.
	 * @param url with the scheme {@code file}
	 * @return the directory that it names
	 * @throws IllegalArgumentException with one sentence that says what is wrong and what
	 * is allowed
	 */
	public static FileUrl parse(ReplicaUrl url) {
		String rest = url.rest();
		String path = rest;
		if (rest.startsWith("//")) {
			int slash = rest.indexOf('/', 2);
			String host = (slash < 0) ? rest.substring(2) : rest.substring(2, slash);
			if (!host.isEmpty() && !host.equals("localhost")) {
				throw new IllegalArgumentException(
						("The replica url file:%s names the host '%s': file:///directory, with three slashes,"
								+ " or file:directory is expected")
							.formatted(ReplicaUrl.shorten(rest), ReplicaUrl.shorten(host)));
			}
			path = (slash < 0) ? "" : rest.substring(slash);
		}
		if (path.isBlank()) {
			throw new IllegalArgumentException(
					"The replica url file:%s names no directory: file:///directory is expected".formatted(rest));
		}
		try {
			String decoded = decode(path);
			ReplicaUrl.requirePrintable(decoded);
			return new FileUrl(existing(Path.of(decoded), Path.of(path)));
		}
		catch (InvalidPathException ex) {
			throw new IllegalArgumentException(
					"The replica url file:%s is not a path: %s".formatted(rest, InvalidPaths.reason(ex)), ex);
		}
	}

	/**
	 * Litestream v0.3.13 decodes nothing: what it wrote to {@code file:///a%20b} is in a
	 * directory of that very name.
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
	public String toString() {
		String path = this.directory.toString().replace("%", "%25");
		return this.directory.isAbsolute() ? "file://" + path : "file:" + path;
	}

}
