package org.litestream4j.store.s3;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.S3Client;

import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.ReplicaUrl;
import org.litestream4j.store.StoreDefinition;

/**
 * Makes stores in S3 from what is configured. Those of equal configuration share a
 * client. Thread-safe.
 */
public final class S3Stores {

	private static final String TAGS = "tags.";

	private static final List<String> LOCATION = List.of("bucket", "path");

	private static final List<String> CONNECTION = List.of("endpoint", "region", "force-path-style", "access-key-id",
			"secret-access-key", "session-token");

	private static final List<String> OPTIONS = List.of("server-side-encryption", "kms-key-id", "bucket-key-enabled",
			"snapshot-storage-class", TAGS, "part-size");

	private static final S3SharedClients CLIENTS = new S3SharedClients();

	private S3Stores() {
	}

	/**
	 * How to reach the store.
	 * @param definition what is configured
	 * @param tls whom to trust; null for the JVM's own
	 * @return the connection
	 * @throws IllegalArgumentException with one sentence that says what is allowed
	 */
	public static S3Connection connection(StoreDefinition definition, @Nullable S3Tls tls) {
		return new S3Connection(endpoint(definition), text(definition, "region"), flag(definition, "force-path-style"),
				text(definition, "access-key-id"), text(definition, "secret-access-key"),
				text(definition, "session-token"), tls);
	}

	/**
	 * Makes a store with a client of its own, or of those stores whose connection is
	 * equal. Does no I/O.
	 * @param definition what is configured, beside the connection
	 * @param connection how to reach the store
	 * @param base gives what the connection does not; null for the SDK's defaults
	 * @param terms of who reads the errors
	 * @return the store, which the caller closes
	 * @throws IllegalArgumentException with one sentence that says what is wrong and what
	 * is allowed
	 */
	public static ObjectStore open(StoreDefinition definition, S3Connection connection, @Nullable S3Client base,
			S3Terms terms) {
		S3Location location = location(definition);
		S3ReplicaOptions options = options(definition);
		Supplier<S3Store> store = () -> new S3Store(CLIENTS.acquire(connection, base, terms), true, location, options,
				terms);
		if (base == null && S3PlainReads.canRead(location)) {
			Optional<S3PlainConnection> plain = S3PlainConnection.of(connection, System::getenv, System::getProperty);
			if (plain.isPresent()) {
				return new S3PlainStore(plain.get(), location, terms, store);
			}
		}
		return store.get();
	}

	/**
	 * Makes a store that uses the application's own client as it is, and leaves it open.
	 * Does no I/O.
	 * @param definition what is configured
	 * @param client the application's own
	 * @return the store, which the caller closes
	 * @throws IllegalArgumentException with one sentence that says what is wrong and what
	 * is allowed
	 */
	public static ObjectStore open(StoreDefinition definition, S3Client client) {
		return new S3Store(client, false, location(definition), options(definition));
	}

	/**
	 * Requires that nothing is set that no store in S3 knows.
	 * @param definition what is configured
	 * @param more what else is known
	 * @throws IllegalArgumentException that names the property, and those allowed
	 */
	public static void requireKnown(StoreDefinition definition, String... more) {
		definition.requireKnown(
				List.of(LOCATION, CONNECTION, OPTIONS, List.of(more)).stream().flatMap(List::stream).toList());
	}

	private static S3Location location(StoreDefinition definition) {
		if (definition.url() != null) {
			return S3Location.parse(ReplicaUrl.parse(definition.url()));
		}
		String bucket = text(definition, "bucket");
		if (bucket == null) {
			throw new IllegalArgumentException(
					"'%s' is not set: the name of the bucket is expected".formatted(definition.nameOf("bucket")));
		}
		return S3Location.of(bucket, definition.property("path").orElse(null));
	}

	private static S3ReplicaOptions options(StoreDefinition definition) {
		Map<String, String> tags = new HashMap<>();
		definition.properties().forEach((name, value) -> {
			if (name.startsWith(TAGS)) {
				tags.put(name.substring(TAGS.length()), value);
			}
		});
		return new S3ReplicaOptions(text(definition, "server-side-encryption"), text(definition, "kms-key-id"),
				flag(definition, "bucket-key-enabled"), text(definition, "snapshot-storage-class"), tags,
				definition.property("part-size")
					.map((size) -> bytes(definition, size))
					.orElse(S3ReplicaOptions.DEFAULTS.partSize()));
	}

	private static long bytes(StoreDefinition definition, String size) {
		try {
			return Long.parseLong(size.strip());
		}
		catch (NumberFormatException ex) {
			throw new IllegalArgumentException(
					"'%s' is '%s': a number of bytes is expected".formatted(definition.nameOf("part-size"), size), ex);
		}
	}

	private static @Nullable Boolean flag(StoreDefinition definition, String name) {
		Optional<String> value = definition.property(name).map(String::strip);
		if (value.isPresent() && !List.of("true", "false").contains(value.get())) {
			throw new IllegalArgumentException(
					"'%s' is '%s': true or false is expected".formatted(definition.nameOf(name), value.get()));
		}
		return value.map(Boolean::valueOf).orElse(null);
	}

	private static @Nullable URI endpoint(StoreDefinition definition) {
		String endpoint = text(definition, "endpoint");
		try {
			return (endpoint != null) ? new URI(endpoint) : null;
		}
		catch (URISyntaxException ex) {
			throw new IllegalArgumentException("%s is not a web address: one such as https://s3.example.com is expected"
				.formatted(definition.nameOf("endpoint")), ex);
		}
	}

	private static @Nullable String text(StoreDefinition definition, String name) {
		return definition.property(name).filter((value) -> !value.isBlank()).orElse(null);
	}

}
