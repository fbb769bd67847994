package org.litestream4j.boot.replication;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig.Pragma;
import org.sqlite.SQLiteOpenMode;

import org.litestream4j.io.InvalidPaths;

/**
 * What a JDBC URL means to sqlite-jdbc and SQLite, as far as replication must know. Opens
 * nothing.
 */
sealed interface SqliteUrl {

	/**
	 * The URL of another database engine.
	 *
	 * @param maybeSqlite whether it may lead to SQLite, through a driver that is not
	 * known here
	 */
	record Foreign(boolean maybeSqlite) implements SqliteUrl {
	}

	/**
	 * A database that there is nothing to replicate of.
	 *
	 * @param reason completes the sentence "is left alone because it …"
	 */
	record LeftAlone(String reason) implements SqliteUrl {
	}

	/**
	 * A database file that the connection settings make impossible to replicate.
	 *
	 * @param setting as given, for example {@code journal_mode=DELETE}
	 * @param reason one clause on why
	 */
	record Refused(String setting, String reason) implements SqliteUrl {
	}

	/**
	 * A database file that SQLite can open and this process cannot.
	 *
	 * @param reason one clause on why its name is not a path here
	 */
	record NotAPath(String reason) implements SqliteUrl {
	}

	/**
	 * A database file.
	 *
	 * @param path absolute and normalized; symbolic links are as they were
	 * @param creationPragmas what counts only while the file is created
	 * @param autocheckpoint the {@code wal_autocheckpoint} that is set for the
	 * application's connections; 0 unless it is set
	 */
	record DatabaseFile(Path path, Map<String, String> creationPragmas, String autocheckpoint) implements SqliteUrl {
	}

	/**
	 * Drivers that pass everything on to the driver whose URL comes after their own
	 * prefix.
	 */
	Pattern WRAPPING_DRIVER = Pattern.compile("jdbc:(?:p6spy|otel|tracing|log4jdbc|jfr):(?=sqlite:)",
			Pattern.CASE_INSENSITIVE);

	/** Reads a location. */
	static SqliteUrl parse(JdbcLocation location) {
		String url = WRAPPING_DRIVER.matcher(location.url().trim()).replaceFirst("jdbc:");
		String prefix = "jdbc:sqlite:";
		if (!url.regionMatches(true, 0, prefix, 0, prefix.length())) {
			return new Foreign(url.toLowerCase(Locale.ROOT).contains(":sqlite:"));
		}
		Address address = Address.parse(url.substring(prefix.length()), location.properties());
		address.pragmas().putAll(InitSql.pragmas(location.initSql()));
		String why = address.whyLeftAlone();
		if (why == null && location.readOnly()) {
			why = "is opened read-only";
		}
		if (why != null) {
			return new LeftAlone(why);
		}
		Refused refused = address.refused();
		return (refused != null) ? refused : file(address);
	}

	private static SqliteUrl file(Address address) {
		try {
			return new DatabaseFile(Path.of(address.fileName()).toAbsolutePath().normalize(), address.creationPragmas(),
					address.pragmas().getOrDefault("wal_autocheckpoint", "0"));
		}
		catch (InvalidPathException ex) {
			return new NotAPath(InvalidPaths.reason(ex));
		}
	}

	/**
	 * What follows {@code jdbc:sqlite:}. sqlite-jdbc takes the parameters that are
	 * pragmas for itself; SQLite takes the others, but only if the name begins with
	 * {@code file:}. Otherwise they become part of the file's name.
	 *
	 * @param fileName as SQLite opens it, decoded
	 * @param pragmas by lower-case name; what the driver's properties say wins over the
	 * URL, and a pool's own SQL over both
	 * @param parameters the other parameters
	 */
	record Address(String fileName, Map<String, String> pragmas, Map<String, String> parameters) {

		private static final Set<String> PRAGMAS = Arrays.stream(Pragma.values())
			.map((pragma) -> pragma.pragmaName)
			.collect(Collectors.toUnmodifiableSet());

