package org.litestream4j.store.sftp;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.litestream4j.store.StoreDefinition;

/**
 * How to get to a server. Stores of equal access share their connections.
 *
 * @param host name or address
 * @param port from 1 to 65535
 * @param user the account
 * @param password or null
 * @param privateKey a file in OpenSSH's or PEM format, or null; if there is no password
 * either, those that {@code ssh} uses by default
 * @param passphrase of the private key, or null
 * @param knownHosts a file in OpenSSH's format
 * @param hostKey the only key to accept, as a line or as its fingerprint; or null
 * @param hostKeyChecking what to do about the server's key
 * @param connectTimeout at most, until a connection can be used
 * @param timeout at most, for each answer
 * @param connections at most, from 1
 */
record SftpAccess(String host, int port, String user, @Nullable String password, @Nullable Path privateKey,
		@Nullable String passphrase, Path knownHosts, @Nullable String hostKey, HostKeyChecking hostKeyChecking,
		Duration connectTimeout, Duration timeout, int connections) {

	/** Fewer than a server lets begin at once by default, which is ten. */
	private static final int CONNECTIONS = 6;

	private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

	private static final Duration TIMEOUT = Duration.ofSeconds(30);

	private static final Set<String> PROPERTIES = Set.of("host", "port", "user", "path", "password", "private-key",
			"private-key-passphrase", "known-hosts", "host-key", "strict-host-key-checking", "connect-timeout",
			"timeout", "connections");

	private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m)");

	/** What to do about the key that a server shows. */
	enum HostKeyChecking {

		/** Accept only one that is known. */
		STRICT,

		/** Accept any: whoever stands between can read and change everything. */
		NONE

	}

	/**
	 * Reads what is configured.
	 * @param location what the url says, which counts before properties
	 * @throws IllegalArgumentException with one sentence that repeats no secret
	 */
	static SftpAccess of(StoreDefinition definition, SftpLocation location) {
		definition.requireKnown(PROPERTIES);
		int port = (location.port() > 0) ? location.port() : number(definition, "port", 22, 65_535);
		String user = (location.user() != null) ? location.user()
				: definition.property("user").orElse(System.getProperty("user.name"));
		boolean strict = flag(definition, "strict-host-key-checking");
		Path ssh = Path.of(System.getProperty("user.home"), ".ssh");
		Path knownHosts = file(definition, "known-hosts");
		return new SftpAccess(location.host(), port, user, definition.property("password").orElse(null),
				file(definition, "private-key"), definition.property("private-key-passphrase").orElse(null),
				(knownHosts != null) ? knownHosts : ssh.resolve("known_hosts"),
				definition.property("host-key").map(String::strip).orElse(null),
				strict ? HostKeyChecking.STRICT : HostKeyChecking.NONE,
				duration(definition, "connect-timeout", CONNECT_TIMEOUT), duration(definition, "timeout", TIMEOUT),
				number(definition, "connections", CONNECTIONS, 100));
	}

	private static int number(StoreDefinition definition, String name, int otherwise, int max) {
		String text = definition.property(name).orElse(String.valueOf(otherwise)).strip();
		int value = text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : 0;
		if (value < 1 || value > max) {
			throw new IllegalArgumentException(
					"%s is '%s': a number from 1 to %d is allowed".formatted(definition.nameOf(name), text, max));
		}
		return value;
	}

	private static boolean flag(StoreDefinition definition, String name) {
		String text = definition.property(name).orElse("true").strip().toLowerCase(Locale.ROOT);
		if (!text.equals("true") && !text.equals("false")) {
			throw new IllegalArgumentException(
					"%s is '%s': true or false is allowed".formatted(definition.nameOf(name), text));
		}
		return text.equals("true");
	}

	private static @Nullable Path file(StoreDefinition definition, String name) {
		String text = definition.property(name).orElse("").strip();
		try {
			if (text.startsWith("~/")) {
				return Path.of(System.getProperty("user.home"), text.substring(2));
			}
			return text.isEmpty() ? null : Path.of(text).toAbsolutePath();
		}
		catch (InvalidPathException ex) {
			throw new IllegalArgumentException(
					"%s is not a path: the name of a file is expected".formatted(definition.nameOf(name)), ex);
		}
	}

	private static Duration duration(StoreDefinition definition, String name, Duration otherwise) {
		String text = definition.property(name).orElse("").strip();
		if (text.isEmpty()) {
			return otherwise;
		}
		Duration value = parse(text);
		if (value.compareTo(Duration.ofMillis(100)) < 0 || value.compareTo(Duration.ofHours(1)) > 0) {
			throw new IllegalArgumentException(
					"%s is '%s': from 100ms to 60m, such as 30s, is allowed".formatted(definition.nameOf(name), text));
		}
		return value;
	}

	/** Zero if it is not a duration. */
	private static Duration parse(String text) {
		Matcher simple = DURATION.matcher(text);
		if (simple.matches()) {
			long amount = Long.parseLong(simple.group(1));
			return switch (simple.group(2)) {
				case "ms" -> Duration.ofMillis(amount);
				case "s" -> Duration.ofSeconds(amount);
				default -> Duration.ofMinutes(amount);
			};
		}
		try {
			return Duration.parse(text);
		}
		catch (DateTimeParseException ex) {
			return Duration.ZERO;
		}
	}

	/** The host as {@code known_hosts} has it. */
	String hostAndPort() {
		return (this.port == SftpLocation.DEFAULT_PORT) ? this.host : "[%s]:%d".formatted(this.host, this.port);
	}

	/** Leaves out what is secret. */
	@Override
	public String toString() {
		return "SftpAccess[%s@%s]".formatted(this.user, hostAndPort());
	}

}
