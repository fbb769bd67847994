package org.litestream4j.store.sftp;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Where a replica is: {@code sftp://[user@]host[:port]/absolute/path}, or {@code ~/path}
 * below the user's home. Holds no secret.
 *
 * @param user the account; null if none is given
 * @param host name or address, without brackets
 * @param port from 1 to 65535; -1 if none is given
 * @param path as the server takes it: absolute, or relative to the user's home; without a
 * slash at its end
 */
record SftpLocation(@Nullable String user, String host, int port, String path) {

	static final int DEFAULT_PORT = 22;

	private static final String EXPECTED = "sftp://user@host/absolute/path, or sftp://user@host/~/path below the user's home, is expected";

	private static final Pattern LAST_SLASHES = Pattern.compile("/+$");

	/**
	 * Reads a url.
	 * @throws IllegalArgumentException with one sentence that repeats no password
	 */
	static SftpLocation parse(String url) {
		URI uri;
		try {
			uri = new URI(url.strip().replace(" ", "%20"));
		}
		catch (URISyntaxException ex) {
			throw new IllegalArgumentException("The replica's sftp url cannot be read, at character %d: %s"
				.formatted(ex.getIndex() + 1, EXPECTED));
		}
		String user = uri.getUserInfo();
		if (user != null && user.indexOf(':') >= 0) {
			throw new IllegalArgumentException(
					"The replica's sftp url holds a password: %s; the password is a property of its own"
						.formatted(EXPECTED));
		}
		if (uri.getHost() == null) {
			throw new IllegalArgumentException("The replica's sftp url names no host: " + EXPECTED);
		}
		if (uri.getQuery() != null || uri.getFragment() != null) {
			throw new IllegalArgumentException(
					"The replica's sftp url has a query or fragment: %s; a '?' or '#' in a path is written %%3F or %%23"
						.formatted(EXPECTED));
		}
		return new SftpLocation(user, withoutBrackets(uri.getHost()), uri.getPort(), path(uri.getPath()));
	}

	private static String withoutBrackets(String host) {
		return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
	}

	/** As it is given in a url, or as a property. */
	static String path(@Nullable String given) {
		String path = LAST_SLASHES.matcher((given != null) ? given : "").replaceFirst("");
		if (path.equals("/~") || path.startsWith("/~/")) {
			path = path.substring(1);
		}
		if (path.startsWith("~/")) {
			path = path.substring(2).replaceFirst("^/+", "");
		}
		else if (!path.startsWith("/")) {
			path = "";
		}
		if (path.isEmpty()) {
			throw new IllegalArgumentException("The replica's sftp url names no directory: " + EXPECTED);
		}
		if (path.chars().anyMatch(Character::isISOControl)) {
			throw new IllegalArgumentException(
					"The path of the replica's sftp url has a control character; leave that out");
		}
		return path;
	}

	/** As in a url, without the user. */
	String server() {
		return "sftp://" + address();
	}

	private String address() {
		String name = (this.host.indexOf(':') >= 0) ? "[" + this.host + "]" : this.host;
		return (this.port < 0 || this.port == DEFAULT_PORT) ? name : name + ":" + this.port;
	}

	/** As a user would write it. */
	@Override
	public String toString() {
		String account = (this.user != null) ? this.user + "@" : "";
		String directory = this.path.startsWith("/") ? this.path : "/~/" + this.path;
		return "sftp://%s%s%s".formatted(account, address(), directory);
	}

}
