package org.litestream4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.config.ConfigDataEnvironmentPostProcessor;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.DefaultResourceLoader;

import org.litestream4j.LitestreamOptions;
import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.boot.autoconfigure.ConfiguredReplicas;
import org.litestream4j.boot.replication.ReplicaDefinition;
import org.litestream4j.live.LocalLog;
import org.litestream4j.store.StoreDefinition;

/**
 * The configuration of an application, read as Spring Boot reads it: the file, those of
 * its profiles beside it, what it imports, environment variables and system properties,
 * with placeholders. The application's classes are not here, so its beans are not either:
 * credentials that it gets from Spring Cloud AWS are taken from the properties of that.
 * Nothing of Spring is loaded unless this class is.
 */
final class ApplicationConfiguration {

	/**
	 * From properties of S3 replicas to those of Spring Cloud AWS, the first that is set.
	 */
	private static final Map<String, List<String>> AWS = Map.of("region",
			List.of("spring.cloud.aws.s3.region", "spring.cloud.aws.region.static"), "endpoint",
			List.of("spring.cloud.aws.s3.endpoint", "spring.cloud.aws.endpoint"), "force-path-style",
			List.of("spring.cloud.aws.s3.path-style-access-enabled"));

	/** Also behind a driver that wraps another one. */
	private static final Pattern SQLITE_URL = Pattern.compile("(?i)^\\s*jdbc:(?:\\w+:)?sqlite:(?:file:)?([^?]+)");

	private static final Pattern ARCHIVE = Pattern.compile("(?i)\\.[jw]ar$");

	private static final Pattern DATABASE_PATH = Pattern.compile("(?i)litestream[._]databases[._\\[].+[._]path");

	private static final Map<String, String> AWS_CREDENTIALS = Map.of("access-key-id",
			"spring.cloud.aws.credentials.access-key", "secret-access-key", "spring.cloud.aws.credentials.secret-key");

	private final ConfigurableEnvironment environment;

	private final Path file;

	private ApplicationConfiguration(ConfigurableEnvironment environment, Path file) {
		this.environment = environment;
		this.file = file;
	}

	/**
	 * Reads the configuration.
	 * @param file a file of properties or YAML, or a directory with an
	 * {@code application.yml} or {@code .properties}
	 * @param profiles are active, beside those that are configured
	 * @throws IllegalArgumentException with a sentence that says why it cannot be read
	 */
	static ApplicationConfiguration read(Path file, List<String> profiles) {
		if (!Files.isReadable(file)) {
			throw new IllegalArgumentException(
					"-config is '%s', which cannot be read: the application's application.yml or .properties is expected, or the directory that it is in"
						.formatted(file));
		}
		if (ARCHIVE.matcher(file.toString()).find()) {
			throw new IllegalArgumentException(
					"-config is '%s', an archive: unzip what it has in BOOT-INF/classes/application*, and give the directory that this is in then"
						.formatted(file));
		}
		String location = file.toAbsolutePath().normalize().toUri().toString();
		ConfigurableEnvironment environment = new StandardEnvironment();
		environment.getPropertySources()
			.addFirst(new MapPropertySource("command line", Map.of("spring.config.location", location)));
		try {
			ConfigDataEnvironmentPostProcessor.applyTo(environment, new DefaultResourceLoader(), null, profiles);
			ConfigurationPropertySources.attach(environment);
			return new ApplicationConfiguration(environment, file);
		}
		catch (RuntimeException ex) {
			throw new IllegalArgumentException("%s cannot be read: %s".formatted(file, reason(ex)), ex);
		}
	}

	/**
	 * A replica of a database.
	 * @param database its name
	 * @param replica its name; null if there is one only
	 * @throws IllegalArgumentException with a sentence that says what is configured
	 */
	StoreDefinition replica(String database, @Nullable String replica) {
		List<ReplicaDefinition> all = replicas(database);
		List<ReplicaDefinition> found = all.stream()
			.filter((each) -> replica == null || each.name().equals(replica))
			.toList();
		if (all.isEmpty()) {
			throw new IllegalArgumentException(
					"%s configures no replica of database '%s': give the name of the DataSource bean, or that below litestream.databases"
						.formatted(this.file, database));
		}
		if (found.size() != 1) {
			throw new IllegalArgumentException(
					"%s configures the replicas %s of database '%s': say which with -replica".formatted(this.file,
							all.stream().map(ReplicaDefinition::name).collect(Collectors.joining(", ")), database));
		}
		return withCredentials(found.get(0).store());
	}