		static Address parse(String text, Properties properties) {
			int question = text.indexOf('?');
			String name = (question < 0) ? text : text.substring(0, question);
			Map<String, String> pragmas = new HashMap<>();
			Map<String, String> parameters = new HashMap<>();
			StringBuilder rest = new StringBuilder();
			for (String parameter : (question < 0) ? new String[0] : text.substring(question + 1).split("&", -1)) {
				String[] pair = parameter.trim().split("=", 2);
				String key = pair[0].trim().toLowerCase(Locale.ROOT);
				String value = (pair.length == 2) ? pair[1].trim() : "";
				if (PRAGMAS.contains(key)) {
					pragmas.put(key, value);
				}
				else if (!parameter.isBlank()) {
					parameters.put(key, value);
					// sqlite-jdbc puts them back in reverse order
					rest.insert(0, parameter.trim()).insert(0, '&');
				}
			}
			properties.stringPropertyNames()
				.forEach((key) -> pragmas.put(key.toLowerCase(Locale.ROOT), properties.getProperty(key)));
			if (name.startsWith("file:")) {
				return new Address(UriPath.decode(name), pragmas, parameters);
			}
			String suffix = rest.isEmpty() ? "" : "?" + rest.substring(1);
			return new Address(name + suffix, pragmas, parameters);
		}

		@Nullable String whyLeftAlone() {
			if (this.fileName.isEmpty() || this.fileName.equals(":memory:")
					|| "memory".equals(this.parameters.get("mode"))) {
				return "lives in memory";
			}
			if (this.fileName.startsWith(":resource:")) {
				return "is a resource of the class path";
			}
			String immutable = this.parameters.getOrDefault("immutable", "").toLowerCase(Locale.ROOT);
			if (Set.of("1", "yes", "true", "on").contains(immutable)) {
				return "is opened with immutable=1";
			}
			return isReadOnly() ? "is opened read-only" : null;
		}

		private boolean isReadOnly() {
			if ("ro".equals(this.parameters.get("mode"))) {
				return true;
			}
			String openMode = this.pragmas.get(Pragma.OPEN_MODE.pragmaName);
			return openMode != null && openMode.matches("[0-9]{1,9}")
					&& (Integer.parseInt(openMode) & SQLiteOpenMode.READWRITE.flag) == 0;
		}

		Map<String, String> creationPragmas() {
			Map<String, String> creation = new HashMap<>(this.pragmas);
			creation.keySet().retainAll(Set.of("page_size", "encoding", "auto_vacuum"));
			return creation;
		}

		@Nullable Refused refused() {
			String journalMode = this.pragmas.getOrDefault(Pragma.JOURNAL_MODE.pragmaName, "wal");
			if (!journalMode.equalsIgnoreCase("wal")) {
				return new Refused("journal_mode=" + journalMode,
						"replication reads the WAL, so the journal mode is WAL");
			}
			String lockingMode = this.pragmas.getOrDefault(Pragma.LOCKING_MODE.pragmaName, "normal");
			if (!lockingMode.equalsIgnoreCase("normal")) {
				return new Refused("locking_mode=" + lockingMode,
						"replication reads beside the application, so the locking mode is NORMAL");
			}
			return null;
		}

	}

	/**
	 * The path of a {@code file:} URI, by SQLite's rules
	 * (https://www.sqlite.org/uri.html).
	 */
	final class UriPath {

		private UriPath() {
		}

		/* file:path | file:/path | file:///path | file://localhost/path, then #ignored */
		static String decode(String uri) {
			String path = uri.substring("file:".length());
			int fragment = path.indexOf('#');
			path = (fragment < 0) ? path : path.substring(0, fragment);
			if (path.startsWith("//")) {
				int slash = path.indexOf('/', 2);
				path = (slash < 0) ? "" : path.substring(slash);
			}
			return percentDecode(path);
		}

		/** Decodes UTF-8 bytes; what is no escape stays, and NUL ends the name. */
		private static String percentDecode(String text) {
			byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
			ByteArrayOutputStream decoded = new ByteArrayOutputStream(bytes.length);
			for (int i = 0; i < bytes.length; i++) {
				int value = bytes[i];
				if (value == '%' && i + 2 < bytes.length && isHex(bytes[i + 1]) && isHex(bytes[i + 2])) {
					value = Character.digit(bytes[i + 1], 16) << 4 | Character.digit(bytes[i + 2], 16);
					i += 2;
					if (value == 0) {
						break;
					}
				}
				decoded.write(value);
			}
			return decoded.toString(StandardCharsets.UTF_8);
		}

		private static boolean isHex(byte digit) {
			return Character.digit(digit, 16) >= 0;
		}

	}

}
