package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.util.StringUtils;
import org.springframework.util.unit.DataSize;

import org.litestream4j.LtxOptions;
import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.Database;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.Replica;
import org.litestream4j.boot.replication.DatabaseSettings.ReplicaSettings;
import org.litestream4j.boot.replication.ReplicaDefinition;
import org.litestream4j.store.StoreDefinition;

/**
 * The replicas of one database: its own, or those that all share. Pure.
 */
class ReplicaSettingsResolver {

	/** Every store has a default of its own; this is the one that the property shows. */
	private static final DataSize PART_SIZE = DataSize.ofMegabytes(8);

	private final String database;

	private final Path file;

	private final Database own;

	private final LitestreamProperties all;

	ReplicaSettingsResolver(String database, Path file, Database own, LitestreamProperties all) {
		this.database = database;
		this.file = file;
		this.own = own;
		this.all = all;
	}

	List<ReplicaSettings> resolve() {
		boolean hasOwn = !this.own.replicas().isEmpty();
		List<Replica> replicas = hasOwn ? this.own.replicas() : this.all.replicas();
		String prefix = hasOwn ? "litestream.databases.%s.".formatted(this.database) : "litestream.";
		List<ReplicaSettings> resolved = new ArrayList<>();
		Set<String> names = new HashSet<>();
		for (int i = 0; i < replicas.size(); i++) {
			ReplicaSettings settings = resolve("%sreplicas[%d]".formatted(prefix, i), replicas.get(i));
			String name = settings.definition().name();
			if (!names.add(name)) {
				throw new LitestreamStartupException(
						"Two replicas of one database have the name '%s': '%s' is the second.".formatted(name,
								settings.definition().property()),
						"Set a different '%s.name' for it. Without one, a replica is named after its type."
							.formatted(settings.definition().property()));
			}
			resolved.add(settings);
		}
		return List.copyOf(resolved);
	}

	private ReplicaSettings resolve(String property, Replica replica) {
		String type = type(property, replica);
		String name = StringUtils.hasText(replica.name()) ? replica.name() : type;
		ReplicaDefinition definition = new ReplicaDefinition(property, this.database, name,
				store(property, type, replica));
		try {
			return new ReplicaSettings(definition,
					org.litestream4j.Replica.Options.builder()
						.syncInterval(syncInterval(replica))
						.snapshotInterval(replica.snapshotInterval())
						.retention(retention(property, replica))
						.retentionCheckInterval(replica.retentionCheckInterval())
						.validationInterval(replica.validationInterval())
						.fencing(replica.fencing())
						.format(replica.format())
						.ltx(new LtxOptions(replica.ltx().levelIntervals(), replica.ltx().level0Retention()))
						.build());
		}
		catch (IllegalArgumentException ex) {
			throw new LitestreamStartupException("Invalid value in '%s.*': %s.".formatted(property, ex.getMessage()),
					"Correct the property, or remove it to use its default.", ex);
		}
	}

	private StoreDefinition store(String property, String type, Replica replica) {
		Map<String, String> typed = typed(type, replica);
		Map<String, String> all = new LinkedHashMap<>(typed);
		Map<String, String> free = new LinkedHashMap<>();
		replica.properties().forEach((name, value) -> free.put(DataObjectPropertyName.toDashedForm(name), value));
		free.forEach((name, value) -> {
			if (all.putIfAbsent(name, fill(value)) != null) {
				throw new LitestreamStartupException(
						"Both '%1$s.%2$s' and '%1$s.properties.%2$s' are set.".formatted(property, name),
						"Remove one of them.");
			}
		});
		return new StoreDefinition(type, filled(replica.url()), all,
				(name) -> free.containsKey(name) ? property + ".properties." + name : property + "." + name, this.file);
	}

	/** Those that are set, and that a store of that type could know. */
	private Map<String, String> typed(String type, Replica replica) {
		Map<String, @Nullable Object> typed = new LinkedHashMap<>();
		typed.put("path", filled(replica.path()));
		// Another profile may have turned a replica in S3 into a directory
		if (!type.equals("file")) {
			typed.put("bucket", replica.bucket());
			typed.put("region", replica.region());
			typed.put("endpoint", replica.endpoint());
			typed.put("force-path-style", replica.forcePathStyle());
			typed.put("access-key-id", replica.accessKeyId());
			typed.put("secret-access-key", replica.secretAccessKey());
			typed.put("session-token", replica.sessionToken());
			typed.put("ssl-bundle", replica.sslBundle());
			typed.put("server-side-encryption", replica.serverSideEncryption());
			typed.put("kms-key-id", replica.kmsKeyId());
			typed.put("bucket-key-enabled", replica.bucketKeyEnabled());
			typed.put("snapshot-storage-class", replica.snapshotStorageClass());
			replica.tags().forEach((key, value) -> typed.put("tags." + key, value));
			if (!replica.partSize().equals(PART_SIZE)) {
				typed.put("part-size", replica.partSize().toBytes());
			}
		}
		Map<String, String> set = new LinkedHashMap<>();
		typed.forEach((name, value) -> {
			if (value != null) {
				set.put(name, value.toString());
			}
		});
		return set;
	}

	private String type(String property, Replica replica) {
		if (replica.url() == null) {
			return typeOfParts(property, replica);
		}
		Stream.of("type", "path", "bucket")
			.filter((part) -> part(replica, part) != null)
			.findFirst()
			.ifPresent((part) -> {
				throw new LitestreamStartupException(
						"Both '%s.url' and '%s.%s' are set.".formatted(property, property, part),
						"Use the url, or the type and its parts, but not both.");
			});
		int colon = replica.url().indexOf(':');
		if (colon < 1) {
			throw new LitestreamStartupException(
					"Property '%s.url' is '%s', which has no scheme.".formatted(property, replica.url()),
					"Use for example file:///var/backups/app or s3://my-bucket/app.");
		}
		return replica.url().substring(0, colon).toLowerCase(Locale.ROOT);
	}

	private static String typeOfParts(String property, Replica replica) {
		String type = replica.type();
		if (!StringUtils.hasText(type)) {
			throw new LitestreamStartupException("Neither '%s.url' nor '%s.type' is set.".formatted(property, property),
					"Set the url, for example file:///var/backups/app or s3://my-bucket/app.");
		}
		return type.trim().toLowerCase(Locale.ROOT);
	}

	private static @Nullable String part(Replica replica, String name) {
		return switch (name) {
			case "type" -> replica.type();
			case "path" -> replica.path();
			default -> replica.bucket();
		};
	}

	/** Zero to keep everything. YAML reads an unquoted off as false. */
	private static Duration retention(String property, Replica replica) {
		String value = replica.retention().trim();
		if (value.equalsIgnoreCase("off") || value.equalsIgnoreCase("false")) {
			return Duration.ZERO;
		}
		try {
			return DurationStyle.detectAndParse(value);
		}
		catch (IllegalArgumentException ex) {
			throw new LitestreamStartupException(
					"Property '%s.retention' is '%s': a duration, or 'off' to keep everything, is expected."
						.formatted(property, replica.retention()),
					"Use for example 24h, 30d or off.", ex);
		}
	}

	private Duration syncInterval(Replica replica) {
		if (replica.syncInterval() != null) {
			return replica.syncInterval();
		}
		return (this.own.syncInterval() != null) ? this.own.syncInterval() : this.all.syncInterval();
	}

	private @Nullable String filled(@Nullable String text) {
		return (text != null) ? fill(text) : null;
	}

	private String fill(String text) {
		return text.replace("{database}", this.database);
	}

}