	private List<ReplicaDefinition> replicas(String database) {
		return understood(() -> ConfiguredReplicas.of(this.environment, database));
	}

	/**
	 * Whether a file is a database of the application, as far as its configuration and
	 * what replication left when it stopped can tell.
	 * @param database the name of one
	 * @param file nobody has it open; absolute
	 * @throws IllegalArgumentException with a sentence if the configuration makes no
	 * sense
	 * @throws IOException if what replication left cannot be read
	 */
	boolean isDatabase(String database, Path file) throws IOException {
		if (files().anyMatch((each) -> each.isAbsolute() ? each.equals(file) : file.endsWith(each))) {
			return true;
		}
		Path meta = understood(() -> ConfiguredReplicas.metaDirectory(this.environment, database, file));
		boolean isBeside = meta.equals(LitestreamOptions.defaultMetaDirectory(file));
		return Files.isDirectory(meta) && (isBeside || LocalLog.isOfStopped(meta, file));
	}

	/**
	 * What the application opens by its configuration; relative to a directory that only
	 * it knows, where it is not absolute.
	 */
	private Stream<Path> files() {
		return this.environment.getPropertySources()
			.stream()
			.filter(EnumerablePropertySource.class::isInstance)
			.map((source) -> (EnumerablePropertySource<?>) source)
			.flatMap((source) -> Stream.of(source.getPropertyNames())
				.filter((name) -> source.getProperty(name) instanceof CharSequence))
			.distinct()
			.map(this::file)
			.flatMap(Optional::stream);
	}

	private Optional<Path> file(String property) {
		try {
			String value = this.environment.getProperty(property, "");
			Matcher url = SQLITE_URL.matcher(value);
			String path = url.find() ? url.group(1) : DATABASE_PATH.matcher(property).matches() ? value : "";
			return path.isBlank() ? Optional.empty() : Optional.of(real(Path.of(path).normalize()));
		}
		catch (IllegalArgumentException ex) {
			// No path, or with a placeholder that only the application can fill
			return Optional.empty();
		}
	}

	private static Path real(Path path) {
		try {
			return path.isAbsolute() ? path.toRealPath() : path;
		}
		catch (IOException ex) {
			return path;
		}
	}

	private <T> T understood(Supplier<T> read) {
		try {
			return read.get();
		}
		catch (LitestreamStartupException ex) {
			throw new IllegalArgumentException("%s: %s %s".formatted(this.file, ex.description(), ex.action()), ex);
		}
		catch (BindException ex) {
			throw new IllegalArgumentException(
					"%s: property '%s' cannot be understood: %s".formatted(this.file, ex.getName(), reason(ex)), ex);
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException("%s: %s".formatted(this.file, ex.getMessage()), ex);
		}
	}

	private StoreDefinition withCredentials(StoreDefinition store) {
		if (!store.type().equals("s3")) {
			return store;
		}
		Map<String, String> properties = new HashMap<>(store.properties());
		AWS.forEach((name, others) -> others.stream()
			.map(this.environment::getProperty)
			.filter((value) -> value != null && !value.isBlank())
			.findFirst()
			.ifPresent((value) -> properties.putIfAbsent(name, value)));
		if (AWS_CREDENTIALS.keySet().stream().noneMatch(properties::containsKey)) {
			AWS_CREDENTIALS.forEach((name, other) -> {
				String value = this.environment.getProperty(other);
				if (value != null) {
					properties.put(name, value);
				}
			});
		}
		return new StoreDefinition(store.type(), store.url(), properties, store.wording(), store.likeFile());
	}

	/** What is at the bottom of it says it best. */
	private static String reason(Throwable failure) {
		List<String> messages = new ArrayList<>();
		for (Throwable each = failure; each != null; each = each.getCause()) {
			if (each.getMessage() != null) {
				messages.add(each.getMessage());
			}
		}
		return messages.isEmpty() ? failure.toString() : messages.get(messages.size() - 1);
	}

}
