package org.litestream4j.boot;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A database that is replicated from some moment of the application's life on: see
 * {@link Litestream#register(DatabaseDefinition)}. Immutable.
 * <p>
 * What is not given is taken from {@code litestream.databases.<name>}, and from the
 * settings for all databases.
 */
public final class DatabaseDefinition {

	private static final String PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	private final String name;

	private final Path file;

	private final Map<String, String> properties;

	private DatabaseDefinition(Builder builder) {
		this.name = builder.name;
		this.file = builder.file;
		this.properties = Collections.unmodifiableMap(new LinkedHashMap<>(builder.properties));
	}

	/**
	 * Defines a database.
	 * @param name names it in logs, metrics, the endpoint and, as {@code {database}}, in
	 * the url of its replica: of the application's own making, and the same at every
	 * start. Letters, digits, {@code -}, {@code _}, {@code .} and {@code ~}, at most 200;
	 * not beginning with a dot
	 * @param file the database; it may be missing
	 * @return a builder with that name and file, and no settings yet
	 * @throws IllegalArgumentException for another name
	 */
	public static Builder builder(String name, Path file) {
		return new Builder(name, file);
	}

	/**
	 * Defines a database that has all settings in common with the others; as
	 * {@link #builder(String, Path)}.
	 * @param name as in {@link #builder(String, Path)}
	 * @param file the database; it may be missing
	 * @return the definition
	 * @throws IllegalArgumentException if the name is not allowed
	 */
	public static DatabaseDefinition of(String name, Path file) {
		return builder(name, file).build();
	}

	/**
	 * Makes a name of any text, for example of a tenant's id. Different texts have
	 * different names. ASCII letters, digits, {@code -}, {@code _} and {@code .} stay as
	 * they are, but for a dot at the beginning; every other byte of the text in UTF-8
	 * becomes {@code ~} and two hexadecimal digits: as percent-encoding, but nobody
	 * decodes it on the way to the store.
	 * @param text any text
	 * @return the name; {@link #builder(String, Path)} takes it if it has 1 to 200
	 * characters
	 */
	public static String nameOf(String text) {
		StringBuilder name = new StringBuilder();
		for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
			boolean plain = PLAIN.indexOf(each) >= 0 && !(each == '.' && name.isEmpty());
			name.append(plain ? String.valueOf((char) each) : "~%02X".formatted(each & 0xff));
		}
		return name.toString();
	}

	/**
	 * {@return the database's name}
	 */
	public String name() {
		return this.name;
	}

	/**
	 * {@return the database's file, absolute}
	 */
	public Path file() {
		return this.file;
	}

	/**
	 * {@return the settings, as those below {@code litestream.databases.<name>}}
	 */
	public Map<String, String> properties() {
		return this.properties;
	}

	/** Leaves out the settings, which may be secret. */
	@Override
	public String toString() {
		return "DatabaseDefinition[name=%s, file=%s]".formatted(this.name, this.file);
	}

	/**
	 * Collects what makes a definition. Values are checked when the definition is
	 * registered. Not thread-safe.
	 */
	public static final class Builder {

		private static final String NAME = "(?!\\.)[\\p{L}\\p{N}._~-]{1,200}";

		private final String name;

		private final Path file;

		private final Map<String, String> properties = new LinkedHashMap<>();

		private int replicas;

		private Builder(String name, Path file) {
			if (!name.matches(NAME)) {
				throw new IllegalArgumentException(
						("'%s' cannot be the name of a database: letters, digits, '-', '_', '.' and '~' are expected, 200 at"
								+ " most and no dot at the beginning")
							.formatted(name.replaceAll("\\p{Cntrl}", "?")));
			}
			this.name = name;
			this.file = file.toAbsolutePath().normalize();
		}

		/**
		 * Sets whether to restore the newest state if the file is missing. By default as
		 * for all databases.
		 * @param restore whether to restore it
		 * @return this builder
		 */
		public Builder restoreIfMissing(boolean restore) {
			return property("restore-if-missing", restore);
		}

		/**
		 * Adds a replica. The first one replaces those that are configured for all
		 * databases.
		 * @param url where the backup goes, with {@code {database}} for the name
		 * @return this builder
		 */
		public Builder replica(String url) {
			return property("replicas[%d].url".formatted(this.replicas++), url);
		}

		/**
		 * Adds a replica. The first one replaces those that are configured for all
		 * databases.
		 * @param name of the replica; unique among this database's
		 * @param url where the backup goes, with {@code {database}} for the name
		 * @return this builder
		 */
		public Builder replica(String name, String url) {
			property("replicas[%d].name".formatted(this.replicas), name);
			return replica(url);
		}

		/**
		 * Sets the least time between two segments written to one replica.
		 * @param interval more than zero
		 * @return this builder
		 */
		public Builder syncInterval(Duration interval) {
			return property("sync-interval", interval);
		}

		/**
		 * Sets how often to look for changes of connections that do not signal.
		 * @param interval more than zero
		 * @return this builder
		 */
		public Builder monitorInterval(Duration interval) {
			return property("monitor-interval", interval);
		}

		/**
		 * Sets how long a stop tries to ship what is left.
		 * @param timeout zero or more
		 * @return this builder
		 */
		public Builder shutdownSyncTimeout(Duration timeout) {
			return property("shutdown-sync-timeout", timeout);
		}

		/**
		 * Sets the directory of local state. By default it is beside the file.
		 * @param directory of local state, for this database alone
		 * @return this builder
		 */
		public Builder metaDirectory(Path directory) {
			return property("meta-directory", directory);
		}

		/**
		 * Sets whatever else {@code litestream.databases.<name>} has.
		 * @param name as in a properties file, for example {@code replicas[0].retention}
		 * @param value of the property's type, or a text that a properties file could
		 * have
		 * @return this builder
		 */
		public Builder property(String name, Object value) {
			this.properties.put(name, value.toString());
			return this;
		}

		/**
		 * {@return the definition}
		 */
		public DatabaseDefinition build() {
			return new DatabaseDefinition(this);
		}

	}

}
